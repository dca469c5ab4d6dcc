"""Recordings: every message's sound is brought into our vault, looked at, and only then deleted at the provider.

A worker claims one message for a few minutes, commits, works without a transaction, and writes down what became of
it. One that is killed in between leaves a claim that runs out, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from advice_line import messages
from advice_line.db import notify
from advice_line.errors import NotNow, NotThere, OutsideFailed
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.wav import Checked
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 20
# With its pauses of up to an hour, so many tries take about 14 hours.
TRIES_UNTIL_LOST = 24
LOST = "The telephone network announced this recording, but does not have it."
Note = Callable[[Message, datetime], None]


@dataclass(frozen=True)
class Claim:
    """A message that is ours to work on for a while, as it was when we took it."""

    message_id: int
    state: str
    recording_sid: str
    seconds: int | None
    tries: int
    audio_name: str | None
    audio_bytes: int | None


def fetch(workshop: Workshop, service: Service) -> int:
    """Fetch what is ready, and have deleted what we hold; returns how many steps succeeded."""
    done = 0
    for _ in range(AT_A_TIME):
        claim = None if workshop.stopping.is_set() else _claim(workshop, service)
        if claim is None:
            break
        done += _work(workshop, service, claim)
    return done


def _claim(workshop: Workshop, service: Service) -> Claim | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        message = messages.next_to_fetch(session, service.id, now)
        if message is None:
            return None
        messages.claim(message, now)
        return Claim(
            message.id,
            message.state,
            message.recording_sid or "",
            message.seconds,
            message.fetch_tries,
            message.audio_name,
            message.audio_bytes,
        )


def _work(workshop: Workshop, service: Service, claim: Claim) -> bool:
    step = _bring_in if claim.state == "expected" else _have_deleted
    try:
        note = step(workshop, service, claim)
    except OutsideFailed as failure:
        log.warning("recording_step_failed", message_id=claim.message_id, tries=claim.tries + 1, problem=str(failure))
        _write_down(workshop, service, claim, partial(_failed, failure))
        return False
    _write_down(workshop, service, claim, note)
    return True


def _bring_in(workshop: Workshop, service: Service, claim: Claim) -> Note:
    """Fetch, check, encrypt, store and read back. The sound is never on the disk unencrypted."""
    name = f"{service.key}/{claim.recording_sid}"
    with workshop.telephone(service).recording(claim.recording_sid) as recording:
        checked = Checked(recording.chunks, claim.seconds)
        size = _stored(workshop, name, checked)
    if workshop.vault.verify(name) != (checked.sha256, size):
        raise OutsideFailed("What was stored is not what came.")
    return partial(_note_stored, name, size, round(checked.seconds))


def _have_deleted(workshop: Workshop, service: Service, claim: Claim) -> Note:
    """Our own copy is read once more before the only other one goes."""
    if workshop.vault.verify(claim.audio_name or "").size != claim.audio_bytes:
        raise OutsideFailed("The stored audio is not as long as it was, so the provider's copy is kept.")
    workshop.telephone(service).delete_recording(claim.recording_sid)
    return _note_deleted


def _stored(workshop: Workshop, name: str, checked: Checked) -> int:
    try:
        return workshop.vault.write(name, checked)
    except OSError as error:
        raise OutsideFailed(f"The recording could not be stored ({error.strerror}).") from None


def _write_down(workshop: Workshop, service: Service, claim: Claim, note: Note) -> None:
    with workshop.transaction(service) as session:
        message = session.get_one(Message, (service.id, claim.message_id), with_for_update=True)
        # Our claim may have run out meanwhile, and a rival have done this step.
        if message.state == claim.state and message.provider_deleted_at is None:
            note(message, workshop.now())
            notify(session, f"changed {service.id}")


def _note_stored(name: str, size: int, seconds: int, message: Message, now: datetime) -> None:
    messages.stored(message, name, size, seconds, now)
    log.info("recording_stored", message_id=message.id)


def _note_deleted(message: Message, now: datetime) -> None:
    messages.provider_copy_gone(message, now)


def _failed(failure: OutsideFailed, message: Message, now: datetime) -> None:
    messages.fetch_failed(message, str(failure), now)
    if isinstance(failure, NotNow) and failure.after and message.fetch_after:
        message.fetch_after = max(message.fetch_after, now + failure.after)
    if isinstance(failure, NotThere) and message.fetch_tries >= TRIES_UNTIL_LOST:
        message.fetch_problem = LOST
        messages.lost(message)
        log.error("recording_lost", message_id=message.id)
