"""4. Turn: whose working day has the minutes for listening, and when. Listening is planned work: it is taken out of the
session before callbacks are planned into it, so that every message is heard in time (hazard: heard late because nobody
opened the list).

One turn for each working day, shared out by rota minutes over four weeks: who had the least for the time they are there
is next. Nobody has one while they are away. A turn stays where it is unless its therapist cannot take it, or more
minutes are needed before it begins; where it can, it leaves planned callbacks where they are, and always those whose
time was promised. After: the planner's question.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.callbacks.callback import OPEN, Callback
from advice_line.clock import london_date, start_of_day
from advice_line.db import Base, Moment, ServiceId, notify
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import want_planning
from advice_line.working_time import Interval, total, without

SHARER = Actor.part("turns")
WORKING_DAYS_AHEAD = 10
# Over how long shares are fair, and a usual day is reckoned.
FAIR_OVER = timedelta(days=28)
GRID = timedelta(minutes=5)
ONE_DAY = timedelta(days=1)
MESSAGES = text(
    "SELECT count(*) FILTER (WHERE heard_at IS NULL AND NOT closed) AS unheard,"
    " count(*) FILTER (WHERE at > :since) AS lately FROM (SELECT m.heard_at, m.at, q.status = 'closed' AS closed"
    "  FROM message m JOIN enquiry q ON q.service_id = m.service_id AND q.id = m.enquiry_id"
    "  WHERE m.service_id = :service AND m.direction = 'inbound' AND (m.at > :since OR m.heard_at IS NULL)) AS known"
)


class ListeningTurn(Base):
    """Who listens on a London date, from `starts_at` up to `ends_at`."""

    __tablename__ = "listening_turn"

    service_id: Mapped[ServiceId]
    day: Mapped[date] = mapped_column(primary_key=True)
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    shared_out_at: Mapped[Moment]

    @property
    def time(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class Share:
    """A therapist's minutes of listening so far, and of sessions, over the time in which shares are fair."""

    listened: timedelta
    rostered: timedelta

    @property
    def used(self) -> float:
        return self.listened / self.rostered if self.rostered else math.inf


def share_out(session: Session, service: Service, now: datetime) -> int:
    """Give every working day of the next two weeks its turn; returns how many turns changed. Two at once take turns."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('turns', :id))"), {"id": service.id})
    days = _days(service, now)
    known = {turn.day: turn for turn in _turns(session, service.id, days[0] - FAIR_OVER, days[-1])}
    there = _there(session, service, now, days)
    minutes = _minutes(session, service, now)
    changed = 0
    for day in days:
        wanted = minutes[day == days[0] and day == london_date(now)]
        changed += _settle(session, service, known, there, day, wanted, now)
    if changed:
        want_planning(session, service.id, now)
        notify(session, f"changed {service.id}")
    return changed


def between(session: Session, service_id: int, start: datetime, end: datetime) -> Mapping[int, list[Interval]]:
    """When each therapist listens at some time from `start` up to `end`, by their id: taken out of their sessions."""
    found: dict[int, list[Interval]] = {}
    for turn in session.scalars(
        select(ListeningTurn)
        .where(ListeningTurn.service_id == service_id, ListeningTurn.ends_at > start, ListeningTurn.starts_at < end)
        .order_by(ListeningTurn.day)
    ):
        found.setdefault(turn.therapist_id, []).append(turn.time)
    return found


def on(session: Session, service_id: int, day: date) -> ListeningTurn | None:
    """The turn of a day; None when nobody has one."""
    return session.get(ListeningTurn, (service_id, day), populate_existing=True)


def from_day(session: Session, service: Service, now: datetime) -> list[tuple[date, ListeningTurn | None]]:
    """The working days from today on, each with its turn, None for one on which nobody listens."""
    days = _days(service, now)
    known = {turn.day: turn for turn in _turns(session, service.id, days[0], days[-1])}
    return [(day, known.get(day)) for day in days]


def choose(
    free: Mapping[int, Sequence[Interval]], shares: Mapping[int, Share], minutes: timedelta
) -> tuple[int, Interval] | None:
    """Whose turn it is, and when: of those with so many minutes free in one go, the one who had the smallest share.

    The first who is asked of equals is the one with the lowest id; the time is the earliest. None when nobody has it.
    """
    fitting = {
        therapist: next((time for time in times if time.length >= minutes), None) for therapist, times in free.items()
    }
    able = [(shares[therapist].used, therapist, time) for therapist, time in fitting.items() if time is not None]
    if not able:
        return None
    _, therapist, time = min(able, key=lambda one: one[:2])
    return therapist, Interval(time.start, time.start + minutes)


def _settle(
    session: Session, service: Service, known: dict[date, ListeningTurn], there: "There", day: date, minutes: timedelta,
    now: datetime,
) -> bool:  # fmt: skip
    turn = known.get(day)
    if turn is not None and _stands(turn, there, minutes, now):
        return False
    chosen = _place(turn, there, there.shares(known, day), day, minutes, now) if minutes else None
    if chosen is None:
        return _take_back(session, known, turn)
    if turn is None:
        turn = ListeningTurn(service_id=service.id, day=day)
        session.add(turn)
    turn.therapist_id, time = chosen
    turn.starts_at, turn.ends_at, turn.shared_out_at = time.start, time.end, now
    known[day] = turn
    session.flush()
    detail = {"therapist": turn.therapist_id, "day": day.isoformat()}
    record(session, SHARER, "listening shared out", f"service {service.id}", now, service_id=service.id, detail=detail)
    return True


def _place(
    turn: ListeningTurn | None, there: "There", shares: Mapping[int, Share], day: date, minutes: timedelta,
    now: datetime,
) -> tuple[int, Interval] | None:  # fmt: skip
    """Whose turn it is and when: the same therapist if they can, and without moving a planned callback if one can.

    A turn that needs more minutes still begins when it did, and planned callbacks make room: many messages are no
    reason to hear the first of them later, for a child may not be safe.
    """
    if turn is not None and turn.starts_at > now:
        longer = Interval(turn.starts_at, turn.starts_at + minutes)
        if any(time.covers(longer) for time in there.unpromised.get(turn.therapist_id, ())):
            return turn.therapist_id, longer
    for times in (there.unplanned, there.unpromised):
        free = _free(times, day, now)
        own = {turn.therapist_id: free[turn.therapist_id]} if turn and turn.therapist_id in free else {}
        chosen = choose(own, shares, minutes) or choose(free, shares, minutes)
        if chosen is not None:
            return chosen
    return None


def _free(times: Mapping[int, list[Interval]], day: date, now: datetime) -> dict[int, list[Interval]]:
    """What of each therapist's times lies on a day, from now on."""
    start, end = max(start_of_day(day), _on_the_grid(now)), start_of_day(day + ONE_DAY)
    if end <= start:
        return {}
    rest = Interval(start, end)
    return {who: [part for time in theirs if (part := time.intersection(rest))] for who, theirs in times.items()}


def _stands(turn: ListeningTurn, there: "There", minutes: timedelta, now: datetime) -> bool:
    """Whether a turn may stay as it is. One that is over stays; one that has begun stays unless its therapist left."""
    if turn.ends_at <= now:
        return True
    still_to_come = Interval(max(turn.starts_at, now), turn.ends_at)
    is_there = any(time.covers(still_to_come) for time in there.present.get(turn.therapist_id, ()))
    return is_there and (turn.starts_at <= now or turn.time.length >= minutes > timedelta())


def _take_back(session: Session, known: dict[date, ListeningTurn], turn: ListeningTurn | None) -> bool:
    """Nobody can listen on its day any more."""
    if turn is None:
        return False
    session.execute(
        delete(ListeningTurn).where(ListeningTurn.service_id == turn.service_id, ListeningTurn.day == turn.day)
    )
    session.expunge(turn)
    del known[turn.day]
    return True


@dataclass(frozen=True)
class There:
    """When therapists are in session, and not away, and when of that time no caller was promised it, or has it."""

    rostered: Mapping[int, list[Interval]]
    present: Mapping[int, list[Interval]]
    unpromised: Mapping[int, list[Interval]]
    unplanned: Mapping[int, list[Interval]]

    def shares(self, known: Mapping[date, ListeningTurn], day: date) -> dict[int, Share]:
        """What each had of the four weeks before a day."""
        start, end = start_of_day(day - FAIR_OVER), start_of_day(day + ONE_DAY)
        listened = [turn for turn in known.values() if day - FAIR_OVER <= turn.day < day]
        return {
            therapist: Share(
                sum((turn.time.length for turn in listened if turn.therapist_id == therapist), timedelta()),
                total(part for time in times if (part := time.intersection(Interval(start, end)))),
            )
            for therapist, times in self.rostered.items()
        }


def _there(session: Session, service: Service, now: datetime, days: Sequence[date]) -> There:
    start, end = start_of_day(days[0] - FAIR_OVER), start_of_day(days[-1] + ONE_DAY)
    rostered = rota.sessions_between(session, start, end, service.calendar)
    away = rota.absences_between(session, start, end)
    present = {therapist: without(times, away.get(therapist, [])) for therapist, times in rostered.items()}
    planned, promised = defaultdict[int, list[Interval]](list), defaultdict[int, list[Interval]](list)
    slots = select(Callback).where(
        Callback.service_id == service.id, Callback.state.in_(OPEN), Callback.starts_at < end, Callback.ends_at > now
    )
    for callback in session.scalars(slots):
        if callback.therapist_id is not None and callback.starts_at and callback.ends_at:
            slot = Interval(callback.starts_at, callback.ends_at)
            planned[callback.therapist_id].append(slot)
            if callback.promised or callback.state == "live":
                promised[callback.therapist_id].append(slot)
    unpromised, unplanned = (
        {who: without(times, taken[who]) for who, times in present.items()} for taken in (promised, planned)
    )
    return There(rostered, present, unpromised, unplanned)


def _minutes(session: Session, service: Service, now: datetime) -> tuple[timedelta, timedelta]:
    """How long listening takes on a usual day, and today, when as many more wait as there are."""
    configured = service.configuration.listening
    counts = session.execute(MESSAGES, {"service": service.id, "since": now - FAIR_OVER}).one()
    today = london_date(now)
    worked = service.calendar.working_days_between(london_date(now - FAIR_OVER), today)
    usual = math.ceil(counts.lately / worked) if worked else 0

    def time_for(messages: int) -> timedelta:
        wanted = configured.minutes_a_day + configured.minutes_for_each_message * messages
        steps = math.ceil(timedelta(minutes=min(wanted, configured.at_most_minutes)) / GRID)
        return steps * GRID

    return time_for(usual), time_for(max(usual, counts.unheard))


def _days(service: Service, now: datetime) -> list[date]:
    """Today if it is worked, and the working days after it."""
    today = london_date(now)
    ahead = [service.calendar.working_day_after(today, nth) for nth in range(1, WORKING_DAYS_AHEAD + 1)]
    return [today, *ahead] if service.calendar.is_working_day(today) else ahead


def _turns(session: Session, service_id: int, first: date, last: date) -> Sequence[ListeningTurn]:
    return session.scalars(
        select(ListeningTurn)
        .where(ListeningTurn.service_id == service_id, ListeningTurn.day.between(first, last))
        .order_by(ListeningTurn.day)
    ).all()


def _on_the_grid(now: datetime) -> datetime:
    past = timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
    return now - past + (GRID if past else timedelta())
