"""Hours: weekly windows put on a calendar, and working time counted inside them.

A line has several: its callback windows, its live windows, and the service's office hours, in which the clocks of
urgent and safeguarding items run. Counting is exact to the microsecond and right across both clock changes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from advice_line.clock import london_date, to_utc
from advice_line.errors import Misconfigured
from advice_line.working_time.intervals import Interval, merged
from advice_line.working_time.windows import MONDAY_TO_FRIDAY, Window, WindowError
from advice_line.working_time.working_days import LOOK_AHEAD, Calendar

NOTHING = timedelta()
# A tabled year takes about 60 kB for each window a day, and serves every Hours equal to the one that made it.
TABLED_YEARS = 512


class NoOpeningHours(Misconfigured):
    """A whole year in which the windows never open."""


@dataclass(frozen=True)
class Hours:
    """The windows of a week, open on the calendar's working days alone. Windows may overlap; none is counted twice.

    A window that names a Saturday or a Sunday is a WindowError: it would never open.
    """

    calendar: Calendar
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        if any(window.days - MONDAY_TO_FRIDAY for window in self.windows):
            raise WindowError("Working days are Monday to Friday: a window on a Saturday or Sunday would never open.")

    def intervals(self, start: datetime, end: datetime) -> list[Interval]:
        """The open time from `start` up to `end`, in UTC, sorted and merged; empty when `end` is not later."""
        start, end = to_utc(start), to_utc(end)
        if end <= start:
            return []
        return [
            Interval(max(start, interval.start), min(end, interval.end))
            for year in range(start.year, end.year + 1)
            for interval in self._year(year).touching(start, end)
        ]

    def is_open(self, moment: datetime) -> bool:
        """Whether a moment lies inside a window: open as it starts, closed as it ends."""
        moment = to_utc(moment)
        opening = self._year(moment.year).opening(moment)
        return opening is not None and opening <= moment

    def next_opening(self, moment: datetime) -> datetime:
        """The first open moment from `moment` on, in UTC: `moment` itself when open. None in a year: NoOpeningHours."""
        moment = to_utc(moment)
        for year in (moment.year, moment.year + 1):
            opening = self._year(year).opening(moment)
            if opening and opening - moment <= timedelta(days=LOOK_AHEAD):
                return max(opening, moment)
        day = london_date(moment).isoformat()
        raise NoOpeningHours(f"There are no opening hours within a year of {day}. Check the windows and the closures.")

    def last_end(self, day: date) -> datetime | None:
        """When the last window of a London date ends, in UTC; None when it has none."""
        if not self.calendar.is_working_day(day):
            return None
        return max((interval.end for interval in _open_on(self.windows, day)), default=None)

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies from `start` up to `end`; none when `end` is not later. Never negative."""
        start, end = to_utc(start), to_utc(end)
        if end <= start:
            return NOTHING
        whole_years = sum((self._year(year).total for year in range(start.year, end.year)), NOTHING)
        return whole_years + self._year(end.year).until(end) - self._year(start.year).until(start)

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The first moment by which `amount` of open time has passed since `start`, in UTC; the start for nothing.

        So the hour that begins at 16:00 ends at 17:00, not at the next day's opening. NoOpeningHours when the windows
        stop opening before the amount is reached; a negative amount is a ValueError.
        """
        if amount < NOTHING:
            raise ValueError("Working time can be added, not taken away.")
        start = to_utc(start)
        if not amount:
            return start
        year, left = start.year, self._year(start.year).until(start) + amount
        while left > self._year(year).total:
            left -= self._year(year).total
            year = self.next_opening(datetime(year + 1, 1, 1, tzinfo=UTC)).year
        return self._year(year).reaching(left)

    def _year(self, year: int) -> "_Year":
        return _tabled(self.calendar, self.windows, year)


@dataclass(frozen=True, slots=True)
class _Year:
    """One year's open intervals, with the working time of the year that went before each, for searching by halves."""

    intervals: tuple[Interval, ...]
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    before: tuple[timedelta, ...]
    total: timedelta

    def opening(self, moment: datetime) -> datetime | None:
        """The start of the first interval that has not ended by `moment`, be it in the past."""
        nth = bisect_right(self.ends, moment)
        return self.starts[nth] if nth < len(self.starts) else None

    def touching(self, start: datetime, end: datetime) -> tuple[Interval, ...]:
        """The intervals that share time with `start` up to `end`."""
        return self.intervals[bisect_right(self.ends, start) : bisect_left(self.starts, end)]

    def until(self, moment: datetime) -> timedelta:
        """Working time from the year's beginning up to a moment of this year."""
        nth = bisect_right(self.starts, moment) - 1
        if nth < 0:
            return NOTHING
        return self.before[nth] + min(moment, self.ends[nth]) - self.starts[nth]

    def reaching(self, amount: timedelta) -> datetime:
        """The first moment at which this much of the year's working time has passed; more than none of it."""
        nth = bisect_left(self.before, amount) - 1
        return self.starts[nth] + (amount - self.before[nth])


@lru_cache(maxsize=TABLED_YEARS)
def _tabled(calendar: Calendar, windows: tuple[Window, ...], year: int) -> _Year:
    # London keeps UTC at New Year, so the year turns in both at one moment and no window belongs to two years.
    days = calendar.working_days_in(year)
    intervals = tuple(interval for day in days for interval in _open_on(windows, day))
    before, passed = [], NOTHING
    for interval in intervals:
        before.append(passed)
        passed += interval.length
    return _Year(
        intervals=intervals,
        starts=tuple(interval.start for interval in intervals),
        ends=tuple(interval.end for interval in intervals),
        before=tuple(before),
        total=passed,
    )


def _open_on(windows: Iterable[Window], day: date) -> list[Interval]:
    return merged(interval for window in windows if (interval := window.on(day)))
