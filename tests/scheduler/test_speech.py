"""Stored recordings are looked through for speech; nothing waits for it, and none brings down worker after worker."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from advice_line import messages, troubles
from advice_line.exchange.sound import Sound
from advice_line.exchange.voice import speak
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.vault import Vault
from scheduler import speech
from scheduler.job import Job, Runner, everywhere
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import MovingClock
from tests.scheduler.conftest import KEY, Opening

WORDS = speak("Hello, this is a made-up message. Please ring me back.").wav()
HUSH = Sound.silence(6).wav()


def stored(story: Opening, service: Service, vault: Vault, clock: MovingClock, content: bytes) -> int:
    with story() as session:
        message = factories.a_message(session, service, clock())
        name = f"{service.key}/{message.recording_sid}"
        message.state, message.stored_at, message.audio_name = "stored", clock(), name
        message.audio_bytes = vault.write(name, [content])
        return message.id


def look(story: Opening, service: Service, message_id: int) -> Message:
    with story() as session:
        return session.get_one(Message, (service.id, message_id))


def test_a_stored_recording_is_looked_through_once(
    workshop: Workshop, service: Service, story: Opening, vault: Vault, clock: MovingClock
) -> None:
    words, hush = (stored(story, service, vault, clock, content) for content in (WORDS, HUSH))
    assert speech.look_through(workshop, service) == 2
    spoken, silent = look(story, service, words), look(story, service, hush)
    assert (spoken.speech_seconds or 0) > 1
    assert silent.speech_seconds == 0
    assert spoken.speech_looked_for_at == clock()
    assert speech.look_through(workshop, service) == 0


def test_one_that_cannot_be_read_holds_up_no_other(
    workshop: Workshop, service: Service, story: Opening, vault: Vault, clock: MovingClock
) -> None:
    damaged, words = (stored(story, service, vault, clock, content) for content in (b"<Error/>", WORDS))
    assert speech.look_through(workshop, service) == 1
    unknown = look(story, service, damaged)
    assert (unknown.speech_seconds, unknown.state) == (None, "stored")
    assert unknown.speech_looked_for_at is not None
    assert look(story, service, words).speech_seconds


def test_a_recording_that_is_not_stored_yet_is_left_alone(
    workshop: Workshop, service: Service, story: Opening, clock: MovingClock
) -> None:
    with story() as session:
        waiting = factories.a_message(session, service, clock()).id
    assert speech.look_through(workshop, service) == 0
    assert look(story, service, waiting).speech_looked_for_at is None


class Poisoned(Vault):
    """Whoever reads from it is killed."""

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:  # noqa: ARG002
        raise KeyboardInterrupt


def dies(workshop: Workshop, service: Service, tmp_path: Path) -> None:
    """A worker begins to look through a recording, and is killed."""
    with pytest.raises(KeyboardInterrupt):
        speech.look_through(replace(workshop, vault=Poisoned(tmp_path, KEY)), service)


def test_what_a_dead_worker_was_looking_through_is_looked_through_by_another(
    workshop: Workshop, service: Service, story: Opening, vault: Vault, clock: MovingClock, tmp_path: Path
) -> None:
    words = stored(story, service, vault, clock, WORDS)
    dies(workshop, service, tmp_path)
    assert speech.look_through(workshop, service) == 0
    clock.passes(seconds=messages.LEASE.total_seconds())
    assert speech.look_through(workshop, service) == 1
    assert look(story, service, words).speech_seconds


def test_a_recording_that_brings_three_workers_down_is_given_up_and_the_job_says_so(
    workshop: Workshop, service: Service, story: Opening, vault: Vault, clock: MovingClock, tmp_path: Path
) -> None:
    poison = stored(story, service, vault, clock, WORDS)
    for _ in range(speech.MOST_TRIES):
        dies(workshop, service, tmp_path)
        clock.passes(seconds=messages.LEASE.total_seconds())
    words = stored(story, service, vault, clock, WORDS)
    job = Runner(Job("look_for_speech", 5, everywhere(speech.look_through)), workshop)
    assert [len(job.run(rested=True)[1]) for _ in range(2)] == [1, 0]
    given_up = look(story, service, poison)
    assert (given_up.speech_seconds, given_up.speech_looked_for_at) == (None, clock())
    assert look(story, service, words).speech_seconds
    with story() as session:
        (trouble,) = troubles.known(session, service.key)
        assert (trouble.job, trouble.error, trouble.failed_total) == ("look_for_speech", "SpeechNotTold", 1)
        assert trouble.failed_lately(clock())
