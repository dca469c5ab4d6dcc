"""Intervals: stretches of real time, in UTC, and what lists of them have in common.

A list that comes out of here is sorted, and its intervals neither overlap nor touch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from advice_line.clock import to_utc


@dataclass(frozen=True, order=True, slots=True)
class Interval:
    """From `start` up to, and not including, `end`. Aware moments of any zone go in; UTC is kept."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        # Subtracting two moments of one zone counts wall-clock hours, wrong across a clock change; UTC has none.
        object.__setattr__(self, "start", to_utc(self.start))
        object.__setattr__(self, "end", to_utc(self.end))
        if self.end <= self.start:
            raise ValueError(f"An interval must end after it starts: {self.start} to {self.end} does not.")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def length(self) -> timedelta:
        """How long it lasts, always more than nothing."""
        return self.end - self.start

    def covers(self, other: "Interval") -> bool:
        """Whether the other lies wholly inside this one."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share any time; touching is not sharing."""
        return self.start < other.end and other.start < self.end

    def intersection(self, other: "Interval") -> "Interval | None":
        """The time the two share; None when they share none."""
        if not self.overlaps(other):
            return None
        return Interval(max(self.start, other.start), min(self.end, other.end))


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The time covered by any of them."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if result and interval.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, interval.end))
        else:
            result.append(interval)
    return result


def shared(these: Iterable[Interval], those: Iterable[Interval]) -> list[Interval]:
    """The time covered by these and by those as well, as a rota session and the line's windows."""
    left, right = merged(these), merged(those)
    result: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        common = left[i].intersection(right[j])
        if common:
            result.append(common)
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return result


def without(these: Iterable[Interval], those: Iterable[Interval]) -> list[Interval]:
    """The time covered by these and not by those, as a rota session less an absence."""
    result: list[Interval] = []
    taken = merged(those)
    first = 0
    for interval in merged(these):
        while first < len(taken) and taken[first].end <= interval.start:
            first += 1
        result += _rest(interval, taken, first)
    return result


def total(intervals: Iterable[Interval]) -> timedelta:
    """How much time they cover, overlaps counted once."""
    return sum((interval.length for interval in merged(intervals)), timedelta())


def _rest(interval: Interval, taken: list[Interval], first: int) -> Iterable[Interval]:
    """What is left of one interval after those taken out of it, of which `taken[first]` is the earliest."""
    free_from = interval.start
    for gone in taken[first:]:
        if gone.start >= interval.end:
            break
        if free_from < gone.start:
            yield Interval(free_from, gone.start)
        free_from = gone.end
    if free_from < interval.end:
        yield Interval(free_from, interval.end)
