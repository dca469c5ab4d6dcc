"""Sound as a telephone carries it."""

import numpy as np
import pytest

from advice_line.exchange.sound import RATE, NotAWav, Sound
from tests.exchange.sounds import hum, silence, wav


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", [4000, 8000, 22050, 44100])
def test_any_plain_wav_is_brought_to_the_telephone_s_form(rate: int, width: int, channels: int) -> None:
    sound = Sound.of_wav(wav(rate, width, channels))
    assert sound.seconds == pytest.approx(1, abs=0.01)
    # A sine of half the full scale, whatever it came as.
    assert np.sqrt((sound.samples[100:-100].astype(float) ** 2).mean()) == pytest.approx(16384 / 2**0.5, rel=0.03)


def test_what_a_telephone_cannot_carry_is_filtered_out_and_does_not_fold_back() -> None:
    moments = np.arange(44100) / 44100
    whistle = Sound.of_samples(10000 * np.sin(2 * np.pi * 7000 * moments), 44100)
    assert not whistle.voiced()[5:-5].any()


def test_a_wav_comes_back_as_it_went() -> None:
    assert (Sound.of_wav(hum(2).wav()).samples == hum(2).samples).all()


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3 this is an MP3", wav(8000, 2, 1, seconds=0)])
def test_what_is_no_sound_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(NotAWav, match="Please"):
        Sound.of_wav(data)


def test_a_file_cut_short_is_read_as_far_as_it_goes() -> None:
    assert 0 < Sound.of_wav(wav(8000, 2, 2)[:-9001]).seconds < 1


def test_trimming_takes_silence_from_both_ends_alone() -> None:
    sound = silence(1).then(hum(1)).then(silence(2)).then(hum(1)).then(silence(3))
    assert sound.trimmed().seconds == pytest.approx(4, abs=0.05)
    assert silence(3).trimmed().seconds == 0


def test_the_beginning_is_cut_to_the_second() -> None:
    assert hum(3).first(1.5).seconds == 1.5
    assert hum(3).first(-1).seconds == 0
    assert len(hum(1).samples) == RATE
