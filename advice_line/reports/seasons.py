"""Seasons: whether a week is one of term or of school holidays, by the service's term calendars.

Children's lines are rung differently in the holidays, so weeks are compared with weeks of their own season.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from advice_line.lines.terms import TermCalendar

SCHOOL_DAYS = 5


class Season(StrEnum):
    """What most school days of a week are."""

    TERM = "term"
    HOLIDAY = "holiday"


@dataclass(frozen=True)
class Seasons:
    """The seasons of one service; of several areas, the one that most schools have."""

    calendars: Sequence[TermCalendar]

    def of(self, day: date) -> Season | None:
        """The season of the week that a London date is in; None when the calendars do not tell it."""
        monday = monday_of(day)
        week = [monday + timedelta(days=n) for n in range(SCHOOL_DAYS)]
        told = [one.is_holiday(on) for one in self.calendars for on in week if one.knows(on)]
        if not told or 2 * len(told) < SCHOOL_DAYS * len(self.calendars):
            return None
        return Season.HOLIDAY if 2 * sum(told) >= len(told) else Season.TERM


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())
