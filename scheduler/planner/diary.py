"""Where a call may be at all: the therapists' free time, and the time in which each caller can be rung.

Inside the planner time is a count of whole minutes since 1970 (UTC). What is free is rounded inwards, what is taken
outwards. This is the one place that knows the hard rules; it knows nothing of the other planned calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from scheduler.planner.problem import AttemptPolicy, Callback, Problem, Span, Therapist

DAY = 1440
FAR = 2**40


class Stretch(NamedTuple):
    """From minute `start` up to, not including, minute `end`."""

    start: int
    end: int


class Place(NamedTuple):
    """A therapist's id, and the minutes of one call."""

    therapist: int
    start: int
    end: int


class Diary:
    """One problem's people and times, sorted and counted in minutes."""

    def __init__(self, problem: Problem) -> None:
        self.grid = problem.grid_minutes
        self.policy = problem.policy
        self.moment = problem.now
        self.now = ceil_minute(problem.now)
        self.line = merge(_inner(problem.windows))
        self.callbacks = sorted(problem.callbacks, key=lambda callback: callback.id)
        self.therapists = sorted(problem.therapists, key=lambda therapist: therapist.id)
        self.position = {therapist.id: index for index, therapist in enumerate(self.therapists)}
        self.rota = [without(merge(_inner(one.sessions)), merge(_outer(one.absences))) for one in self.therapists]
        self.free = [self._free(one, rota) for one, rota in zip(self.therapists, self.rota, strict=True)]
        self._caller: dict[int, list[Stretch]] = {}
        self._windows: dict[tuple[Span, ...], list[Stretch]] = {}

    @cached_property
    def rota_minutes(self) -> list[int]:
        """Each therapist's rota minutes in the whole planning time: what a fair share is a share of."""
        return [max(1, sum(stretch.end - stretch.start for stretch in rota)) for rota in self.rota]

    @cached_property
    def end(self) -> int:
        """The last minute in which anybody could be rung."""
        return max((stretch.end for free in self.free for stretch in free), default=self.now)

    def caller(self, callback: Callback) -> list[Stretch]:
        """The time in which the caller can be rung: never too soon, on the wrong day, or off a promised time.

        A promise was agreed with the caller, so the policy for further attempts does not touch it.
        """
        if callback.id not in self._caller:
            promise = promised(callback)
            later = [Stretch(self.after_attempts(callback), FAR)]
            times = [promise] if promise else without(later, barred(callback, self.policy))
            self._caller[callback.id] = meet(meet(times, [Stretch(self.wish(callback), FAR)]), self.talks(callback))
        return self._caller[callback.id]

    def talks(self, callback: Callback) -> list[Stretch]:
        """The caller's own times alone."""
        if callback.windows is None:
            return [Stretch(-FAR, FAR)]
        if callback.windows not in self._windows:
            self._windows[callback.windows] = merge(_inner(callback.windows))
        return self._windows[callback.windows]

    def wish(self, callback: Callback) -> int:
        """The minute before which the caller asked not to be rung, but never one that is over."""
        return self.now if callback.not_before is None else max(self.now, ceil_minute(callback.not_before))

    def after_attempts(self, callback: Callback) -> int:
        """The minute from which the last attempt is long enough ago."""
        return max((ceil_minute(tried) + self.policy.gap_minutes for tried in callback.tried), default=-FAR)

    def under_way(self, callback: Callback) -> bool:
        """Whether its planned time has begun and is not over: then it is left alone, unless its therapist is away."""
        was = callback.current
        if was is None or was.therapist not in self.position or not was.start < self.moment < was.end:
            return False
        absences = self.therapists[self.position[was.therapist]].absences
        return not any(away.start <= self.moment < away.end for away in absences)

    def standing(self, callback: Callback) -> Place | None:
        """Where the last plan put it, if it may still be there, other calls apart."""
        was, place = callback.current, current(callback)
        if was is None or place is None:
            return None
        if self.under_way(callback):
            return place._replace(end=ceil_minute(was.end))
        return place if self.allows(callback, place) else None

    def speaks(self, callback: Callback, therapist: Therapist) -> bool:
        """Whether this therapist may ring this caller at all."""
        return not callback.language_required or callback.language in therapist.languages

    def allows(self, callback: Callback, place: Place) -> bool:
        """Whether the rules let this call be there, other calls apart."""
        index = self.position.get(place.therapist)
        if index is None or not self.speaks(callback, self.therapists[index]):
            return False
        return within(place, self.free[index]) and within(place, self.caller(callback))

    def _free(self, therapist: Therapist, rota: list[Stretch]) -> list[Stretch]:
        rest = meet(meet(rota, self.line), [Stretch(self.now, FAR)])
        return without(rest, merge(_outer(therapist.busy)))


def current(callback: Callback) -> Place | None:
    """Where the last plan put this callback; when it now needs more or less time, from the same start."""
    if callback.current is None:
        return None
    start = floor_minute(callback.current.start)
    return Place(callback.current.therapist, start, start + callback.minutes)


def promised(callback: Callback) -> Stretch | None:
    """The minutes that the caller was promised."""
    place = current(callback) if callback.promised else None
    return place and Stretch(place.start, place.end)


def barred(callback: Callback, policy: AttemptPolicy) -> list[Stretch]:
    """The days on which no further attempt may be because each that is left must be on a new one (attempt policy).

    Of three on two days the third is on another day when the first two shared one. Safeguarding and urgent calls are
    tried again on the same day all the same. A UTC day is the local one at any hour at which a line rings back.
    """
    days = {floor_minute(tried) // DAY for tried in callback.tried}
    missing = policy.days - len(days)
    if callback.priority <= 1 or not days or missing <= 0 or policy.most - len(callback.tried) > missing:
        return []
    return [Stretch(day * DAY, (day + 1) * DAY) for day in sorted(days)]


def within(place: Place | Stretch, stretches: Iterable[Stretch]) -> bool:
    """Whether it lies in one of them."""
    return any(stretch.start <= place.start and place.end <= stretch.end for stretch in stretches)


def merge(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order, with those that touch or overlap made one."""
    merged: list[Stretch] = []
    for stretch in sorted(stretches):
        if merged and stretch.start <= merged[-1].end:
            merged[-1] = Stretch(merged[-1].start, max(merged[-1].end, stretch.end))
        else:
            merged.append(stretch)
    return merged


def meet(ones: Sequence[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """The time in both; both merged."""
    both: list[Stretch] = []
    left = right = 0
    while left < len(ones) and right < len(others):
        start, end = max(ones[left].start, others[right].start), min(ones[left].end, others[right].end)
        if start < end:
            both.append(Stretch(start, end))
        if ones[left].end <= others[right].end:
            left += 1
        else:
            right += 1
    return both


def without(ones: Sequence[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """The time of the first that is not in the second; both merged."""
    edges = [-FAR, *(edge for stretch in others for edge in stretch), FAR]
    gaps = [Stretch(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
    return meet(ones, gaps)


def floor_minute(moment: datetime) -> int:
    """The whole minute at or before."""
    return int(moment.timestamp() // 60)


def ceil_minute(moment: datetime) -> int:
    """The whole minute at or after."""
    return -int(-moment.timestamp() // 60)


def moment(minute: int) -> datetime:
    """The minute as an aware UTC datetime."""
    return datetime.fromtimestamp(minute * 60, UTC)


def _inner(spans: Iterable[Span]) -> list[Stretch]:
    inner = (Stretch(ceil_minute(span.start), floor_minute(span.end)) for span in spans)
    return [stretch for stretch in inner if stretch.start < stretch.end]


def _outer(spans: Iterable[Span]) -> list[Stretch]:
    return [Stretch(floor_minute(span.start), ceil_minute(span.end)) for span in spans]
