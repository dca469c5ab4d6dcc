"""Speech: every stored recording is looked through for somebody speaking, when nothing more urgent is to do.

It is claimed before it is. A recording that brings the detector down may bring the whole worker down with it: so others
try it again, a few times and not for ever, and then it stays without an answer, which is told as a failure of the job.
A person listens to it in any case.
"""

from dataclasses import dataclass

import structlog

from advice_line import messages
from advice_line.errors import AdviceLineError, OutsideFailed
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.speech import seconds_of_speech
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 20
MOST_TRIES = 3


class SpeechNotTold(AdviceLineError):
    """Every worker that looked through a recording ended while it did."""


@dataclass(frozen=True)
class Claim:
    """A recording that is ours to look through, for the `tries`th time."""

    message_id: int
    audio_name: str
    tries: int


def look_through(workshop: Workshop, service: Service) -> int:
    """Look through what was stored since; returns how many recordings got an answer.

    Raises SpeechNotTold, once for each, when one was given up.
    """
    done = 0
    for _ in range(AT_A_TIME):
        claim = None if workshop.stopping.is_set() else _claim(workshop, service)
        if claim is None:
            break
        if claim.tries > MOST_TRIES:
            _write_down(workshop, service, claim, None)
            raise SpeechNotTold(f"Whether anybody speaks in recording {claim.message_id} is not told: listen to it.")
        done += _answered(workshop, service, claim)
    return done


def _claim(workshop: Workshop, service: Service) -> Claim | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        message = messages.next_to_look_through(session, service.id, now)
        if message is None or message.audio_name is None:
            return None
        message.speech_claimed_at = now
        message.speech_tries += 1
        return Claim(message.id, message.audio_name, message.speech_tries)


def _answered(workshop: Workshop, service: Service, claim: Claim) -> bool:
    seconds = None
    try:
        seconds = seconds_of_speech(b"".join(workshop.vault.read(claim.audio_name)))
    except OutsideFailed as failure:
        log.warning("speech_not_told", message_id=claim.message_id, problem=str(failure))
    _write_down(workshop, service, claim, seconds)
    return seconds is not None


def _write_down(workshop: Workshop, service: Service, claim: Claim, seconds: float | None) -> None:
    with workshop.transaction(service) as session:
        message = session.get_one(Message, (service.id, claim.message_id), with_for_update=True)
        if message.speech_looked_for_at is None:  # otherwise another worker was faster
            message.speech_looked_for_at, message.speech_seconds = workshop.now(), seconds
