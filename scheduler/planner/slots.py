"""Rota time cut into slots, in which calls are planned.

A slot is as long as most calls. What is left over at the end of a stretch is a short slot: no standard call
fits, but a longer call may run into it. A call that is where the last plan put it begins a slot of its own, so that it
can stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from scheduler.planner.diary import Diary, Place, Stretch
from scheduler.planner.left import Ints, Left, align, among, keys
from scheduler.planner.problem import Callback


def standard(callbacks: Sequence[Callback], grid: int) -> int:
    """The length of a call, on the grid, in whole multiples of which all calls together take the least time."""
    counts = Counter(align(callback.minutes, grid) for callback in callbacks)

    def taken(slot: int) -> int:
        return sum(align(minutes, slot) * count for minutes, count in counts.items())

    return min(counts, key=lambda slot: (taken(slot), -slot), default=grid)


class Slots:
    """All slots in the time that no `taken` call has, by therapist and start; in arrays, for there may be thousands."""

    def __init__(self, diary: Diary, taken: Mapping[int, Place], stays: Iterable[Place], length: int) -> None:
        self.length, self._diary = length, diary
        self._left = Left(diary, taken)
        anchors: list[list[int]] = [[] for _ in diary.therapists]
        for place in stays:
            anchors[diary.position[place.therapist]].append(place.start)
        rows = [
            (index, start, stretch.end, end)
            for index, stretches in enumerate(self._left.free)
            for stretch in stretches
            for start, end in _cut(stretch, anchors[index], length, diary.grid)
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        self._rows = table[:3]
        self.therapist, self.start, _, self.end = table
        self.full = self.end - self.start >= length
        self.offset = np.searchsorted(self.therapist, np.arange(len(diary.therapists) + 1))

    def __len__(self) -> int:
        return len(self.start)

    def of(self, therapist: int) -> Ints:
        """The slots of the therapist at this position."""
        return np.arange(self.offset[therapist], self.offset[therapist + 1])

    def covered(self, place: Place) -> tuple[int, int]:
        """First and last+1 slot of which a call takes some time."""
        therapist = np.array([self._diary.position[place.therapist]])
        first, last = self.cover(therapist, np.array([place.start]), place.end - place.start)
        return int(first[0]), int(last[0])

    def cover(self, therapists: Ints, starts: Ints, minutes: int | Ints) -> tuple[Ints, Ints]:
        """The same for many places, therapists by position; all calls as long, or each as long as it is."""
        first = np.searchsorted(keys(self.therapist, self.end), keys(therapists, starts), side="right")
        last = np.searchsorted(keys(self.therapist, self.start), keys(therapists, starts + minutes))
        return first, last

    def places(self, callback: Callback, *, fine: bool) -> tuple[Ints, Ints]:
        """Therapists (by position) and starts that the rules allow: at slots' own starts or at any on the grid."""
        return among(self._diary, self._left.free, self._fine if fine else self._rows, callback)

    @cached_property
    def _fine(self) -> Ints:
        both: Ints = np.unique(np.concatenate([self._left.rows, self._rows], axis=1), axis=1)
        return both


def _cut(stretch: Stretch, anchors: Sequence[int], length: int, grid: int) -> list[tuple[int, int]]:
    marks = sorted({align(stretch.start, grid), *(one for one in anchors if stretch.start <= one < stretch.end)})
    slots = []
    for start, until in zip(marks, [*marks[1:], stretch.end], strict=True):
        begin = start
        while begin < until:
            slots.append((begin, min(begin + length, until)))
            begin = align(begin + length, grid)
    return slots
