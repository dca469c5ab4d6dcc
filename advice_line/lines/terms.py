"""Term calendars: when the schools of an area are open, so that a school's phone is not rung in the holidays (E34).

A holiday is what lies between two terms of the file, and each of its closed days. Of the time before the first term
and after the last one nothing is known: it counts as term time, so that nobody waits for ever for a file.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from advice_line.clock import london_date, start_of_day
from advice_line.lines.values import Day, Key, Part, Text, clash, matching
from advice_line.working_time import Interval, merged, without

ONE_DAY = timedelta(days=1)
Beginning = Annotated[
    str, matching(r"[A-Z]{1,2}[0-9]{0,2}[A-Z]?", "must be the beginning of a postcode, such as AL, SG1 or SS0")
]


class Term(Part):
    """From the first school day to the last one, both included; a half-term is the gap between two of them."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _possible(self) -> "Term":
        if self.end < self.start:
            raise clash("end", "A term cannot end before it starts.")
        return self


class TermCalendar(Part):
    """The terms of one area. `postcodes` are beginnings of postcodes; `closed` are single days off (INSET days)."""

    key: Key
    label: Text
    postcodes: tuple[Beginning, ...] = ()
    terms: tuple[Term, ...] = Field(min_length=1)
    closed: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "TermCalendar":
        if any(later.start <= earlier.end for earlier, later in pairwise(self.terms)):
            raise clash("terms", "List the terms in the order of their dates: each begins after the one before ended.")
        return self

    @property
    def known_until(self) -> date:
        """The last date of which this calendar tells anything."""
        return self.terms[-1].end

    def knows(self, day: date) -> bool:
        """Whether this calendar tells anything of a London date."""
        return self.terms[0].start <= day <= self.known_until

    def is_holiday(self, day: date) -> bool:
        """Whether schools are closed on a London date."""
        between = any(earlier.end < day < later.start for earlier, later in pairwise(self.terms))
        return between or day in self.closed

    def first_day_from(self, day: date) -> date:
        """The first London date, `day` or later, that is no holiday."""
        while self.is_holiday(day):
            day += ONE_DAY
        return day

    def open_between(self, start: datetime, end: datetime) -> list[Interval]:
        """The time from `start` up to `end` that is not in the holidays; days are whole London ones."""
        if end <= start:
            return []
        days = range((london_date(end) - london_date(start)).days + 1)
        dates = (london_date(start) + step * ONE_DAY for step in days)
        off = merged(Interval(start_of_day(day), start_of_day(day + ONE_DAY)) for day in dates if self.is_holiday(day))
        return without([Interval(start, end)], off)


def of_area(calendars: Sequence[TermCalendar], postcode: str | None) -> TermCalendar | None:
    """The calendar whose beginning of a postcode fits best; else the first; None when there is none at all.

    A beginning ends where the postcode's own area or district ends: SS1 is not the beginning of SS11 2AA.
    """
    outward = _outward(postcode or "")
    area = re.match(r"[A-Z]*", outward)
    for beginning in (outward, re.sub(r"(?<=[0-9])[A-Z]$", "", outward), area[0] if area else ""):
        found = next((one for one in calendars if beginning and beginning in one.postcodes), None)
        if found is not None:
            return found
    return calendars[0] if calendars else None


def _outward(postcode: str) -> str:
    """The first half of a postcode, however it is written; what is no whole postcode is taken for a first half."""
    letters = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    return letters[:-3] if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", letters) else letters
