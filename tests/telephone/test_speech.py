"""Speech is told from silence and from a tone, on sound as a telephone carries it."""

import numpy as np
import pytest

from advice_line.errors import OutsideFailed
from advice_line.exchange.sound import RATE, Sound
from advice_line.exchange.voice import speak
from advice_line.telephone.speech import seconds_of_speech

WORDS = "Hello, this is a made-up message. Please ring me back about the seat at school. Thank you very much."
HUSH = Sound.silence(6)


def dial_tone(seconds: float) -> Sound:
    at = np.arange(round(seconds * RATE)) / RATE
    return Sound.of_samples(6000 * (np.sin(2 * np.pi * 350 * at) + np.sin(2 * np.pi * 440 * at)), RATE)


def test_somebody_who_speaks_is_heard() -> None:
    said = speak(WORDS)
    assert 0.5 * said.seconds < seconds_of_speech(said.wav()) <= said.seconds + 0.1


def test_pauses_are_not_counted() -> None:
    said = speak(WORDS).samples
    with_pause = Sound(np.concatenate([HUSH.samples, said, HUSH.samples]))
    assert seconds_of_speech(with_pause.wav()) < len(said) / RATE + 0.5


@pytest.mark.parametrize("sound", [HUSH, dial_tone(6)])
def test_silence_and_a_dial_tone_are_nobody(sound: Sound) -> None:
    assert seconds_of_speech(sound.wav()) < 0.2


OTHER_RATE = HUSH.wav().replace(b"\x40\x1f", b"\x44\xac", 1)


@pytest.mark.parametrize("content", [b"", b"<Error/>", HUSH.wav()[:30], OTHER_RATE])
def test_what_cannot_be_looked_through_is_refused(content: bytes) -> None:
    with pytest.raises(OutsideFailed):
        seconds_of_speech(content)
