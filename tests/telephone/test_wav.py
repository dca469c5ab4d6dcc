"""Only a whole sound, as long as was announced, is ever kept."""

import hashlib
import io
import struct
import wave
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_line.errors import OutsideFailed
from advice_line.telephone.wav import Checked

PAGE = b"<?xml version='1.0'?><TwilioResponse><RestException><Status>404</Status></RestException></TwilioResponse>"


def wav(seconds: float = 3.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x01\x02" * round(8000 * seconds))
    return file.getvalue()


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@given(size=st.integers(1, 50_000), tenths=st.integers(0, 60))
def test_a_sound_passes_unchanged_in_pieces_of_any_size(size: int, tenths: int) -> None:
    content = wav(tenths / 10)
    checked = Checked(pieces(content, size), None)
    assert b"".join(checked) == content
    assert checked.seconds == pytest.approx(tenths / 10)
    assert checked.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("size", [1, 4, 5, 1000])
def test_an_error_page_is_no_sound(size: int) -> None:
    with pytest.raises(OutsideFailed, match="WAV"):
        list(Checked(pieces(PAGE, size), None))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x24\x00\x00\x00WAVE", wav()[:40], b"RIFFxxxxAVI LIST"])
def test_a_head_without_its_sound_is_refused(content: bytes) -> None:
    with pytest.raises(OutsideFailed, match="WAV"):
        list(Checked([content], None))


def test_a_sound_that_was_cut_short_is_refused() -> None:
    with pytest.raises(OutsideFailed, match="cut short"):
        list(Checked([wav()[:-1]], None))


@pytest.mark.parametrize("told", [0, 6, 30])
def test_a_sound_of_another_length_than_was_announced_is_refused(told: int) -> None:
    with pytest.raises(OutsideFailed, match="were announced"):
        list(Checked([wav(3)], told))


@pytest.mark.parametrize("told", [1, 3, 5, None])
def test_a_small_difference_in_length_is_no_reason(told: int | None) -> None:
    assert b"".join(Checked([wav(3)], told)) == wav(3)


@pytest.mark.parametrize("said", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_head_that_was_written_before_the_end_was_known_is_taken_as_it_is(said: int) -> None:
    content = bytearray(wav(3))
    struct.pack_into("<I", content, 40, said)
    checked = Checked([bytes(content)], 3)
    list(checked)
    assert checked.seconds == pytest.approx(3)


def test_what_stands_before_and_after_the_sound_is_not_counted() -> None:
    content = wav(2)
    extra = b"LIST" + struct.pack("<I", 5) + b"hello\x00"
    checked = Checked([content[:12] + extra + content[12:] + extra], 2)
    list(checked)
    assert checked.seconds == pytest.approx(2)
