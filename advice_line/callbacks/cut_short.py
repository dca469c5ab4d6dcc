"""Cut short: a talk that was dropped is rung again at once, and a call that is not wanted after all is stopped.

Neither uses up one of the caller's attempts (attempt policy).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.audit import Actor, record
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling, ending
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.policy import RUNG_BACK_AT_ONCE
from advice_line.db import notify
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict

AT_A_TIME = 20
STOPPABLE = frozenset({"to_place", "placing", "unknown", "ringing_therapist", "call_over"})


def ring_again(session: Session, enquiry: Enquiry, cut_off: Attempt, actor: Actor, now: datetime) -> Attempt:
    """The talk was cut off: the same therapist is rung again at once, and then the caller (edge case E17).

    The promise stays as it is, and nothing is used up. Conflict while the call goes on, for all that we know.
    """
    if cut_off.state != "call_over" or cut_off.self_dialled:
        raise Conflict("The call has not ended yet, as far as we know. Hang up, wait a moment, and press again.")
    number = calling.number_to_ring(enquiry)
    attempts.move(session, cut_off, "finished", finished_at=now, result=RUNG_BACK_AT_ONCE)
    enquiries.note(session, enquiry, "attempted", actor, now, detail=RUNG_BACK_AT_ONCE)
    subject, detail = f"attempt {cut_off.id}", {"result": RUNG_BACK_AT_ONCE}
    record(session, actor, "attempt recorded", subject, now, service_id=enquiry.service_id, detail=detail)
    again = attempts.open_one(
        session,
        enquiry,
        actor,
        now,
        therapist_id=cut_off.therapist_id,
        therapist_number=cut_off.therapist_number,
        caller_number=number,
    )
    record(session, actor, "ring back", f"attempt {again.id}", now, service_id=enquiry.service_id)
    notify(session, "attempt")
    return again


def stop(session: Session, enquiry: Enquiry, attempt: Attempt, actor: Actor, now: datetime) -> None:
    """The therapist stops a call before the caller was connected: it uses nothing up (attempt policy).

    Their phone stops ringing. Conflict once the caller's phone rings, or was answered.
    """
    if not may_stop(attempt):
        raise Conflict("The caller is being rung, or was connected. Hang up, then record what came of the call.")
    attempt.to_stop = attempt.state not in {"to_place", "call_over"}
    calling.abandon(session, enquiry, attempt, ending.STOPPED, now)
    record(session, actor, "call stopped", f"attempt {attempt.id}", now, service_id=enquiry.service_id)
    notify(session, "stop")


def may_stop(attempt: Attempt) -> bool:
    """Whether the therapist may stop this call: the caller was not connected."""
    return attempt.state in STOPPABLE and attempt.answered_at is None and not attempt.self_dialled


def to_stop(session: Session, service_id: int) -> Sequence[Attempt]:
    """Calls of which the network is still to be told that they are not wanted; rivals skip what we hold."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.service_id == service_id, Attempt.to_stop, Attempt.call_sid.is_not(None))
        .order_by(Attempt.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
