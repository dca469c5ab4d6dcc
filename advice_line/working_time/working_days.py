"""Working days: Monday to Friday, less the nation's bank holidays and the service's own closures (R23)."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from advice_line.errors import Misconfigured
from advice_line.working_time.bank_holidays import Nation, bank_holidays, named_bank_holidays

ONE_DAY = timedelta(days=1)
LOOK_AHEAD = 365  # days: a service without a working day for so long has its closures wrong


class NoWorkingDays(Misconfigured):
    """A whole year without one working day."""


@dataclass(frozen=True)
class Calendar:
    """A service's working days. Days are London dates throughout."""

    nation: Nation
    closures: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Whether staff work on a day."""
        if isinstance(day, datetime):
            # A datetime is a date to Python, yet equals none: every closure would quietly count as worked.
            raise TypeError("A calendar is asked about dates: take london_date() of a moment first.")
        return day.weekday() < 5 and day not in self.closures and day not in bank_holidays(self.nation, day.year)

    def why_closed(self, day: date) -> str | None:
        """Why a day is not worked, in words for a screen ("bank holiday: Good Friday"); None when it is worked."""
        if self.is_working_day(day):
            return None
        if day.weekday() >= 5:
            return "weekend"
        if name := named_bank_holidays(self.nation, day.year).get(day):
            return f"bank holiday: {name}"
        return "the service is closed"

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`, never `day` itself. A year without one is NoWorkingDays."""
        return self._first(lambda step: day + step * ONE_DAY, day)

    def last_working_day_before(self, day: date) -> date:
        """The last working day before `day`, never `day` itself. A year without one is NoWorkingDays."""
        return self._first(lambda step: day - step * ONE_DAY, day)

    def working_day_after(self, day: date, n: int) -> date:
        """Working day `n` (1 or more) after `day`: working day 1 is the first one later than `day`."""
        if n < 1:
            raise ValueError("Working days are counted from 1, the first working day after the date.")
        for _ in range(n):
            day = self.next_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start`, up to and including `end`; 0 when `end` is not later.

        For ages in working days: the inverse of `working_day_after`.
        """
        years = [self.working_days_in(year) for year in range(start.year, end.year + 1)]
        return max(0, sum(bisect_right(days, end) - bisect_right(days, start) for days in years))

    def working_days_in(self, year: int) -> tuple[date, ...]:
        """Every working day of a calendar year, in order."""
        return _worked_in(self, year)

    def closed_days_from(self, day: date) -> tuple[date, ...]:
        """The unbroken run of closed days that begins with `day`; empty when `day` is worked."""
        if self.is_working_day(day):
            return ()
        reopens = self.next_working_day(day)
        return tuple(day + step * ONE_DAY for step in range((reopens - day).days))

    def _first(self, nth: Callable[[int], date], day: date) -> date:
        for step in range(1, LOOK_AHEAD + 1):
            if self.is_working_day(nth(step)):
                return nth(step)
        raise NoWorkingDays(f"There is no working day within a year of {day.isoformat()}. Check the closures.")


@lru_cache(maxsize=512)
def _worked_in(calendar: Calendar, year: int) -> tuple[date, ...]:
    days = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
    return tuple(day for day in days if calendar.is_working_day(day))
