"""Days as callers hear them, and which closed days a greeting announces (E15: the eve of a bank holiday)."""

from collections.abc import Iterable
from datetime import date, datetime

from advice_line.clock import london_date
from advice_line.working_time.hours import Hours
from advice_line.working_time.working_days import ONE_DAY

LONGEST_LIST = 4  # days; Easter's four are still said one by one


def spoken_day(day: date) -> str:
    """A date as one says it: "Tuesday 1 September"."""
    return f"{day:%A} {day.day} {day:%B}"


def spoken_days(days: Iterable[date]) -> str:
    """Dates to follow "closed on": "Saturday 29 August, Sunday 30 August and Monday 31 August".

    A long unbroken run is said by its ends, both included: "every day from Thursday 24 December to Friday 1 January".
    """
    parts = [part for run in _runs(days) for part in _said(run)]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def closure_to_announce(now: datetime, hours: Hours) -> tuple[date, ...]:
    """The closed days that a greeting must tell of at this moment; empty when there are none.

    Told from the last end of `hours` (the office hours) on the last working day before, until the closure is over.
    An ordinary weekend is not told; one that adjoins a bank holiday or a closure is told with it. Callbacks begin again
    on `hours.calendar.next_working_day` of the last of these days.
    """
    today = london_date(now)
    calendar = hours.calendar
    closing = hours.last_end(today)
    if closing and now < closing:
        return ()
    run = calendar.closed_days_from(today + ONE_DAY if calendar.is_working_day(today) else today)
    return run if any(day.weekday() < 5 for day in run) else ()


def _runs(days: Iterable[date]) -> list[list[date]]:
    runs: list[list[date]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] + ONE_DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _said(run: list[date]) -> list[str]:
    if len(run) > LONGEST_LIST:
        return [f"every day from {spoken_day(run[0])} to {spoken_day(run[-1])}"]
    return [spoken_day(day) for day in run]
