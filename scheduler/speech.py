"""Speech: every stored recording is looked through once for somebody speaking, when nothing more urgent is to do.

It is marked as looked through before it is: a recording that brings the detector down does so once, and is then only
without an answer. A person listens to it in any case.
"""

from dataclasses import dataclass

import structlog

from advice_line import messages
from advice_line.errors import OutsideFailed
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.speech import seconds_of_speech
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 20


@dataclass(frozen=True)
class Claim:
    """A recording that is ours to look through."""

    message_id: int
    audio_name: str


def look_through(workshop: Workshop, service: Service) -> int:
    """Look through what was stored since; returns how many recordings got an answer."""
    done = 0
    for _ in range(AT_A_TIME):
        claim = None if workshop.stopping.is_set() else _claim(workshop, service)
        if claim is None:
            break
        done += _answered(workshop, service, claim)
    return done


def _claim(workshop: Workshop, service: Service) -> Claim | None:
    with workshop.transaction(service) as session:
        message = messages.next_to_look_through(session, service.id)
        if message is None or message.audio_name is None:
            return None
        message.speech_looked_for_at = workshop.now()
        return Claim(message.id, message.audio_name)


def _answered(workshop: Workshop, service: Service, claim: Claim) -> bool:
    try:
        seconds = seconds_of_speech(b"".join(workshop.vault.read(claim.audio_name)))
    except OutsideFailed as failure:
        log.warning("speech_not_told", message_id=claim.message_id, problem=str(failure))
        return False
    with workshop.transaction(service) as session:
        session.get_one(Message, (service.id, claim.message_id)).speech_seconds = seconds
    return True
