"""Sound on the line: 8,000 samples a second, one channel, 16 bits, as a telephone carries it and Twilio keeps it."""

import io
import wave
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

RATE = 8000
FRAME = RATE // 50
QUIET = 150.0
LONGEST_UPLOAD = 4 * 3600

Samples = npt.NDArray[np.int16]
Wave = npt.NDArray[np.float64]


class NotAWav(ValueError):
    """What was uploaded is not sound that we can read; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Some seconds of sound."""

    samples: Samples

    @classmethod
    def silence(cls, seconds: float) -> Self:
        """A line on which nobody says anything."""
        return cls(np.zeros(round(seconds * RATE), dtype=np.int16))

    @classmethod
    def of_samples(cls, samples: Wave, rate: int) -> Self:
        """Sound of any sampling rate, brought down to the telephone's."""
        return cls(np.clip(np.rint(_resampled(samples, rate)), -32768, 32767).astype(np.int16))

    @classmethod
    def of_wav(cls, data: bytes) -> Self:
        """Read a WAV file of plain PCM: any rate, 8 to 32 bits, any number of channels. Raises NotAWav."""
        try:
            with wave.open(io.BytesIO(data)) as file:
                rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
                frames = file.readframes(min(file.getnframes(), LONGEST_UPLOAD * rate))
        except (wave.Error, EOFError) as error:
            raise NotAWav("That file cannot be read. Please use a WAV file with plain (PCM) sound.") from error
        if rate < 1000 or not frames:
            raise NotAWav("That WAV file has no sound in it. Please choose another.")
        whole = len(frames) - len(frames) % (width * channels)
        mixed = _pcm(frames[:whole], width).reshape(-1, channels).mean(axis=1)
        return cls.of_samples(mixed, rate)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / RATE

    def wav(self) -> bytes:
        """As a WAV file."""
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(self.samples.astype("<i2").tobytes())
        return out.getvalue()

    def first(self, seconds: float) -> "Sound":
        """Its beginning."""
        return Sound(self.samples[: max(0, round(seconds * RATE))])

    def then(self, other: "Sound") -> "Sound":
        """This, and after it the other."""
        return Sound(np.concatenate([self.samples, other.samples]))

    def voiced(self) -> npt.NDArray[np.bool_]:
        """For each fiftieth of a second, whether anything can be heard in it."""
        missing = -len(self.samples) % FRAME
        frames = np.pad(self.samples.astype(np.float64), (0, missing)).reshape(-1, FRAME)
        loudness: npt.NDArray[np.float64] = np.sqrt((frames**2).mean(axis=1))
        return loudness > QUIET

    def trimmed(self) -> "Sound":
        """Without the silence before the first and after the last thing that can be heard."""
        heard = np.flatnonzero(self.voiced())
        if not len(heard):
            return Sound.silence(0)
        return Sound(self.samples[heard[0] * FRAME : (heard[-1] + 1) * FRAME])


def _pcm(frames: bytes, width: int) -> Wave:
    if width == 1:
        return (np.frombuffer(frames, dtype=np.uint8).astype(np.float64) - 128) * 256
    if width == 3:
        padded = np.frombuffer(frames, dtype=np.uint8).reshape(-1, 3)
        whole = np.pad(padded, ((0, 0), (1, 0))).copy().view("<i4").reshape(-1)
        return whole.astype(np.float64) / 65536
    scale = 1.0 if width == 2 else 65536.0
    return np.frombuffer(frames, dtype=f"<i{width}").astype(np.float64) / scale


def _resampled(samples: Wave, rate: int) -> Wave:
    if rate == RATE or not len(samples):
        return samples
    if rate > RATE:
        samples = np.convolve(samples, _low_pass(RATE / 2 * 0.9 / rate), mode="same")
    moments = np.arange(round(len(samples) * RATE / rate)) * (rate / RATE)
    resampled: Wave = np.interp(moments, np.arange(len(samples)), samples)
    return resampled


def _low_pass(cutoff: float) -> Wave:
    """A windowed sinc; without it what is above 4 kHz would fold back as noise."""
    reach = 32
    at = np.arange(-reach, reach + 1)
    kernel = np.sinc(2 * cutoff * at) * np.hamming(len(at))
    gained: Wave = kernel / kernel.sum()
    return gained
