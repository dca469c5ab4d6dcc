"""Rota time cut into slots, in which calls are planned.

A slot is as long as the commonest call. What is left over at the end of a stretch is a short slot: no standard call
fits, but a longer call may run into it. A call that is where the last plan put it begins a slot of its own, so that it
can stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scheduler.planner.diary import Diary, Place, Stretch, merge, promised, without
from scheduler.planner.problem import Callback

Ints = NDArray[np.int64]


def standard(callbacks: Sequence[Callback], grid: int) -> int:
    """Minutes of the commonest call, on the grid; of two as common the shorter."""
    counts = Counter(align(callback.minutes, grid) for callback in callbacks)
    return min(counts, key=lambda minutes: (-counts[minutes], minutes), default=grid)


def align(minute: int, grid: int) -> int:
    """The first grid minute at or after."""
    return -(-minute // grid) * grid


def gaps(diary: Diary, taken: Mapping[int, Place]) -> list[list[Stretch]]:
    """Each therapist's free time without the calls that are already fixed."""
    booked: list[list[Stretch]] = [[] for _ in diary.therapists]
    for place in taken.values():
        if place.therapist in diary.position:
            booked[diary.position[place.therapist]].append(Stretch(place.start, place.end))
    return [without(free, merge(one)) if one else free for free, one in zip(diary.free, booked, strict=True)]


def allowed(diary: Diary, callback: Callback, starts: Ints) -> NDArray[np.bool_]:
    """At which of these starts the caller can be rung for the whole call, whoever rings."""
    caller = diary.caller(callback)
    if not caller:
        return np.zeros(len(starts), dtype=bool)
    begin, end = np.array(caller, dtype=np.int64).T
    index = np.searchsorted(begin, starts, side="right") - 1
    may: NDArray[np.bool_] = (index >= 0) & (starts + callback.minutes <= end[np.maximum(index, 0)])
    return may


class Slots:
    """All slots, by therapist and start; as arrays, because there may be thousands."""

    def __init__(self, diary: Diary, free: Sequence[Sequence[Stretch]], stays: Sequence[Place], length: int) -> None:
        self.length, self.free, self._diary = length, free, diary
        anchors: list[list[int]] = [[] for _ in diary.therapists]
        for place in sorted(stays):
            anchors[diary.position[place.therapist]].append(place.start)
        rows = [
            (index, start, end, stretch.end)
            for index, stretches in enumerate(free)
            for stretch in stretches
            for start, end in _cut(stretch, anchors[index], length, diary.grid)
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 4)
        self.therapist, self.start, self.end, self.stretch_end = table.T
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

    def cover(self, therapists: Ints, starts: Ints, minutes: int) -> tuple[Ints, Ints]:
        """The same for many places, therapists by position."""
        first = np.searchsorted(self._keys(self.therapist, self.end), self._keys(therapists, starts), side="right")
        last = np.searchsorted(self._keys(self.therapist, self.start), self._keys(therapists, starts + minutes))
        return first, last

    def places(self, callback: Callback, *, fine: bool) -> tuple[Ints, Ints]:
        """Therapists (by position) and starts that the rules allow: at slots' own starts or at any on the grid."""
        therapist, start, end = self._fine if fine else (self.therapist, self.start, self.stretch_end)
        if promise := promised(callback):
            therapist, start, end = self._at(promise.start)
        may = allowed(self._diary, callback, start) & (start + callback.minutes <= end)
        if callback.language_required:
            speaks = np.array([self._diary.speaks(callback, one) for one in self._diary.therapists], dtype=bool)
            may &= speaks[therapist]
        return therapist[may], start[may]

    @cached_property
    def _fine(self) -> tuple[Ints, Ints, Ints]:
        """Every start on the grid, and the slots' own: therapist, start, and the end of the free stretch."""
        rows = [
            (index, start, stretch.end)
            for index, stretches in enumerate(self.free)
            for stretch in stretches
            for start in range(align(stretch.start, self._diary.grid), stretch.end, self._diary.grid)
        ]
        own = np.stack([self.therapist, self.start, self.stretch_end], axis=1)
        both = np.concatenate([np.array(rows, dtype=np.int64).reshape(-1, 3), own])
        therapist, start, end = np.unique(both, axis=0).T
        return therapist, start, end

    def _at(self, start: int) -> tuple[Ints, Ints, Ints]:
        rows = [
            (index, start, stretch.end)
            for index, stretches in enumerate(self.free)
            for stretch in stretches
            if stretch.start <= start < stretch.end
        ]
        therapist, starts, end = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        return therapist, starts, end

    @staticmethod
    def _keys(therapists: Ints, minutes: Ints) -> Ints:
        return (therapists << 40) + minutes


def _cut(stretch: Stretch, anchors: Sequence[int], length: int, grid: int) -> list[tuple[int, int]]:
    marks = sorted({align(stretch.start, grid), *(one for one in anchors if stretch.start <= one < stretch.end)})
    slots = []
    for start, until in zip(marks, [*marks[1:], stretch.end], strict=True):
        begin = start
        while begin < until:
            slots.append((begin, min(begin + length, until)))
            begin = align(begin + length, grid)
    return slots
