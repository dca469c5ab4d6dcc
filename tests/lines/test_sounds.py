"""Recorded prompts: files beside the configuration, kept with it, and known by what is in them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from advice_line import db
from advice_line.lines.configure import apply
from advice_line.lines.directory import Directory
from advice_line.lines.reading import read
from advice_line.lines.sounds import LARGEST, SoundRow
from tests.conftest import TUESDAY
from tests.exchange.sounds import wav
from tests.lines.files import HERTS, changed, text

GREETING = wav(8000, 2, 1, 1.0)
WITH_SOUND = changed(("kind: announce", "kind: announce\n          recording: hub away.wav"))


def configure(owner: Engine, folder: Path, sound: bytes | None = GREETING, file: str = WITH_SOUND) -> list[str]:
    """Apply a file with this sound beside it."""
    (folder / "service.yaml").write_text(file, encoding="utf-8")
    if sound is not None:
        (folder / "hub away.wav").write_bytes(sound)
    with db.transaction(owner, None) as session:
        return [str(change) for change in apply(session, read(folder / "service.yaml"), TUESDAY)]


def directory(owner: Engine) -> Directory:
    with db.transaction(owner, None) as session:
        return Directory.load(session)


def kept(owner: Engine) -> set[str]:
    with db.transaction(owner, None) as session:
        return set(session.scalars(select(SoundRow.name)))


def test_a_sound_is_kept_with_the_configuration_and_read_from_memory(owner: Engine, tmp_path: Path) -> None:
    configure(owner, tmp_path)
    found = directory(owner)
    name = found.service(HERTS).sounds["hub away.wav"]
    assert (found.sounds[name].content, found.sounds[name].content_type) == (GREETING, "audio/wav")
    assert len(name) == 64 + len(".wav")
    assert configure(owner, tmp_path) == []


def test_a_new_recording_is_a_change_and_callers_may_hear_the_one_before_to_its_end(
    owner: Engine, tmp_path: Path
) -> None:
    configure(owner, tmp_path)
    first = kept(owner)
    assert configure(owner, tmp_path, wav(8000, 2, 1, 2.0)) == ["change sounds of service herts_cot"]
    second = kept(owner) - first
    assert len(second) == 1
    assert kept(owner) > first
    configure(owner, tmp_path, wav(8000, 2, 1, 3.0))
    assert kept(owner) > second
    assert not kept(owner) & first


def test_where_the_sound_is_missing_the_words_are_left(owner: Engine, tmp_path: Path) -> None:
    configure(owner, tmp_path)
    with db.transaction(owner, None) as session:
        session.query(SoundRow).delete()
    assert directory(owner).service(HERTS).sounds == {}


@pytest.mark.parametrize(
    ("sound", "sentence"),
    [
        (None, "hub away.wav cannot be read: put it beside this file."),
        (b"ID3 a song", "hub away.wav is no wav sound: export it again as WAV or MP3."),
        (GREETING + bytes(LARGEST), "hub away.wav is larger than 5 MB: callers would wait for it."),
    ],
)
def test_a_file_that_cannot_be_played_is_a_fault(
    owner: Engine, tmp_path: Path, sound: bytes | None, sentence: str
) -> None:
    with pytest.raises(Exception, match=sentence) as fault:
        configure(owner, tmp_path, sound)
    assert str(fault.value).startswith("line ")


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/passwd", "greeting.ogg", ".wav"])
def test_only_a_sound_beside_the_file_can_be_named(owner: Engine, tmp_path: Path, name: str) -> None:
    with pytest.raises(Exception, match=r"must name a file beside this one that ends in .wav or .mp3"):
        configure(
            owner, tmp_path, file=text().replace("kind: announce", f"kind: announce\n          recording: {name}")
        )
