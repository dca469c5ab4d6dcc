"""The time that is left: every start on the grid that no call has taken yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scheduler.planner.diary import Diary, Place, Stretch, merge, promised, without
from scheduler.planner.problem import Callback

Ints = NDArray[np.int64]


class Left:
    """Free stretches, and every start on the grid in them as a row: therapist (by position), start, stretch's end."""

    def __init__(self, diary: Diary, taken: Mapping[int, Place]) -> None:
        self.diary = diary
        self.free = gaps(diary, taken)
        self.rows = _rows(diary, enumerate(self.free))

    def places(self, callback: Callback) -> tuple[Ints, Ints]:
        """Therapists (by position) and starts that the rules allow this call."""
        return among(self.diary, self.free, self.rows, callback)

    def overlaps(self, callback: Callback, until: int, others: Sequence[Place]) -> NDArray[np.bool_]:
        """Which of the others lie in time that a call would need if it began where it may, up to the minute `until`."""
        therapists, starts = self.places(callback)
        begins = keys(therapists, starts)[starts <= until]
        whose = np.array([self.diary.position[place.therapist] for place in others], dtype=np.int64)
        times = np.array([(place.start, place.end) for place in others], dtype=np.int64).reshape(-1, 2)
        first = np.searchsorted(begins, keys(whose, times[:, 0] - callback.minutes), side="right")
        hit: NDArray[np.bool_] = np.searchsorted(begins, keys(whose, times[:, 1])) > first
        return hit

    def book(self, place: Place) -> None:
        """One more call is fixed."""
        therapist = self.diary.position[place.therapist]
        self.free[therapist] = without(self.free[therapist], [Stretch(place.start, place.end)])
        before, after = np.searchsorted(self.rows[0], [therapist, therapist + 1])
        mine = _rows(self.diary, [(therapist, self.free[therapist])])
        self.rows = np.concatenate([self.rows[:, :before], mine, self.rows[:, after:]], axis=1)


def among(diary: Diary, free: Sequence[Sequence[Stretch]], rows: Ints, callback: Callback) -> tuple[Ints, Ints]:
    """Therapists and starts of those rows that the rules allow a call; for a promise, who is free at its own time."""
    promise = promised(callback)
    therapist, start, end = rows if promise is None else _at(promise.start, free)
    may = allowed(diary, callback, start) & (start + callback.minutes <= end)
    if callback.language_required:
        speaks = np.array([diary.speaks(callback, one) for one in diary.therapists], dtype=bool)
        may &= speaks[therapist]
    return therapist[may], start[may]


def allowed(diary: Diary, callback: Callback, starts: Ints) -> NDArray[np.bool_]:
    """At which of these starts the caller can be rung for the whole call, whoever rings."""
    caller = diary.caller(callback)
    if not caller:
        return np.zeros(len(starts), dtype=bool)
    begin, end = np.array(caller, dtype=np.int64).T
    index = np.searchsorted(begin, starts, side="right") - 1
    may: NDArray[np.bool_] = (index >= 0) & (starts + callback.minutes <= end[np.maximum(index, 0)])
    return may


def allowances(diary: Diary, callbacks: Sequence[Callback], starts: Ints) -> NDArray[np.bool_]:
    """The same for many: a row for each callback. Those with the same times of their own are looked at once."""
    alike: dict[tuple[int, tuple[Stretch, ...]], list[int]] = {}
    for row, callback in enumerate(callbacks):
        alike.setdefault((callback.minutes, tuple(diary.caller(callback))), []).append(row)
    may = np.zeros((len(callbacks), len(starts)), dtype=bool)
    for rows in alike.values():
        may[rows] = allowed(diary, callbacks[rows[0]], starts)
    return may


def gaps(diary: Diary, taken: Mapping[int, Place]) -> list[list[Stretch]]:
    """Each therapist's free time without the calls that are already fixed."""
    booked: list[list[Stretch]] = [[] for _ in diary.therapists]
    for place in taken.values():
        booked[diary.position[place.therapist]].append(Stretch(place.start, place.end))
    return [without(free, merge(one)) if one else free for free, one in zip(diary.free, booked, strict=True)]


def keys(therapists: Ints, minutes: Ints) -> Ints:
    """One number for a therapist's position and a minute, in order of both."""
    return (therapists << 40) + minutes


def align(minute: int, grid: int) -> int:
    """The first grid minute at or after."""
    return -(-minute // grid) * grid


def _rows(diary: Diary, free: Iterable[tuple[int, Sequence[Stretch]]]) -> Ints:
    rows = [
        (therapist, start, stretch.end)
        for therapist, stretches in free
        for stretch in stretches
        for start in range(align(stretch.start, diary.grid), stretch.end, diary.grid)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3).T


def _at(start: int, free: Sequence[Sequence[Stretch]]) -> Ints:
    rows = [
        (therapist, start, stretch.end)
        for therapist, stretches in enumerate(free)
        for stretch in stretches
        if stretch.start <= start < stretch.end
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3).T
