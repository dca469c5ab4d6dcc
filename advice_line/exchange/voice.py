"""The voice: words that a practice caller says, spoken by eSpeak NG with a British accent.

eSpeak NG comes with the optional package `espeakng-loader` (the extra `practice`) and is called through ctypes. It is
one engine for the whole process and not safe to share, so one thread speaks at a time.
"""

import ctypes
import importlib
import threading
from functools import cache, lru_cache

import numpy as np

from advice_line.exchange.sound import Sound

SYNCHRONOUS = 2
UTF8 = 1
VOICE = b"gmw/en"

_ON_SOUND = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_one_at_a_time = threading.Lock()


class NoVoice(RuntimeError):
    """Nothing here can speak; the message says what to install."""

    def __init__(self) -> None:
        super().__init__(
            'To have words spoken, install the practice extra: pip install "advice-line[practice]". '
            "A WAV file can be played without it."
        )


def speak(text: str) -> Sound:
    """The words as sound. Blocks for about two milliseconds a second of speech; raises NoVoice when not installed."""
    with _one_at_a_time:
        return _spoken(text)


@lru_cache(maxsize=256)
def _spoken(text: str) -> Sound:
    return _engine().speak(text)


@cache
def _engine() -> "_Engine":
    try:
        loader = importlib.import_module("espeakng_loader")
    except ModuleNotFoundError as missing:
        raise NoVoice from missing
    return _Engine(loader.get_library_path(), loader.get_data_path())


class _Engine:
    """The shared library, set up once."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        self._rate = int(self._library.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), 0))
        self._heard = bytearray()
        # ctypes does not keep the function alive for the library: we must.
        self._on_sound = _ON_SOUND(self._hear)
        self._library.espeak_SetSynthCallback(self._on_sound)
        if self._rate <= 0 or self._library.espeak_SetVoiceByName(VOICE) != 0:
            raise NoVoice

    def speak(self, text: str) -> Sound:
        self._heard.clear()
        words = text.encode()
        self._library.espeak_Synth(words, len(words) + 1, 0, 0, 0, UTF8, None, None)
        samples = np.frombuffer(bytes(self._heard), dtype=np.int16).astype(np.float64)
        return Sound.of_samples(samples, self._rate)

    def _hear(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, count * 2)
        return 0
