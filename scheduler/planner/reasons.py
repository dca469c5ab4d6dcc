"""Why each call of a finished plan is where it is, and what moved. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scheduler.planner.answer import Moved, Unplaced
from scheduler.planner.costs import Costs, due, is_late, last_attempt_day, near_attempt
from scheduler.planner.diary import DAY, Place, Stretch, ceil_minute, current, merge, moment, within
from scheduler.planner.left import Left
from scheduler.planner.obstacles import obstacle
from scheduler.planner.problem import Assignment, Callback
from scheduler.planner.words import Move, Reason

WISHED = frozenset({Reason.NAMED, Reason.LANGUAGE, Reason.SKILL, Reason.FAIR})
"""What a call may wait for."""


class Explanation:
    """The reasons of one plan; `stood` is what could have stayed of the last plan."""

    def __init__(self, costs: Costs, places: dict[int, Place], stood: dict[int, Place]) -> None:
        self.costs, self.diary, self.places, self.stood = costs, costs.diary, places, stood
        self._left = Left(self.diary, places)
        self._kept = {one.id for one in self.diary.callbacks if _is_kept(one, places.get(one.id))}
        self._rows: dict[int, list[Callback]] = {}
        self._placed = [callback for callback in self.diary.callbacks if callback.id in places]
        for callback in self._placed:
            self._rows.setdefault(places[callback.id].therapist, []).append(callback)
        facts = [(places[one.id].start, one.priority, due(one)) for one in self._placed]
        self._starts, self._ranks, self._dues = np.array(facts, dtype=np.int64).reshape(-1, 3).T

    def assignments(self) -> tuple[Assignment, ...]:
        """Every placed call, by id."""
        return tuple(self._assignment(one, self.places[one.id]) for one in self._placed)

    def unplaced(self) -> tuple[Unplaced, ...]:
        """Every call without a place, by id."""
        missing = (one for one in self.diary.callbacks if one.id not in self.places)
        return tuple(Unplaced(one.id, (obstacle(self.diary, one),)) for one in missing)

    def moved(self) -> tuple[Moved, ...]:
        """Every call that is not with the therapist or at the start that the last plan gave, by id."""
        return tuple(
            Moved(one.id, one.current, self._why_moved(one))
            for one in self.diary.callbacks
            if one.current is not None and one.id not in self._kept
        )

    def _assignment(self, callback: Callback, place: Place) -> Assignment:
        start, end = moment(place.start), moment(place.end)
        was = callback.current
        if was is not None and callback.id in self._kept:
            start, end = was.start, was.end if ceil_minute(was.end) == place.end else end
        earlier = None if callback.id in self._kept else self._earlier(callback, place)
        times, people = self._times(callback, place, earlier), tuple(self._people(callback, place, earlier))
        reasons = (*times, *people, *self._attempts(callback, place), *self._order(callback, place))
        if callback.id not in self._kept and not WISHED.intersection(people):
            reasons += tuple(self._order_elsewhere(callback, place))
        return Assignment(callback.id, place.therapist, start, end, tuple(dict.fromkeys(reasons)))

    def _times(self, callback: Callback, place: Place, earlier: int | None) -> Iterator[Reason]:
        was = current(callback)
        if self.diary.under_way(callback):
            yield Reason.UNDER_WAY
        elif callback.promised and was is not None:
            yield Reason.PROMISED if callback.id in self._kept else Reason.COVERED
        elif callback.id in self._kept:
            yield Reason.KEPT
        elif is_late(callback, place):
            yield Reason.LATE if earlier is None else Reason.LATE_FREE
        else:
            yield Reason.EARLIEST if earlier is None else Reason.IN_TIME
        if callback.priority <= 1:
            yield Reason.FIRST

    def _attempts(self, callback: Callback, place: Place) -> Iterator[Reason]:
        if callback.tried:
            if not near_attempt(callback, np.array([place.start]))[0]:
                yield Reason.OTHER_TIME
            if place.start // DAY != last_attempt_day(callback):
                yield Reason.OTHER_DAY

    def _people(self, callback: Callback, place: Place, earlier: int | None) -> Iterator[Reason]:
        therapist = self.diary.therapists[self.diary.position[place.therapist]]
        if callback.named is not None:
            yield Reason.NAMED if callback.named == therapist.id else Reason.NOT_NAMED
        if callback.language in therapist.languages:
            yield Reason.LANGUAGE
        if callback.topic in therapist.skills:
            yield Reason.SKILL
        if earlier is not None and self._share(place.therapist) < self._share(earlier):
            yield Reason.FAIR

    def _earlier(self, callback: Callback, place: Place) -> int | None:
        """Who would have been free for this call earlier: the id of the first."""
        therapists, starts = self._left.places(callback)
        if not len(starts) or starts.min() >= place.start:
            return None
        first = int(therapists[np.argmin(starts)])
        return self.diary.therapists[first].id

    def _share(self, therapist: int) -> float:
        """The part of a therapist's rota minutes that this plan uses."""
        index = self.diary.position[therapist]
        planned = sum(self.places[one.id].end - self.places[one.id].start for one in self._rows.get(therapist, []))
        return (self.diary.therapists[index].minutes_done + planned) / self.diary.rota_minutes[index]

    def _order(self, callback: Callback, place: Place) -> Iterator[Reason]:
        """Why a less pressing call has an earlier time of the same therapist that this one could have had."""
        for other in self._rows[place.therapist]:
            theirs = self.places[other.id]
            if theirs.start >= place.start or (other.priority, other.due) <= (callback.priority, callback.due):
                continue
            if self._could_swap(callback, other):
                yield self._why_behind(other, theirs, place)

    def _order_elsewhere(self, callback: Callback, place: Place) -> Iterator[Reason]:
        """Why a call of the same rank that is due later is earlier with another therapist, who could ring this one."""
        later_due = (self._ranks == callback.priority) & (self._dues > due(callback))
        for index in np.flatnonzero(later_due & (self._starts < place.start)).tolist():
            other = self._placed[index]
            theirs = self.places[other.id]
            if theirs.therapist != place.therapist and self._could_swap(callback, other):
                yield self._why_behind(other, theirs, place)
                return

    def _could_swap(self, callback: Callback, other: Callback) -> bool:
        """Whether a call could begin where the other does if that call and itself were elsewhere."""
        theirs, mine = self.places[other.id], self.places[callback.id]
        wanted = theirs._replace(end=theirs.start + callback.minutes)
        if not self.diary.allows(callback, wanted):
            return False
        both = (Stretch(one.start, one.end) for one in (mine, theirs) if one.therapist == wanted.therapist)
        return within(wanted, merge([*self._left.free[self.diary.position[wanted.therapist]], *both]))

    def _why_behind(self, other: Callback, theirs: Place, mine: Place) -> Reason:
        if other.id in self._kept:
            return Reason.HELD
        if due(other) < self.diary.now:
            return Reason.BREACHED
        if not self.diary.allows(other, Place(mine.therapist, mine.start, mine.start + other.minutes)):
            return Reason.ONLY_PLACE
        return Reason.SPARES_LATE if theirs.start <= due(other) < mine.start else Reason.TOGETHER

    def _why_moved(self, callback: Callback) -> Move:
        was, place = current(callback), self.places.get(callback.id)
        if was is None or callback.id in self.stood:
            return Move.SOONER if was and place and self._is_free(was) else Move.MADE_ROOM
        if was.start < self.diary.now:
            return Move.PASSED
        if not within(was, self.diary.line):
            return Move.LINE_SHUT
        return self._why_not(callback, was)

    def _is_free(self, place: Place) -> bool:
        others = (self.places[one.id] for one in self._rows.get(place.therapist, []))
        return not any(place.start < other.end and other.start < place.end for other in others)

    def _why_not(self, callback: Callback, was: Place) -> Move:
        index = self.diary.position.get(was.therapist)
        if index is None or not within(was, self.diary.free[index]):
            planned = Stretch(was.start, ceil_minute(callback.current.end)) if callback.current else was
            fits = index is not None and planned.end < was.end and within(planned, self.diary.free[index])
            return Move.TOO_LONG if fits else Move.THERAPIST_AWAY
        if not self.diary.speaks(callback, self.diary.therapists[index]):
            return Move.NO_LANGUAGE
        if not within(was, self.diary.talks(callback)) or was.start < self.diary.wish(callback):
            return Move.CALLER_AWAY
        return Move.CLASH if within(was, self.diary.caller(callback)) else Move.AFTER_ATTEMPT


def _is_kept(callback: Callback, place: Place | None) -> bool:
    was = current(callback)
    return was is not None and place is not None and was[:2] == place[:2]
