"""Swaps: sessions of one day are added, handed to somebody else, exchanged for one another, and cancelled.

What is handed on is exactly what the other one had: minutes are moved, never made. Hours change hands, rooms do not:
who takes a session works it from where they always do. One change of a service's rota is made at a time, so that two
people cannot give the same session away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from advice_line import audit
from advice_line.audit import Actor
from advice_line.clock import from_london, london_date, start_of_day
from advice_line.db import LARGEST_ID
from advice_line.errors import Conflict, Fault, Malformed, NotFound
from advice_line.lines import rota, rota_event
from advice_line.lines.one_off import OneOffSession
from advice_line.lines.rota import Therapist, want_planning
from advice_line.working_time import Calendar, Interval, shared, without


@dataclass(frozen=True)
class Stretch:
    """Hours of one day, on London's clocks; `site` where they are worked, if that is said."""

    day: date
    starts: time
    ends: time
    site: str | None = None

    def interval(self) -> Interval:
        """The same in UTC. Its end must be later than its start."""
        return Interval(from_london(self.day, self.starts), from_london(self.day, self.ends))


@dataclass(frozen=True)
class Offer:
    """A session that somebody gives away; `field` is what a form calls it."""

    giver: Therapist
    stretch: Stretch
    field: str = "session"


@dataclass(frozen=True)
class Change:
    """Who changes the rota of whose working days, and when."""

    actor: Actor
    calendar: Calendar
    now: datetime


def add(session: Session, change: Change, therapist: Therapist, stretch: Stretch) -> OneOffSession:
    """A session on one day beside the weekly ones. Raises Malformed, naming `day`, `start` or `end`."""
    _one_at_a_time(session, therapist.service_id)
    if stretch.ends <= stretch.starts:
        raise Malformed([Fault("end", "Give an end that is later than the start.")])
    _worth_making(change, stretch, "day")
    if shared(_times(session, change, stretch.day).get(therapist.id, []), [stretch.interval()]):
        raise Malformed([Fault("start", f"{therapist.name} is on the rota at that time already.")])
    _not_away(session, therapist, stretch, "day")
    return _made(session, change, therapist, stretch)


def hand_over(session: Session, change: Change, offer: Offer, to: Therapist) -> OneOffSession:
    """Somebody else takes a session. Raises Malformed, naming the offer's field or `therapist`."""
    _one_at_a_time(session, to.service_id)
    _may_change_hands(session, change, offer, to, "therapist")
    return _made(session, change, to, offer.stretch, giver=offer.giver)


def swap(session: Session, change: Change, one: Offer, other: Offer) -> tuple[OneOffSession, OneOffSession]:
    """Two therapists exchange a session for a session. Raises Malformed, naming the field of either offer."""
    _one_at_a_time(session, one.giver.service_id)
    _may_change_hands(session, change, one, other.giver, one.field)
    _may_change_hands(session, change, other, one.giver, other.field)
    first = _made(session, change, other.giver, one.stretch, giver=one.giver)
    return first, _made(session, change, one.giver, other.stretch, giver=other.giver, in_exchange_for=first)


def cancel(session: Session, change: Change, session_id: int, service_id: int) -> None:
    """Take a one-off session back, and the one it was exchanged for.

    Raises NotFound; Conflict once one of them has begun, or changed hands again.
    """
    _one_at_a_time(session, service_id)
    both = _with_its_exchange(session, service_id, session_id)
    for one in both:
        _may_be_cancelled(session, change, one)
    for one in both:
        one.cancelled_at = change.now
        _noted(session, change, one, "session_cancelled")


def coming(session: Session, service_id: int, now: datetime) -> Sequence[OneOffSession]:
    """The one-off sessions of today and of days to come, in order of time."""
    found = select(OneOffSession).where(
        OneOffSession.service_id == service_id,
        OneOffSession.day >= london_date(now),
        OneOffSession.cancelled_at.is_(None),
    )
    return session.scalars(found.order_by(OneOffSession.day, OneOffSession.starts, OneOffSession.id)).all()


def _one_at_a_time(session: Session, service_id: int) -> None:
    mine = text("SELECT pg_advisory_xact_lock(hashtextextended('rota', :service))")
    session.execute(mine, {"service": service_id})


def _worth_making(change: Change, stretch: Stretch, field: str) -> None:
    if not change.calendar.is_working_day(stretch.day):
        raise Malformed([Fault(field, "Nobody is rung back on that day: choose a working day.")])
    if stretch.interval().end <= change.now:
        raise Malformed([Fault(field, "That time has passed: choose a later one.")])


def _may_change_hands(session: Session, change: Change, offer: Offer, to: Therapist, field: str) -> None:
    stretch, giver = offer.stretch, offer.giver
    _worth_making(change, stretch, offer.field)
    if giver.id == to.id:
        raise Malformed([Fault(field, "Choose two different therapists.")])
    times = _times(session, change, stretch.day)
    if shared(times.get(giver.id, []), [stretch.interval()]) != [stretch.interval()]:
        raise Malformed([Fault(offer.field, f"{giver.name} is not on the rota at that time any more.")])
    if shared(times.get(to.id, []), [stretch.interval()]):
        raise Malformed([Fault(field, f"{to.name} is on the rota at that time already.")])
    _not_away(session, to, stretch, field)


def _not_away(session: Session, therapist: Therapist, stretch: Stretch, field: str) -> None:
    slot = stretch.interval()
    if any(one.therapist_id == therapist.id for one in rota.absences(session, slot.start, slot.end)):
        raise Malformed([Fault(field, f"{therapist.name} is away at that time.")])


def _may_be_cancelled(session: Session, change: Change, one: OneOffSession) -> None:
    slot = one.interval()
    if one.cancelled_at is not None:
        raise Conflict("This was cancelled already. Reload the page to see the rota as it is now.")
    if slot.start <= change.now:
        raise Conflict("This session has begun, so it stays in the record as it is.")
    times = _times(session, change, one.day)
    is_theirs = not without([slot], times.get(one.therapist_id, []))
    giver_is_free = one.from_therapist_id is None or not shared([slot], times.get(one.from_therapist_id, []))
    if not (is_theirs and giver_is_free):
        raise Conflict("These hours were changed again since. Cancel the later change first.")


def _with_its_exchange(session: Session, service_id: int, session_id: int) -> list[OneOffSession]:
    one = session.get(OneOffSession, (service_id, session_id)) if 0 < session_id <= LARGEST_ID else None
    if one is None:
        raise NotFound("There is no such session in your service.")
    other = select(OneOffSession).where(
        OneOffSession.service_id == service_id,
        or_(OneOffSession.in_exchange_for == one.id, OneOffSession.id == one.in_exchange_for),
    )
    return [one, *session.scalars(other)]


def _times(session: Session, change: Change, day: date) -> dict[int, list[Interval]]:
    """Everybody's sessions of a day as the rota has them now."""
    end = start_of_day(day + timedelta(days=1))
    return rota.sessions_between(session, start_of_day(day), end, change.calendar)


def _made(
    session: Session,
    change: Change,
    therapist: Therapist,
    stretch: Stretch,
    *,
    giver: Therapist | None = None,
    in_exchange_for: OneOffSession | None = None,
) -> OneOffSession:
    one = OneOffSession(
        service_id=therapist.service_id,
        therapist_id=therapist.id,
        from_therapist_id=giver.id if giver else None,
        day=stretch.day,
        starts=stretch.starts,
        ends=stretch.ends,
        site=stretch.site,
        in_exchange_for=in_exchange_for.id if in_exchange_for else None,
        made_at=change.now,
    )
    session.add(one)
    session.flush()
    _noted(session, change, one, "session_added")
    return one


def _noted(session: Session, change: Change, one: OneOffSession, what: rota_event.What) -> None:
    session.flush()
    rota_event.note(session, change.actor, what, change.now, one_off=one)
    detail = {"therapist": one.therapist_id, "from": one.from_therapist_id}
    audit.record(
        session,
        change.actor,
        what.replace("_", " "),
        f"one-off session {one.id}",
        change.now,
        service_id=one.service_id,
        detail=detail,
    )
    want_planning(session, one.service_id, change.now)
