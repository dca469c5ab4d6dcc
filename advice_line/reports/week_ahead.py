"""The week ahead: for each of the next ten working days, what is promised, who is there, and what there is to do.

Minutes are those of the rota, as the service configured them. What will come is guessed from what came (`arrivals`).
So a lead sees in time when work outruns the rota, or a promise is covered by nobody. (Domain measure k21, days ahead.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.plan import Slot
from advice_line.clock import london_date, start_of_day
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.reports.arrivals import Arrivals, learnt
from advice_line.working_time import Interval, merged, shared, total, without

WORKING_DAYS_AHEAD = 10
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Day:
    """One working day in rota minutes; of today, what is left of it.

    `promised` is how long the lines ring back, `on_rota` the therapists' time in it. Work: `planned` into slots of the
    day, `homeless` without a slot and due by then, `expected` for what will come, `listening` to messages.
    `uncovered` are stretches in which the lines promise to ring back, and nobody is there.
    """

    day: date
    promised: int
    on_rota: int
    planned: int
    homeless: int
    expected: int
    listening: int
    uncovered: tuple[Interval, ...]

    @property
    def work(self) -> int:
        """All of it."""
        return self.planned + self.homeless + self.expected + self.listening

    @property
    def shortfall(self) -> int:
        """Minutes of work for which there is no rota time."""
        return max(0, self.work - self.on_rota)


@dataclass(frozen=True)
class Ahead:
    """The days in their order, what was learnt, and how long the open work takes to clear."""

    days: tuple[Day, ...]
    arrivals: Arrivals

    @property
    def short_days(self) -> list[Day]:
        """Days whose work is more than the rota has time for."""
        return [day for day in self.days if day.shortfall]

    @property
    def uncovered_days(self) -> list[Day]:
        """Days on which a promised window has nobody for some of its time."""
        return [day for day in self.days if day.uncovered]

    @property
    def days_to_clear(self) -> float | None:
        """Open minutes by what is left of a day's rota after a day's new work; None when it never clears: it grows."""
        new = sum(day.expected + day.listening for day in self.days)
        spare = (sum(day.on_rota for day in self.days) - new) / len(self.days)
        open_minutes = sum(day.planned + day.homeless for day in self.days)
        if not open_minutes:
            return 0.0
        return round(open_minutes / spare, 1) if spare > 0 else None


def ahead(session: Session, service: Service, now: datetime) -> Ahead:
    """The next ten working days, today included while something of it is left."""
    days = _days(service, now)
    arrivals = learnt(session, service, now)
    found = [callback for callback, _ in callbacks.all_open(session, service.id)]
    unheard = _minutes_unheard(session, service.id)
    times = _times(session, service, now, days)
    return Ahead(
        tuple(_day(service, day, now, times, found, arrivals, unheard if day == days[0] else 0) for day in days),
        arrivals,
    )


def _days(service: Service, now: datetime) -> list[date]:
    today = london_date(now)
    is_left = bool(service.ringing_back(now, start_of_day(today + timedelta(days=1))))
    later = [service.calendar.working_day_after(today, n) for n in range(1, WORKING_DAYS_AHEAD + 1)]
    return [today, *later[:-1]] if is_left else later


def _times(session: Session, service: Service, now: datetime, days: Sequence[date]) -> dict[int, list[Interval]]:
    """Each therapist's time from now on, in which the lines ring back."""
    end = start_of_day(days[-1] + timedelta(days=1))
    windows = service.ringing_back(now, end)
    there = rota.there_between(session, now, end, service.calendar)
    return {therapist_id: shared(times, windows) for therapist_id, times in there.items()}


def _day(
    service: Service,
    day: date,
    now: datetime,
    times: Mapping[int, Sequence[Interval]],
    found: Sequence[Callback],
    arrivals: Arrivals,
    unheard: float,
) -> Day:
    start, end = max(now, start_of_day(day)), start_of_day(day + timedelta(days=1))
    windows = service.ringing_back(start, end)
    today = [Interval(start, end)]
    on_rota = [shared(theirs, today) for theirs in times.values()]
    is_today = day == london_date(now)
    coming = arrivals.still_today if is_today else arrivals.by_weekday.get(day.weekday(), 0.0)
    return Day(
        day=day,
        promised=_minutes(windows),
        on_rota=sum(_minutes(theirs) for theirs in on_rota),
        planned=sum(_minutes(shared(_slot(callback), today)) for callback in found),
        homeless=sum(callback.minutes for callback in found if _falls_on(callback, service, day, now)),
        expected=ceil(coming * arrivals.minutes),
        listening=ceil(unheard + coming * arrivals.listening_minutes),
        uncovered=tuple(without(windows, merged(one for theirs in on_rota for one in theirs))),
    )


def _slot(callback: Callback) -> list[Interval]:
    slot = Slot.of(callback)
    return [Interval(slot.starts_at, slot.ends_at)] if slot else []


def _falls_on(callback: Callback, service: Service, day: date, now: datetime) -> bool:
    """Whether a callback without a slot is work of this day: the day it is due; the first one, once that has passed."""
    if Slot.of(callback) is not None:
        return False
    first = _days(service, now)[0]
    due = max(london_date(callback.due_at), first)
    return (due if _works(service, due) else service.calendar.next_working_day(due)) == day


def _works(service: Service, day: date) -> bool:
    return service.calendar.is_working_day(day)


def _minutes(intervals: Sequence[Interval]) -> int:
    return total(intervals) // A_MINUTE


def _minutes_unheard(session: Session, service_id: int) -> float:
    return float(session.scalar(_UNHEARD, {"service": service_id}) or 0) / 60


_UNHEARD = text(
    "SELECT sum(m.seconds) FROM message m JOIN enquiry q ON q.service_id = m.service_id AND q.id = m.enquiry_id"
    " WHERE m.service_id = :service AND m.direction = 'inbound' AND m.heard_at IS NULL"
    " AND q.heard_at IS NULL AND q.status <> 'closed'"
)
