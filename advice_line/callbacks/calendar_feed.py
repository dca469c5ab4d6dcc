"""The calendar feed: when and where a therapist is in session or away, and planned callbacks, for their own calendar.

Its address is a secret, so there is nothing in it that tells of a caller: not a name, a number, nor a reference. Only a
digest of the address is kept; whoever has a new one made makes the old one worthless.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, LargeBinary, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import audit
from advice_line.audit import Actor
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.ical import Event, calendar
from advice_line.callbacks.plan import Slot
from advice_line.clock import london_date, start_of_day
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.lines import rota, sites
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.staff import random_token
from advice_line.working_time import Interval, merged

BACK, AHEAD = timedelta(days=14), timedelta(days=56)


class CalendarFeed(Base):
    """One secret address of a therapist's calendar, good until it is revoked."""

    __tablename__ = "calendar_feed"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]


@dataclass(frozen=True)
class Whose:
    """Whose calendar an address is."""

    service_id: int
    therapist_id: int


def renew(session: Session, actor: Actor, therapist: Therapist, now: datetime) -> str:
    """A new secret for their calendar's address, returned this once; the one before is worthless from now on."""
    revoke(session, actor, therapist, now)
    token = random_token.new()
    feed = CalendarFeed(
        service_id=therapist.service_id, therapist_id=therapist.id, digest=random_token.digest(token), made_at=now
    )
    session.add(feed)
    session.flush()
    _audited(session, actor, "calendar address made", feed, now)
    return token


def revoke(session: Session, actor: Actor, therapist: Therapist, now: datetime) -> None:
    """Their calendar has no address any more. Nothing to do when it has none."""
    feed = current(session, therapist)
    if feed is None:
        return
    feed.revoked_at = now
    session.flush()
    _audited(session, actor, "calendar address revoked", feed, now)


def current(session: Session, therapist: Therapist) -> CalendarFeed | None:
    """The address that is good now, locked; None when there is none."""
    theirs = select(CalendarFeed).where(
        CalendarFeed.service_id == therapist.service_id,
        CalendarFeed.therapist_id == therapist.id,
        CalendarFeed.revoked_at.is_(None),
    )
    return session.scalars(theirs.with_for_update()).one_or_none()


def whose(session: Session, token: str) -> Whose | None:
    """Whose calendar this secret opens; None for nobody's. Needs no service: only afterwards is it known."""
    ask = text("SELECT service_id, therapist_id FROM calendar_of(:digest)")
    found = session.execute(ask, {"digest": random_token.digest(token)}).one_or_none()
    return Whose(*found) if found else None


def written(session: Session, service: Service, therapist_id: int, now: datetime) -> str:
    """The calendar as iCalendar, from two weeks back to eight weeks ahead. The same all day while nothing changes."""
    today = start_of_day(london_date(now))
    asked = Interval(today - BACK, today + AHEAD)
    events = [*_sessions(session, service, therapist_id, asked), *_callbacks(session, service.id, therapist_id, asked)]
    return calendar(f"Advice Line: {service.name}", events, today)


def _sessions(session: Session, service: Service, therapist_id: int, asked: Interval) -> Iterator[Event]:
    stays = sites.stays_between(session, asked.start, asked.end, service.calendar).get(therapist_id, [])
    for stay in stays:
        uid = _uid("session", service.id, therapist_id, stay.time)
        yield Event(uid, stay.time, "Advice line session", service.site_label(stay.site))
    # Why somebody is away is nobody's business but theirs and their lead's.
    for absence in rota.absences_between(session, asked.start, asked.end).get(therapist_id, []):
        yield Event(_uid("away", service.id, therapist_id, absence), absence, "Away from the advice line")


def _callbacks(session: Session, service_id: int, therapist_id: int, asked: Interval) -> Iterator[Event]:
    """Calls that follow one another are one entry: how many there are, and nothing of whom they are to."""
    slots = _slots(session, service_id, therapist_id, asked)
    for run in merged(slots):
        many = sum(run.covers(slot) for slot in slots)
        yield Event(_uid("callbacks", service_id, therapist_id, run), run, f"Callbacks: {many} planned")


def _slots(session: Session, service_id: int, therapist_id: int, asked: Interval) -> Sequence[Interval]:
    found = session.scalars(
        select(Callback).where(
            Callback.service_id == service_id,
            Callback.therapist_id == therapist_id,
            Callback.state.in_(("planned", "live")),
            Callback.starts_at < asked.end,
            Callback.ends_at > asked.start,
        )
    )
    return [Interval(slot.starts_at, slot.ends_at) for one in found if (slot := Slot.of(one))]


def _uid(kind: str, service_id: int, therapist_id: int, time: Interval) -> str:
    return f"{kind}-{service_id}-{therapist_id}-{time.start:%Y%m%dT%H%M%SZ}@advice-line"


def _audited(session: Session, actor: Actor, action: str, feed: CalendarFeed, now: datetime) -> None:
    detail = {"therapist": feed.therapist_id}
    audit.record(session, actor, action, f"calendar feed {feed.id}", now, service_id=feed.service_id, detail=detail)
