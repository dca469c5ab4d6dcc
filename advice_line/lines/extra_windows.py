"""Extra windows: hours of one day in which a line also rings back, because a lead extended them.

They widen the plan and nothing else: due times stay those of the line's own callback windows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import audit
from advice_line.audit import Actor
from advice_line.clock import from_london, london_date
from advice_line.db import LARGEST_ID, Base, Id, Moment, ServiceId
from advice_line.errors import Fault, Malformed, NotFound
from advice_line.lines.directory import Line, Service
from advice_line.lines.rota import want_planning
from advice_line.working_time import Interval, merged

FURTHEST_AHEAD = timedelta(days=60)


class ExtraWindow(Base):
    """Wall times in London. One that was withdrawn counts no more, and stays on record."""

    __tablename__ = "extra_window"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    line_key: Mapped[str]
    day: Mapped[date]
    starts: Mapped[time]
    ends: Mapped[time]
    added_by: Mapped[int | None] = mapped_column(BigInteger)
    added_at: Mapped[Moment]
    withdrawn_at: Mapped[Moment | None]

    @property
    def interval(self) -> Interval:
        """The real time of it, in UTC."""
        return Interval(from_london(self.day, self.starts), from_london(self.day, self.ends))


@dataclass(frozen=True)
class Hours:
    """What a lead asks for: a London date, and wall times on it."""

    day: date
    start: time
    end: time


def add(session: Session, line: Line, wanted: Hours, actor: Actor, now: datetime) -> ExtraWindow:
    """Open a line for ringing back in these hours of one day, and ask for a new plan. Raises Malformed."""
    _check(line, wanted, now)
    extra = ExtraWindow(
        service_id=line.service.id,
        line_key=line.key,
        day=wanted.day,
        starts=wanted.start,
        ends=wanted.end,
        added_by=actor.person_id,
        added_at=now,
    )
    session.add(extra)
    session.flush()
    _record(session, actor, "hours extended", extra, now)
    return extra


def withdraw(session: Session, service_id: int, extra_id: int, actor: Actor, now: datetime) -> None:
    """Take extra hours back; what is planned in them is planned anew. Raises NotFound."""
    extra = session.get(ExtraWindow, (service_id, extra_id)) if 0 < extra_id <= LARGEST_ID else None
    if extra is None:
        raise NotFound("There are no such extra hours in your service.")
    if extra.withdrawn_at is None:
        extra.withdrawn_at = now
        _record(session, actor, "extra hours withdrawn", extra, now)


def coming(session: Session, service_id: int, now: datetime) -> Sequence[ExtraWindow]:
    """Those of today and later that are not withdrawn, in the order of time."""
    return session.scalars(
        select(ExtraWindow)
        .where(
            ExtraWindow.service_id == service_id,
            ExtraWindow.day >= london_date(now),
            ExtraWindow.withdrawn_at.is_(None),
        )
        .order_by(ExtraWindow.day, ExtraWindow.starts, ExtraWindow.id)
    ).all()


def ringing_back(session: Session, service: Service, start: datetime, end: datetime) -> Mapping[str, list[Interval]]:
    """When each line of a service rings back from `start` up to `end`, extra hours included; by the line's key."""
    extra: dict[str, list[Interval]] = defaultdict(list)
    wanted = select(ExtraWindow).where(
        ExtraWindow.service_id == service.id,
        ExtraWindow.day.between(london_date(start), london_date(end)),
        ExtraWindow.withdrawn_at.is_(None),
    )
    whole = Interval(start, end) if end > start else None
    for each in session.scalars(wanted):
        part = each.interval.intersection(whole) if whole else None
        if part is not None and service.calendar.is_working_day(each.day):
            extra[each.line_key].append(part)
    return {
        key: merged([*line.callback_hours.intervals(start, end), *extra[key]]) for key, line in service.lines.items()
    }


def of_service(session: Session, service: Service, start: datetime, end: datetime) -> list[Interval]:
    """When callers of any of its lines are rung back, from `start` up to `end`, extra hours included."""
    return merged(one for hours in ringing_back(session, service, start, end).values() for one in hours)


def _check(line: Line, wanted: Hours, now: datetime) -> None:
    if wanted.end <= wanted.start:
        raise Malformed([Fault("end", "Give an end that is later than the start.")])
    if not now < from_london(wanted.day, wanted.end) <= now + FURTHEST_AHEAD:
        raise Malformed([Fault("day", f"Choose hours in the next {FURTHEST_AHEAD.days} days.")])
    closed = line.service.calendar.why_closed(wanted.day)
    if closed:
        raise Malformed([Fault("day", f"Nobody works on that day ({closed}). Choose a working day.")])
    asked = Interval(from_london(wanted.day, wanted.start), from_london(wanted.day, wanted.end))
    if any(asked == one for one in line.callback_hours.intervals(asked.start, asked.end)):
        raise Malformed([Fault("start", "The line rings back in these hours already.")])


def _record(session: Session, actor: Actor, what: str, extra: ExtraWindow, now: datetime) -> None:
    audit.record(session, actor, what, f"extra window {extra.id}", now, service_id=extra.service_id)
    want_planning(session, extra.service_id, now)
