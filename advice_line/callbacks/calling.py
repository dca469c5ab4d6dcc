"""Calling back: opening an attempt, following its call, and writing down its result.

An attempt is committed before anything is dialled; the scheduler places the call. After a result the callback goes on:
kept when the caller was spoken to, else planned again at another time (attempt policy).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.audit import Actor, record
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import interpreting, phones, policy, unreached
from advice_line.callbacks.attempt import Attempt
from advice_line.db import notify
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import UNABLE_TO_CONTACT, Enquiry
from advice_line.errors import Conflict, Fault, Malformed
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist, want_planning
from advice_line.telephone import numbers
from advice_line.texts import text as texts

NETWORK = Actor.part("telephone")


@dataclass(frozen=True)
class NextWindow:
    """The new time that was agreed with the caller (aware, half open)."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Result:
    """What the therapist says of an attempt: a key of attempt results, a note, and a new time if one was agreed.

    `keep_open`: the enquiry is not to end although this was the last attempt of the policy.
    """

    key: str
    note: str = ""
    next_window: NextWindow | None = None
    keep_open: bool = False

    def check(self, now: datetime) -> None:
        """Raise Malformed unless the result is one we know and its new time lies ahead."""
        window = self.next_window
        if self.key not in taxonomy.ATTEMPT_RESULTS:
            raise Malformed([Fault("result", "Choose what happened on the call.")])
        if self.key == "not_convenient_rebooked" and window is None:
            raise Malformed([Fault("next_window", "Give the new time that you agreed with the caller.")])
        if window is not None and not now < window.start < window.end:
            raise Malformed([Fault("next_window", "Give a new time in the future, with its end after its start.")])


def ring_back(session: Session, enquiry: Enquiry, therapist: Therapist | None, actor: Actor, now: datetime) -> Attempt:
    """Open the live attempt that will ring the therapist, then the caller. Conflict when there is nobody to ring."""
    _refuse_closed(enquiry)
    number = number_to_ring(enquiry)
    if therapist is None:
        raise Conflict("Nobody is chosen to make this call: choose a therapist.")
    attempt = attempts.open_one(
        session,
        enquiry,
        actor,
        now,
        therapist_id=therapist.id,
        therapist_number=phones.to_ring(session, therapist, now),
        caller_number=number,
    )
    go_live(session, enquiry, actor, now)
    record(session, actor, "ring back", f"attempt {attempt.id}", now, service_id=enquiry.service_id)
    notify(session, "attempt")
    return attempt


def log_own_call(
    session: Session, enquiry: Enquiry, therapist_id: int | None, at: datetime, actor: Actor, now: datetime
) -> Attempt:
    """An attempt that the therapist dialled by themselves, at `at`; it still wants its result."""
    _refuse_closed(enquiry)
    if at > now:
        raise Malformed([Fault("at", "Give the time of the call, which cannot be in the future.")])
    if at < enquiry.received_at:
        raise Malformed([Fault("at", "Give a time after the message was received.")])
    return attempts.open_one(
        session, enquiry, actor, now, at=at, state="call_over", self_dialled=True, therapist_id=therapist_id
    )


def finish(
    session: Session,
    service: Service,
    enquiry: Enquiry,
    attempt: Attempt,
    result: Result,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down the therapist's result and let the callback go on from there.

    After the last attempt of the policy the enquiry ends as *unable to contact*, unless something speaks against it.
    """
    result.check(now)
    attempts.move(session, attempt, "finished", finished_at=now, result=result.key, note=result.note)
    enquiries.note(session, enquiry, "attempted", actor, now, detail=result.key)
    subject, detail = f"attempt {attempt.id}", {"result": result.key}
    record(session, actor, "attempt recorded", subject, now, service_id=enquiry.service_id, detail=detail)
    if result.key == "spoke_to_caller":
        keep(session, enquiry, now)
        to = "follow_up_due"
    elif unreached.ends(session, service, enquiry, attempt) and not result.keep_open:
        _end(session, enquiry, actor, now)
        return
    else:
        to = "retry_due" if _plan_again(session, service, enquiry, attempt, result, now) else "follow_up_due"
    interpreting.after_call(session, service, enquiry, result.key, actor, now)
    if enquiry.status != to:
        enquiries.move(session, enquiry, to, actor, now)


def abandon(session: Session, enquiry: Enquiry, attempt: Attempt, problem: str, now: datetime) -> None:
    """The caller was never rung: the therapist did not answer or accept, or the call could not be placed."""
    attempts.move(session, attempt, "abandoned", finished_at=now, problem=problem)
    enquiries.note(session, enquiry, "attempt_abandoned", NETWORK, now, detail=problem)
    callback = callbacks.open_for(session, enquiry)
    if callback is not None and callback.state == "live":
        callbacks.move(session, callback, "planned" if callback.therapist_id else "waiting", now)
    if enquiry.status == "in_call":
        attempted = any(each.result for each in attempts.of_enquiry(session, enquiry))
        to = enquiries.resting_status(enquiry, attempted=attempted) if callback else "follow_up_due"
        enquiries.move(session, enquiry, to, NETWORK, now)
    want_planning(session, enquiry.service_id, now)


def drop(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """Nothing more is owed: the enquiry ends without a call."""
    texts.answered(session, enquiry.service_id, enquiry.id)
    callback = callbacks.open_for(session, enquiry)
    if callback is not None:
        callbacks.move(session, callback, "dropped", now)
        want_planning(session, enquiry.service_id, now)


def keep(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """The promise is kept: the caller was spoken to, or answered in writing."""
    texts.answered(session, enquiry.service_id, enquiry.id)
    callback = callbacks.open_for(session, enquiry)
    if callback is not None:
        callbacks.move(session, callback, "kept", now)
        want_planning(session, enquiry.service_id, now)


def go_live(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """The caller is being rung, or spoken to: the callback and the enquiry say so."""
    callback = callbacks.open_for(session, enquiry)
    if callback is not None and callback.state != "live":
        callbacks.move(session, callback, "live", now)
    enquiries.move(session, enquiry, "in_call", actor, now)


def number_to_ring(enquiry: Enquiry) -> str:
    """The caller's number as we dial it. Conflict, with a sentence for the therapist, when there is none to ring."""
    if not enquiry.caller_number:
        raise Conflict("There is no number to ring: the caller withheld it or left none. Add one in the details.")
    try:
        return numbers.callable_number(enquiry.caller_number)
    except ValueError:
        raise Conflict(
            "We cannot ring this number: it is not an ordinary UK landline or mobile number. Check it in the details."
        ) from None


def _end(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """All attempts were in vain: nothing more is owed, until the caller gets in touch again."""
    drop(session, enquiry, now)
    enquiries.move(session, enquiry, "closed", actor, now, closing_reason=UNABLE_TO_CONTACT, closed_at=now)
    detail = {"reason": UNABLE_TO_CONTACT}
    record(session, actor, "closed", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id, detail=detail)
    notify(session, "text")


def _plan_again(
    session: Session, service: Service, enquiry: Enquiry, attempt: Attempt, result: Result, now: datetime
) -> bool:
    """False when nothing is owed: they were spoken to before, and this was a further call."""
    callback = callbacks.open_for(session, enquiry)
    if callback is None:
        return False
    window = result.next_window
    tried = policy.since_last_word(enquiry, attempts.of_enquiry(session, enquiry))
    callbacks.move(
        session,
        callback,
        "waiting",
        now,
        **callbacks.NO_SLOT,
        **callbacks.NO_PROMISE,
        reasons=[],
        not_before=policy.not_before(service.configuration.attempts, tried, attempt),
        wanted_from=window.start if window else None,
        wanted_to=window.end if window else None,
    )
    want_planning(session, enquiry.service_id, now)
    return True


def _refuse_closed(enquiry: Enquiry) -> None:
    if not enquiry.is_open:
        raise Conflict("This enquiry is closed, so nobody is to be rung.")
