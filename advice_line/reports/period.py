"""A period of whole London days, and how its moments fall into days, weeks, months, hours and weekdays.

`from` and `to` are London dates, both included, so a period around a clock change has a day of 23 or 25 hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from advice_line.clock import start_of_day
from advice_line.errors import Fault, Malformed

TimeKey = Literal["day", "week", "month", "hour", "weekday"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST = timedelta(days=366 * 10)

# PostgreSQL's own words for the key of a moment, given its London wall time as `wall`.
TO_CHAR: dict[TimeKey, str] = {
    "day": "YYYY-MM-DD",
    "week": 'IYYY-"W"IW',
    "month": "YYYY-MM",
    "hour": "HH24",
    "weekday": "ID",
}


@dataclass(frozen=True)
class Period:
    """The London days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Malformed([Fault("to", "The last day must not be before the first day.")])
        if self.last == date.max:
            raise Malformed([Fault("to", "Choose a last day before the end of the calendar.")])
        if self.last - self.first > LONGEST:
            raise Malformed([Fault("from", "Choose a period of ten years or less.")])

    @property
    def start(self) -> datetime:
        """The first moment of the period (aware, UTC)."""
        return start_of_day(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after the period (aware, UTC)."""
        return start_of_day(self.last + timedelta(days=1))

    def days(self) -> Iterator[date]:
        """Every day of the period in order."""
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)

    def keys(self, by: TimeKey) -> dict[str, str]:
        """Every key of the period with its label, in order, also those without a call."""
        if by == "hour":
            return {f"{hour:02d}": f"{hour:02d}:00 to {hour:02d}:59" for hour in range(24)}
        if by == "weekday":
            return {name[:3].lower(): name for name in WEEKDAYS}
        return {key(day, by): label(day, by) for day in self.days()}


def key(day: date, by: TimeKey) -> str:
    """The key under which a London day is counted."""
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return day.strftime("%Y-%m") if by == "month" else day.isoformat()


def label(day: date, by: TimeKey) -> str:
    """A day, week or month in words."""
    if by == "week":
        monday = day - timedelta(days=day.weekday())
        return f"Week of {monday.day} {monday:%B %Y}"
    return f"{day:%B %Y}" if by == "month" else f"{day:%A} {day.day} {day:%B %Y}"
