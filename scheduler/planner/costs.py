"""What a place costs: the one scale on which the planner weighs a caller's wait against all other wishes.

The unit is one minute's wait of a routine caller, counted in `MINUTE`ths so that solvers work in whole numbers. A cost
is the sum of a part for the time and a part for the therapist; that keeps large plans fast (see `flow`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scheduler.planner.diary import DAY, Diary, Place, ceil_minute, floor_minute
from scheduler.planner.left import Ints
from scheduler.planner.problem import Callback, Therapist
from scheduler.planner.slots import standard

MINUTE = 100_000

WAIT = (200, 20, 3, 1)
"""A minute's wait by priority: safeguarding, urgent, soon, routine."""

LATE = 20 * DAY
"""To be late at all, and then each minute `LATE_MINUTES` times over; both times the priority's weight."""
LATE_MINUTES = 3

UNPLACED = 30 * DAY
"""To have no place, over and above the worst place; times the priority's weight."""

# Wishes, in minutes of a routine caller's wait: what an urgent caller waits for them is a twentieth of it.
NAMED = 4 * DAY
LANGUAGE = 2 * DAY
SKILL = DAY
MOVE = 7 * DAY
"""No wish about the therapist is worth a move by itself; a call that would be late or without a place is."""

SAME_TIME = DAY
SAME_DAY = DAY // 2
FAIR = 6 * DAY
"""A slot of a therapist whose rota is used up costs this much more than the first slot of another; at most `FAIR_MOST`.

All wishes together stay below `LATE`: nobody is late for one.
"""
FAIR_MOST = 9 * DAY

NEAR_MINUTES = 180
"""An attempt within three hours of an earlier one's clock time is at the same time of day.

Counted in UTC: over a clock change it is an hour out, which a wish can bear.
"""


class Costs:
    """The price of each place of one problem's callbacks."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.ranked = sorted(diary.callbacks, key=lambda one: (one.priority, one.due, one.received, one.id))
        self._behind = {one.id: behind for behind, one in enumerate(reversed(self.ranked))}
        self.length = standard(diary.callbacks, diary.grid)
        self._unplaced: dict[int, int] = {}
        self._matches: dict[tuple[int | None, str | None, str | None], Ints] = {}

    def total(self, places: Mapping[int, Place], state: Mapping[int, Place]) -> int:
        """What a whole plan costs, fairness and the moves away from `state` included."""
        placed = [callback for callback in self.ranked if callback.id in places]
        cost = sum(self.unplaced(callback) for callback in self.ranked if callback.id not in places)
        cost += sum(MOVE * MINUTE for one in placed if one.id in state and state[one.id] != places[one.id])
        starts = np.array([places[callback.id].start for callback in placed], dtype=np.int64)
        cost += int(self.times(placed, starts[:, None]).sum())
        whose = [self.diary.position[places[callback.id].therapist] for callback in placed]
        cost += sum(int(self.match(callback)[one]) for callback, one in zip(placed, whose, strict=True))
        return cost + self._fairness(whose, [self.units(callback) for callback in placed])

    def units(self, callback: Callback) -> int:
        """How many slots' work this call is."""
        return -(-callback.minutes // self.length)

    def time(self, callback: Callback, starts: Ints) -> Ints:
        """The part for the time: the wait, being late, and trying again at the same time of day or on the same day."""
        cost: Ints = self.times([callback], starts)[0]
        return cost

    def times(self, callbacks: Sequence[Callback], starts: Ints) -> Ints:
        """The same for many: a row for each callback, a column for each start; or a row of its own starts for each."""
        weight = np.array([self.weight(one) for one in callbacks], dtype=np.int64)[:, None]
        dues = np.array([due(one) for one in callbacks], dtype=np.int64)[:, None]
        late = np.maximum(starts - dues, 0)
        cost: Ints = weight * (starts - self.diary.now + LATE_MINUTES * late + LATE * (late > 0))
        for row, callback in enumerate(callbacks):
            if callback.tried:
                mine = starts if starts.ndim == 1 else starts[row]
                if self.diary.policy.other_time:
                    cost[row] += np.where(near_attempt(callback, mine), SAME_TIME * MINUTE, 0)
                cost[row] += np.where(mine // DAY == last_attempt_day(callback), SAME_DAY * MINUTE, 0)
        return cost

    def match(self, callback: Callback) -> Ints:
        """The part for the therapist, for each by position: not the named one, another language, another topic."""
        key = callback.named, callback.language, callback.topic
        if key not in self._matches:
            people = self.diary.therapists
            other = NAMED * MINUTE if callback.named in self.diary.position else 0
            cost = [self.fit(callback, one) + (0 if one.id == callback.named else other) for one in people]
            self._matches[key] = np.array(cost, dtype=np.int64)
        return self._matches[key]

    def fit(self, callback: Callback, therapist: Therapist) -> int:
        """The part for the therapist that is the same for all callbacks of one language and topic."""
        cost = 0
        if callback.language is not None and callback.language not in therapist.languages:
            cost += LANGUAGE
        if callback.topic is not None and callback.topic not in therapist.skills:
            cost += SKILL
        return cost * MINUTE

    def unplaced(self, callback: Callback) -> int:
        """To have no place: more than the worst place and the moves that might make it free."""
        if callback.id not in self._unplaced:
            worst = int(self.time(callback, np.array([self.diary.end]))[0])
            self._unplaced[callback.id] = max(worst, 0) + self.weight(callback) * UNPLACED
        return self._unplaced[callback.id]

    def weight(self, callback: Callback) -> int:
        """One minute's wait. Up to a tenth more for what is due sooner, so that it comes first among its like."""
        base = WAIT[callback.priority] * MINUTE
        return base + base * self._behind[callback.id] // (10 * len(self.ranked))

    def place(self, callback: Callback, place: Place, stays: Place | None) -> int:
        """The whole price of one place but for fairness; moving from where it stands included."""
        match = self.match(callback)[self.diary.position[place.therapist]]
        cost = int(self.time(callback, np.array([place.start]))[0] + match)
        return cost + (MOVE * MINUTE if stays is not None and stays != place else 0)

    def _fairness(self, whose: Sequence[int], units: Sequence[int]) -> int:
        """The price of all slots of work that therapists (by position) have, one slot after the other."""
        people = self.diary.therapists
        counts = np.zeros(len(people), dtype=np.int64)
        np.add.at(counts, np.array(whose, dtype=np.int64), units)
        therapists = np.repeat(np.arange(len(people)), counts)
        earlier = np.arange(len(therapists)) - np.repeat(np.cumsum(counts) - counts, counts)
        done = np.array([one.minutes_done for one in people], dtype=np.int64)
        return int(self.share(therapists, done[therapists] + self.length * earlier).sum())

    def share(self, therapists: Ints, used: Ints) -> Ints:
        """What the next slot costs therapists (by position) of whose rota so many minutes are used: it only grows."""
        rota = np.array(self.diary.rota_minutes, dtype=np.int64)[therapists]
        cost: Ints = np.minimum(FAIR * MINUTE * used // rota, FAIR_MOST * MINUTE)
        return cost


def due(callback: Callback) -> int:
    """The last minute at which a start is in time."""
    return floor_minute(callback.due)


def is_late(callback: Callback, place: Place | None) -> bool:
    """Whether it is after its due time, or has no place at all."""
    return place is None or place.start > due(callback)


def near_attempt(callback: Callback, starts: Ints) -> NDArray[np.bool_]:
    """Which starts are at a time of day at which the caller was already tried."""
    clock = np.array([floor_minute(tried) % DAY for tried in callback.tried], dtype=np.int64)
    apart = np.abs(starts[:, None] % DAY - clock[None, :])
    near: NDArray[np.bool_] = (np.minimum(apart, DAY - apart) < NEAR_MINUTES).any(axis=1)
    return near


def last_attempt_day(callback: Callback) -> int:
    """The day of the last attempt, as a count of days."""
    return max(ceil_minute(tried) for tried in callback.tried) // DAY
