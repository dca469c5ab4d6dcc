"""The voice that says what a practice caller says."""

import importlib
import threading

import pytest

from advice_line.exchange import voice
from advice_line.exchange.sound import Sound


def test_words_become_sound_at_the_pace_of_speech() -> None:
    sound = voice.speak("Hello, this is Mrs Green from Oak School. Please ring me after three.")
    assert 3 < sound.seconds < 9
    assert sound.voiced().mean() > 0.5


def test_many_may_speak_at_once_and_none_gets_another_s_words() -> None:
    texts = [f"This is caller {'and another ' * number}" for number in range(8)]
    alone = [voice.speak(text + ".").seconds for text in texts]
    spoken: dict[int, Sound] = {}

    def say(number: int) -> None:
        spoken[number] = voice.speak(texts[number])

    threads = [threading.Thread(target=say, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [spoken[number].seconds for number in range(8)] == pytest.approx(alone, rel=0.2)


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    voice._engine.cache_clear()
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(voice.NoVoice, match=r"advice-line\[practice\]"):
        voice.speak("Words that nobody said before.")
