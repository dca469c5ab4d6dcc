"""Promising: a time for one call that never moves by itself, because the caller was told it or a lead set it.

The planner puts the call there. When the time can no longer be kept the call has no slot, says why, and waits for a
person: to find cover, to agree another time, or to release it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.audit import Actor, record
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import room
from advice_line.callbacks.callback import NO_PROMISE, OPEN, Callback
from advice_line.callbacks.reachable import reachable
from advice_line.callbacks.room import Wanted
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, Fault, Malformed
from advice_line.lines import extra_windows, rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist, want_planning
from advice_line.working_time import Interval, shared, without

FURTHEST_AHEAD = timedelta(days=60)
TOO_FAR = f"Choose a time in the next {FURTHEST_AHEAD.days} days that has not passed"


@dataclass(frozen=True)
class Given:
    """Who rings and from when (aware). `caller_was_told`: the caller knows this time, so it need not suit otherwise."""

    therapist: Therapist
    start: datetime
    caller_was_told: bool


@dataclass(frozen=True)
class Place:
    """A therapist's session, or a part of one, into which a lead puts a call."""

    therapist: Therapist
    within: Interval


def promise(session: Session, service: Service, enquiry: Enquiry, given: Given, actor: Actor, now: datetime) -> None:
    """Set the time of an enquiry's callback, and ask for a new plan. Malformed when it could not be kept.

    Other planned calls make room; another promised one does not. Conflict when there is no call to plan.
    """
    callback = _to_plan(session, enquiry)
    if not now < given.start <= now + FURTHEST_AHEAD:
        raise Malformed([Fault("time", TOO_FAR)])
    wanted = Interval(given.start, given.start + timedelta(minutes=callback.minutes))
    fault = next(_faults(session, service, enquiry, callback, given, wanted), None)
    if fault is not None:
        raise Malformed([fault])
    callback.promised = True
    callback.promised_therapist_id = given.therapist.id
    callback.promised_from, callback.promised_to = wanted.start, wanted.end
    callback.caller_was_told = given.caller_was_told
    callback.wanted_from = callback.wanted_to = None  # a time that was agreed before is agreed no more
    what = "time_promised" if given.caller_was_told else "time_set"
    enquiries.note(session, enquiry, what, actor, now)
    detail = {"therapist": given.therapist.id, "start": wanted.start.isoformat()}
    subject = f"callback {callback.id}"
    record(session, actor, what.replace("_", " "), subject, now, service_id=service.id, detail=detail)
    want_planning(session, service.id, now)


def promise_within(
    session: Session, service: Service, enquiry: Enquiry, wanted: Place, actor: Actor, now: datetime
) -> None:
    """Set a call to the first time of a session that has room for it and suits the caller; nobody else makes room.

    Malformed says why there is none, also for a call whose time the caller was told: a new one is agreed first.
    """
    callback = _to_plan(session, enquiry)
    if callback.promised and callback.caller_was_told:
        raise Malformed([Fault("time", "The caller was promised a time: agree the new one with them first")])
    start = room.first(session, service, Wanted(enquiry, callback, wanted.therapist, wanted.within), now)
    promise(session, service, enquiry, Given(wanted.therapist, start, caller_was_told=False), actor, now)


def release(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """The call may be planned anywhere again. Releasing it twice does nothing more."""
    callback = _to_plan(session, enquiry)
    if not callback.promised:
        return
    for name, value in NO_PROMISE.items():
        setattr(callback, name, value)
    enquiries.note(session, enquiry, "time_released", actor, now)
    record(session, actor, "time released", f"callback {callback.id}", now, service_id=enquiry.service_id)
    want_planning(session, enquiry.service_id, now)


def _to_plan(session: Session, enquiry: Enquiry) -> Callback:
    callback = callbacks.open_for(session, enquiry)
    if callback is None:
        raise Conflict("No call is owed on this enquiry, so there is no time to set.")
    if callback.state == "live":
        raise Conflict("This caller is being rung just now. Wait until that call has its result.")
    return callback


def _faults(
    session: Session,
    service: Service,
    enquiry: Enquiry,
    callback: Callback,
    given: Given,
    wanted: Interval,
) -> Iterator[Fault]:
    """Why this time could not be kept: only the first is told, for the others often follow from it."""
    hours = extra_windows.ringing_back(session, service, wanted.start, wanted.end)[enquiry.line_key]
    if not _covered(wanted, hours):
        yield Fault("time", "The line does not ring back for the whole of that time: extend its hours first")
    if not _covered(wanted, _on_rota(session, service, given.therapist, wanted)):
        name = given.therapist.name
        yield Fault("therapist", f"{name} is not on the rota for the whole of that time: add a session first")
    if _taken(session, callback, given.therapist, wanted):
        yield Fault("time", "Another call is promised at that time: choose a different one")
    if given.caller_was_told:
        return
    suits = reachable(service, enquiry, hours, callback.due_at, wanted)
    times = [wanted] if suits.times is None else suits.times
    if not _covered(wanted, times) or (suits.not_before and wanted.start < suits.not_before):
        yield Fault("time", "The caller asked for other times: agree this one with them first")


def _on_rota(session: Session, service: Service, therapist: Therapist, wanted: Interval) -> list[Interval]:
    sessions = rota.sessions_between(session, wanted.start, wanted.end, service.calendar).get(therapist.id, [])
    away = rota.absences_between(session, wanted.start, wanted.end).get(therapist.id, [])
    return without(sessions, away)


def _taken(session: Session, callback: Callback, therapist: Therapist, wanted: Interval) -> bool:
    theirs = select(Callback.id).where(
        Callback.service_id == callback.service_id,
        Callback.id != callback.id,
        Callback.state.in_(OPEN),
        Callback.promised_therapist_id == therapist.id,
        Callback.promised_from < wanted.end,
        Callback.promised_to > wanted.start,
    )
    return session.scalar(theirs.limit(1)) is not None


def _covered(wanted: Interval, times: list[Interval]) -> bool:
    return shared([wanted], times) == [wanted]
