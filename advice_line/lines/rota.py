"""The rota: therapists, the sessions in which they ring back, and when they are away.

Sessions are wall times in London: the weekly ones of the configuration file, and those of one day (`one_off`). What is
asked of them comes out as intervals in UTC, on working days alone.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import BigInteger, SmallInteger, Text, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import audit
from advice_line.audit import Actor
from advice_line.db import LARGEST_ID, Base, Id, Moment, ServiceId, do_last, notify
from advice_line.errors import Fault, Malformed, NotFound
from advice_line.lines import (
    one_off,
    rota_event,
    rows,  # noqa: F401 - the service that every row here belongs to
)
from advice_line.working_time import Calendar, Hours, Interval, Weekday, Window, merged, without

WEEK = tuple(Weekday)
# What staff choose from. Programs may give any words of their own.
ABSENCE_REASONS = {
    "sickness": "Sickness",
    "leave": "Leave",
    "training": "Training day",
    "other": "Something else",
}
WANT_PLANNING = text(
    "INSERT INTO planning (service_id, wanted_at) VALUES (:service, :now) ON CONFLICT (service_id)"
    # Always later than before: of two wishes in one moment the second may have missed the planner's look.
    " DO UPDATE SET wanted_at = greatest(planning.wanted_at + interval '1 microsecond', excluded.wanted_at)"
)


class Therapist(Base):
    """Somebody who rings back. Their phones are +44…; languages and skills are keys of the taxonomy, and sites those
    of the service's configuration.
    """

    __tablename__ = "therapist"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    key: Mapped[str]
    name: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    phone: Mapped[str | None]
    desk_phone: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sites: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    left_at: Mapped[Moment | None]


class RotaSession(Base):
    """The same hours of one weekday (0 is Monday), every week while it is valid, at a site if one is named."""

    __tablename__ = "rota_session"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    starts: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    site: Mapped[str | None]

    def window(self) -> Window:
        """The session as working time reckons with it."""
        return Window(frozenset({WEEK[self.weekday]}), self.starts, self.ends, self.valid_from, self.valid_to)


class Absence(Base):
    """When a therapist is away, from `starts_at` up to `ends_at`: None while nobody knows when they will be back.

    `reason` is a key of ABSENCE_REASONS, or words of a program. One that was cancelled never took them away.
    """

    __tablename__ = "absence"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment | None]
    reason: Mapped[str]
    recorded_at: Mapped[Moment]
    cancelled_at: Mapped[Moment | None]

    @property
    def reason_in_words(self) -> str:
        """The reason as people read it."""
        return ABSENCE_REASONS.get(self.reason, self.reason)

    def takes(self, start: datetime, end: datetime) -> bool:
        """Whether the therapist is away at some time from `start` up to `end`."""
        return self.cancelled_at is None and self.starts_at < end and (self.ends_at is None or self.ends_at > start)


def therapists(session: Session) -> Sequence[Therapist]:
    """Everybody on the rota who has not left, in the order of their names."""
    still_here = select(Therapist).where(Therapist.left_at.is_(None))
    return session.scalars(still_here.order_by(func.lower(Therapist.name).collate("C"), Therapist.id)).all()


def by_id(session: Session, service_id: int, therapist_id: int) -> Therapist:
    """A therapist of this service, be they still here or not. Raises NotFound, also for another service's."""
    found = session.get(Therapist, (service_id, therapist_id)) if 0 < therapist_id <= LARGEST_ID else None
    if found is None:
        raise NotFound("There is no such therapist in your service.")
    return found


def of_person(session: Session, service_id: int, person_id: int) -> Therapist | None:
    """The therapist that somebody who signs in is, in this service; None when they are none, or have left."""
    theirs = select(Therapist).where(
        Therapist.service_id == service_id, Therapist.person_id == person_id, Therapist.left_at.is_(None)
    )
    return session.scalars(theirs.order_by(Therapist.id)).first()


def sessions_between(session: Session, start: datetime, end: datetime, calendar: Calendar) -> dict[int, list[Interval]]:
    """Each therapist's session time from `start` up to `end`, on working days; absences are not taken out.

    Weekly sessions, with those of one day added and those that somebody else took left out. Keys are the ids of all
    therapists who have not left: somebody without a session has an empty list.
    """
    windows: dict[int, list[Window]] = {therapist.id: [] for therapist in therapists(session)}
    for rota_session in session.scalars(select(RotaSession).where(RotaSession.therapist_id.in_(windows))):
        windows[rota_session.therapist_id].append(rota_session.window())
    weekly = {
        therapist_id: Hours(calendar, _in_order(theirs)).intervals(start, end)
        for therapist_id, theirs in windows.items()
    }
    return one_off.applied(weekly, one_off.between(session, start, end), calendar, start, end)


def absences_between(session: Session, start: datetime, end: datetime) -> dict[int, list[Interval]]:
    """When therapists are away at some time from `start` up to `end`: whole absences, merged, by therapist id.

    One that has no end yet ends here with `end`.
    """
    away: defaultdict[int, list[Interval]] = defaultdict(list)
    for absence in absences(session, start, end):
        # One without an end reaches at least as far as anybody asked.
        away[absence.therapist_id].append(Interval(absence.starts_at, absence.ends_at or end))
    return {therapist_id: merged(intervals) for therapist_id, intervals in away.items()}


def absences(session: Session, start: datetime, end: datetime) -> Sequence[Absence]:
    """The absences that take some time from `start` up to `end`, in order of their starts; none that was cancelled."""
    lasting = or_(Absence.ends_at.is_(None), Absence.ends_at > start)
    found = select(Absence).where(lasting, Absence.starts_at < end, Absence.cancelled_at.is_(None))
    return session.scalars(found.order_by(Absence.starts_at, Absence.id)).all()


def there_between(session: Session, start: datetime, end: datetime, calendar: Calendar) -> dict[int, list[Interval]]:
    """When each therapist is in session from `start` up to `end`, and not away."""
    away = absences_between(session, start, end)
    sessions = sessions_between(session, start, end, calendar)
    return {therapist_id: without(times, away.get(therapist_id, [])) for therapist_id, times in sessions.items()}


def record_absence(
    session: Session,
    actor: Actor,
    therapist: Therapist,
    start: datetime,
    end: datetime | None,
    reason: str,
    now: datetime,
) -> Absence:
    """Note that a therapist is away from `start` up to `end`, and ask for a new plan. Raises Malformed.

    Without an `end` until somebody says that they are back.
    """
    if end is not None and end <= start:
        raise Malformed([Fault("end", "Give an end that is later than the start.")])
    if not reason.strip():
        raise Malformed([Fault("reason", "Say why the therapist is away, for example sickness.")])
    absence = Absence(
        service_id=therapist.service_id,
        therapist_id=therapist.id,
        starts_at=start,
        ends_at=end,
        reason=reason.strip(),
        recorded_at=now,
    )
    session.add(absence)
    session.flush()
    rota_event.note(session, actor, "absent", now, absence=absence)
    detail = {"therapist": therapist.id}
    audit.record(
        session, actor, "absence recorded", f"absence {absence.id}", now, service_id=therapist.service_id, detail=detail
    )
    want_planning(session, therapist.service_id, now)
    return absence


def want_planning(session: Session, service_id: int, now: datetime) -> None:
    """Ask the planner for a new plan of this service, and wake it. A hint only: the planner's poll is the promise."""
    wish = {"service": service_id, "now": now}
    # Everybody who changes something asks: at the end, for with half their work done one would wait for another.
    do_last(session, ("planning", service_id), lambda session: session.execute(WANT_PLANNING, wish))
    notify(session, "planning")


def _in_order(windows: list[Window]) -> tuple[Window, ...]:
    # Equal rotas in equal order share one reckoning of the year, see Hours.
    return tuple(sorted(windows, key=lambda window: (sorted(window.days), window.start, window.end)))
