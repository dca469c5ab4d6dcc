"""Sounds for practice: a steady hum stands for speech."""

import base64
import io
import wave

import numpy as np

from advice_line.exchange.sound import RATE, Sound


def hum(seconds: float) -> Sound:
    """Something that can be heard."""
    moments = np.arange(round(seconds * RATE)) / RATE
    return Sound((8000 * np.sin(2 * np.pi * 300 * moments)).astype(np.int16))


def silence(seconds: float) -> Sound:
    """Nothing."""
    return Sound.silence(seconds)


def wav(rate: int, width: int, channels: int, seconds: float = 1.0) -> bytes:
    """A WAV file of a 300 Hz tone at half loudness."""
    moments = np.arange(round(seconds * rate)) / rate
    tone = np.repeat(0.5 * np.sin(2 * np.pi * 300 * moments), channels)
    if width == 1:
        data = (128 + 127 * tone).astype(np.uint8).tobytes()
    else:
        whole = np.rint(tone * (2 ** (8 * width - 1) - 1)).astype("<i8")
        data = whole.view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return out.getvalue()


def base64_of(sound: Sound) -> str:
    """A sound as an order carries it."""
    return base64.b64encode(sound.wav()).decode()
