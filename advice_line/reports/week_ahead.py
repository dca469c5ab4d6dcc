"""The week ahead: for each of the next ten working days, what is promised, who is there, and what there is to do.

Minutes are those of the rota, as the service configured them. What will come is guessed from what came (`arrivals`).
So a lead sees in time when work outruns the rota, or a promise is covered by nobody. (Domain measure k21, days ahead.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Self

from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import turn as turns
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.plan import Slot
from advice_line.clock import london_date, start_of_day
from advice_line.lines import extra_windows, rota
from advice_line.lines.directory import Service
from advice_line.reports.arrivals import Arrivals, learnt
from advice_line.working_time import Interval, merged, shared, total, without

WORKING_DAYS_AHEAD = 10
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Day:
    """One working day in rota minutes; of today, what is left of it.

    `promised` is how long the lines ring back, `on_rota` the therapists' time in it. Work: `planned` into slots of the
    day, `homeless` without a slot and due by then, `expected` for what will come, `listening` as it is shared out.
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
    found = _Found.of(session, service, now)
    return Ahead(tuple(found.day(day) for day in found.days), found.arrivals)


@dataclass(frozen=True)
class _Found:
    """All that the days are reckoned from. `windows` are when the lines ring back, extra hours included."""

    service: Service
    now: datetime
    days: Sequence[date]
    windows: Sequence[Interval]
    there: Sequence[Sequence[Interval]]
    listening: Sequence[Interval]
    callbacks: Sequence[Callback]
    arrivals: Arrivals

    @classmethod
    def of(cls, session: Session, service: Service, now: datetime) -> Self:
        """Looked up once, for all days."""
        last = service.calendar.working_day_after(london_date(now), WORKING_DAYS_AHEAD)
        end = start_of_day(last + timedelta(days=1))
        windows = extra_windows.of_service(session, service, now, end)
        there = rota.there_between(session, now, end, service.calendar).values()
        return cls(
            service,
            now,
            _days(service, now, windows),
            windows,
            [shared(times, windows) for times in there],
            [time for times in turns.between(session, service.id, now, end).values() for time in times],
            [callback for callback, _ in callbacks.all_open(session, service.id)],
            learnt(session, service, now),
        )

    def day(self, day: date) -> Day:
        """One of the days."""
        today = [Interval(max(self.now, start_of_day(day)), start_of_day(day + timedelta(days=1)))]
        windows = shared(self.windows, today)
        on_rota = [shared(times, today) for times in self.there]
        is_today = day == london_date(self.now)
        coming = self.arrivals.still_expected(day) if is_today else self.arrivals.expected(day)
        return Day(
            day=day,
            promised=_minutes(windows),
            on_rota=sum(_minutes(theirs) for theirs in on_rota),
            planned=sum(_minutes(shared(_slot(callback), today)) for callback in self.callbacks),
            homeless=sum(callback.minutes for callback in self.callbacks if self._falls_on(callback, day)),
            expected=ceil(coming * self.arrivals.minutes),
            listening=sum(_minutes(shared([turn], today)) for turn in self.listening),
            uncovered=tuple(without(windows, merged(one for theirs in on_rota for one in theirs))),
        )

    def _falls_on(self, callback: Callback, day: date) -> bool:
        """Whether a callback without a slot is work of this day: the day it is due; the first, once that has passed."""
        if Slot.of(callback) is not None:
            return False
        due, calendar = max(london_date(callback.due_at), self.days[0]), self.service.calendar
        return (due if calendar.is_working_day(due) else calendar.next_working_day(due)) == day


def _days(service: Service, now: datetime, windows: Sequence[Interval]) -> list[date]:
    today = london_date(now)
    is_left = any(london_date(window.start) == today for window in windows)
    later = [service.calendar.working_day_after(today, n) for n in range(1, WORKING_DAYS_AHEAD + 1)]
    return [today, *later[:-1]] if is_left else later


def _slot(callback: Callback) -> list[Interval]:
    slot = Slot.of(callback)
    return [Interval(slot.starts_at, slot.ends_at)] if slot else []


def _minutes(intervals: Sequence[Interval]) -> int:
    return total(intervals) // A_MINUTE
