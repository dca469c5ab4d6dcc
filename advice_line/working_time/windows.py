"""Windows: hours of the week on London's wall clock, such as Monday to Friday 12:30 to 14:30."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from advice_line.clock import from_london
from advice_line.errors import Misconfigured
from advice_line.working_time.intervals import Interval


class Weekday(StrEnum):
    """A day of the week, by the key that configuration files and reports use."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> "Weekday":
        """The weekday of a date."""
        return WEEK[day.weekday()]


WEEK = tuple(Weekday)
MONDAY_TO_FRIDAY = frozenset(WEEK[:5])


class WindowError(Misconfigured, ValueError):
    """A window that could never be kept; the sentence says what to change."""


@dataclass(frozen=True)
class Window:
    """The same hours on some days of every week, from `start` up to `end`, on London's wall clock.

    `valid_from` and `valid_to` are the first and the last date of its validity; None leaves that side open.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if not self.days:
            raise WindowError("A window needs at least one day of the week.")
        if self.start.tzinfo or self.end.tzinfo:
            raise WindowError("A window's times are London wall times: give them without a time zone.")
        if self.end <= self.start:
            raise WindowError(f"A window must end after it starts, before midnight; {self.hours} does not.")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise WindowError(f"A window cannot stop on {self.valid_to}, before it begins on {self.valid_from}.")

    @property
    def hours(self) -> str:
        """The hours as a screen shows them: "12:30 to 14:30"."""
        return f"{self.start:%H:%M} to {self.end:%H:%M}"

    def is_valid_on(self, day: date) -> bool:
        """Whether the window holds on a London date, by its days of the week and its dates of validity."""
        begun = self.valid_from is None or self.valid_from <= day
        ended = self.valid_to is not None and self.valid_to < day
        return begun and not ended and Weekday.of(day) in self.days

    def on(self, day: date) -> Interval | None:
        """The window's stretch of time on a London date; None when it does not hold that day.

        A window inside the hour that spring skips has no time left that day, and is None too.
        """
        if not self.is_valid_on(day):
            return None
        start, end = from_london(day, self.start), from_london(day, self.end)
        return Interval(start, end) if start < end else None
