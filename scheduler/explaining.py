"""Explaining: a recorder was handed out, the call is over, and nothing more was heard. We ask what became of it.

So a message whose event was lost on its way is found all the same, and a silence is known for a silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from advice_line import inbox, messages
from advice_line.calls import Call
from advice_line.errors import OutsideFailed
from advice_line.inbox.found import mark
from advice_line.inbox.recordings import recording_gone
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.calling import Recorded
from scheduler.workshop import Workshop

log = structlog.get_logger()

GRACE = timedelta(minutes=1)
# A recording that the network itself announced is missed for so long before it is taken for lost.
ANNOUNCED_GRACE = timedelta(hours=1)
AT_A_TIME = 20


@dataclass(frozen=True)
class Question:
    """A message that we ask about, and its call."""

    message_id: int
    call_id: int
    call_sid: str
    call_ended_at: datetime | None


def explain(workshop: Workshop, service: Service) -> int:
    """Ask the network about every message of which nothing was heard; returns about how many it answered."""
    done = 0
    for _ in range(AT_A_TIME):
        question = None if workshop.stopping.is_set() else _next(workshop, service)
        if question is None:
            break
        done += _asked(workshop, service, question)
    return done


def _next(workshop: Workshop, service: Service) -> Question | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        found = messages.next_unexplained(session, service.id, now, GRACE)
        if found is None:
            return None
        message, call = found
        messages.claim(message, now)
        return Question(message.id, call.id, call.sid, call.ended_at)


def _asked(workshop: Workshop, service: Service, question: Question) -> bool:
    try:
        recordings = workshop.telephone(service).recordings_of(question.call_sid)
    except OutsideFailed as failure:
        log.warning("message_not_explained", message_id=question.message_id, problem=str(failure))
        return False
    now = workshop.now()
    with workshop.transaction(service) as session:
        call = session.get_one(Call, (service.id, question.call_id), with_for_update=True)
        for recording in recordings:
            _take(session, service, call, recording, now)
        coming = any(recording.readiness == "coming" for recording in recordings)
        if not coming:
            _miss(session, call, recordings, now)
        inbox.settle(session, service, call, now)
    log.info("message_explained", message_id=question.message_id, recordings=len(recordings))
    return not coming


def _take(session: Session, service: Service, call: Call, recording: Recorded, now: datetime) -> None:
    if recording.readiness == "ready":
        inbox.recording_found(session, service, call, recording.sid, recording.seconds, now)
        mark(session, call, messages.recorded(session, call, recording.sid, None, now), now)
    elif recording.readiness == "gone":
        recording_gone(session, service, call, recording.sid, recording.seconds, now)
    elif recording.readiness == "none":
        messages.lacking(messages.recorded(session, call, recording.sid, recording.seconds, now))


def _miss(session: Session, call: Call, recordings: Sequence[Recorded], now: datetime) -> None:
    """What the network does not have: nothing was recorded, or what was announced is lost."""
    there = {recording.sid for recording in recordings}
    for message in messages.of_call(session, call):
        if message.recording_sid is None:
            messages.lacking(message)
        elif message.recording_sid not in there and _given_up(message, call, now):
            messages.lost(message)


def _given_up(message: Message, call: Call, now: datetime) -> bool:
    return message.ready_at is None and call.ended_at is not None and call.ended_at < now - ANNOUNCED_GRACE
