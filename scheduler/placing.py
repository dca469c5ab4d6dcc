"""Placing calls: an attempt that somebody opened is dialled, exactly once.

The network has no way to be asked twice and to ring once. So an attempt is marked `placing`, and that is committed,
before the request; and when nobody knows what became of a request, the network's list of calls is looked at.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from advice_line import legs
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling, limits
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries import enquiry as enquiries
from advice_line.errors import Misconfigured, NotNow, OutsideFailed, Unanswered
from advice_line.lines.directory import Line, Service
from advice_line.telephone.calling import ASK_AGAIN, TRY_AGAIN
from scheduler.lost_calls import placed_call
from scheduler.workshop import Workshop

log = structlog.get_logger()

RING_SECONDS = 25
AT_A_TIME = 20
# A therapist who pressed “call” waits so long for a busy network, and then presses again.
PATIENCE = timedelta(minutes=1)
PAUSE = timedelta(seconds=2)
# After so long a worker that was dialling is taken for dead: a request ends after at most 20 seconds.
DIALLING_AT_MOST = timedelta(minutes=1)
NOT_FOUND_AFTER = timedelta(minutes=1)
UNKNOWN_AT_MOST = timedelta(minutes=10)

NOT_PLACED = "The telephone network did not make the call. Try again in a few minutes."
NEVER_KNOWN = "The telephone network could not be asked whether it made the call. Try again in a few minutes."


@dataclass(frozen=True)
class Dial:
    """One attempt as it is dialled: ids and numbers, and the line that is shown."""

    attempt_id: int
    enquiry_id: int
    opened_at: datetime
    therapist_number: str
    caller_number: str | None
    line: Line
    placed_at: datetime


def place(workshop: Workshop, service: Service) -> int:
    """Dial the attempts that wait; returns how many calls were placed."""
    done = 0
    for _ in range(AT_A_TIME):
        resting = workshop.busy_until.get(service.configuration.account)
        if workshop.stopping.is_set() or (resting is not None and workshop.now() < resting):
            break
        dial = _claim(workshop, service)
        if dial is None:
            break
        done += _dialled(workshop, service, dial)
    return done


def look_up(workshop: Workshop, service: Service) -> int:
    """Find out about calls of which nobody knows whether they were placed; returns how many were settled."""
    now = workshop.now()
    with workshop.transaction(service) as session:
        unsettled = [
            _dial(session, service, attempt)
            for attempt in attempts.unsettled(session, service.id, now - DIALLING_AT_MOST)
        ]
    return sum(_found_out(workshop, service, dial) for dial in unsettled)


def _claim(workshop: Workshop, service: Service) -> Dial | None:
    with workshop.transaction(service) as session:
        attempt = attempts.next_to_place(session, service.id)
        if attempt is None:
            return None
        attempts.move(session, attempt, "placing", placed_at=workshop.now())
        return _dial(session, service, attempt)


def _dial(session: Session, service: Service, attempt: Attempt) -> Dial:
    enquiry = enquiries.by_id(session, service.id, attempt.enquiry_id)
    return Dial(
        attempt.id,
        enquiry.id,
        attempt.at,
        attempt.therapist_number or "",
        attempt.caller_number,
        service.line(enquiry.line_key),
        attempt.placed_at or attempt.at,
    )


def _dialled(workshop: Workshop, service: Service, dial: Dial) -> bool:
    with workshop.transaction(service) as session:
        refusal = limits.too_many(session, service, dial.caller_number, workshop.now(), besides=dial.attempt_id)
    if refusal:
        _give_up(workshop, service, dial, refusal)
        return False
    if not workshop.still_holds(dial.placed_at):
        log.warning("attempt_left_alone", attempt_id=dial.attempt_id)
        return False
    try:
        sid = _ring(workshop, service, dial)
    except NotNow as busy:
        _wait(workshop, service, dial, busy)
    except Unanswered:
        log.warning("attempt_unknown", attempt_id=dial.attempt_id)
        _move(workshop, service, dial, "unknown")
    except (OutsideFailed, Misconfigured) as failure:
        _give_up(workshop, service, dial, str(failure))
    else:
        _rings(workshop, service, dial, sid)
        return True
    return False


def _ring(workshop: Workshop, service: Service, dial: Dial) -> str:
    base = f"{workshop.settings.public_url}/webhooks/attempts/{dial.attempt_id}"
    return workshop.telephone(service).ring(
        dial.therapist_number,
        dial.line.number,
        answer_url=f"{base}/answered?line={dial.line.key}{ASK_AGAIN}",
        status_url=f"{base}/status?line={dial.line.key}{TRY_AGAIN}",
        timeout=RING_SECONDS,
    )


def _wait(workshop: Workshop, service: Service, dial: Dial, busy: NotNow) -> None:
    """Nothing was dialled: try again soon, unless the therapist has waited long enough."""
    now = workshop.now()
    pause = busy.after or PAUSE
    workshop.busy_until[service.configuration.account] = now + pause
    log.warning("attempt_waits", attempt_id=dial.attempt_id, problem=str(busy), seconds=pause.total_seconds())
    if now + pause - dial.opened_at > PATIENCE:
        _give_up(workshop, service, dial, str(busy))
    else:
        _move(workshop, service, dial, "to_place")


def _rings(workshop: Workshop, service: Service, dial: Dial, sid: str) -> None:
    """The call was placed. Its events, or the therapist's own result, may have come before us."""
    with workshop.transaction(service) as session:
        attempt = _held(session, service, dial)
        if attempt.state in {"placing", "unknown"}:
            attempts.move(session, attempt, "ringing_therapist", call_sid=sid)
        elif attempt.call_sid is None:
            attempt.call_sid = sid
        attempt.to_stop = False
        legs.seen(session, service.id, sid, dial.line.key, dial.placed_at, attempt_id=attempt.id)
        wanted = attempt.is_live
    log.info("attempt_placed", attempt_id=dial.attempt_id, call_sid=sid)
    if not wanted:
        workshop.telephone(service).hang_up(sid)


def _found_out(workshop: Workshop, service: Service, dial: Dial) -> bool:
    waited = workshop.now() - dial.placed_at
    try:
        sid = placed_call(workshop, service, dial.therapist_number, dial.line.number, dial.placed_at)
    except OutsideFailed as failure:
        log.warning("attempt_not_looked_up", attempt_id=dial.attempt_id, problem=str(failure))
        return waited >= UNKNOWN_AT_MOST and _give_up(workshop, service, dial, NEVER_KNOWN)
    if sid is not None:
        _rings(workshop, service, dial, sid)
        return True
    return waited >= NOT_FOUND_AFTER and _give_up(workshop, service, dial, NOT_PLACED)


def _move(workshop: Workshop, service: Service, dial: Dial, to: str) -> None:
    with workshop.transaction(service) as session:
        attempt = _held(session, service, dial)
        if attempt.state == "placing":
            attempts.move(session, attempt, to)


def _give_up(workshop: Workshop, service: Service, dial: Dial, problem: str) -> bool:
    with workshop.transaction(service) as session:
        attempt = _held(session, service, dial)
        if attempt.state not in {"placing", "unknown"}:
            return False
        enquiry = enquiries.by_id(session, service.id, dial.enquiry_id)
        calling.abandon(session, enquiry, attempt, problem, workshop.now())
    log.warning("attempt_given_up", attempt_id=dial.attempt_id, problem=problem)
    return True


def _held(session: Session, service: Service, dial: Dial) -> Attempt:
    attempt = attempts.hold(session, service.id, dial.attempt_id)
    if attempt is None:
        raise LookupError(f"Attempt {dial.attempt_id} is gone, and attempts never go.")
    return attempt
