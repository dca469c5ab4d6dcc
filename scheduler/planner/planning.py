"""How a plan is made: hold what stands, place the rest, and move a call only when another would be late or left out.

A step holds every call where the last plan put it and places the others around them; a late call joins them when a
better place has become free. Only if a newcomer finds no place, or a late one, and could have a better without the held
calls, others may move at a price, never a promised time: in a small plan any, in a large one those that are in its way,
long ones last. Steps go on from their own result until nothing changes, so the same question asked again moves nothing;
but where long and short calls fill a session to the brim, asking again may find a better plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import cached_property
from time import perf_counter

import numpy as np

from scheduler.planner.answer import Plan
from scheduler.planner.costs import MINUTE, Costs
from scheduler.planner.diary import FAR, Diary, Place, Stretch, floor_minute
from scheduler.planner.draft import Draft, draw, gains
from scheduler.planner.left import Left
from scheduler.planner.problem import Callback, Problem
from scheduler.planner.reasons import Explanation

SMALL = 100
"""With more standing calls it would take seconds to see whether others than those in the way should move."""


def plan(problem: Problem, *, seconds: float = 10.0) -> Plan:
    """The best plan that is found in about `seconds`: the same for the same problem, in whatever order it is given."""
    began = perf_counter()
    planning = _Planning(problem, began + seconds)
    draft = planning.settle()
    cost, bound = draft.cost / MINUTE, min(draft.bound, draft.cost) / MINUTE
    explanation = Explanation(planning.costs, draft.places, planning.start)
    return Plan(
        assignments=explanation.assignments(),
        unplaced=explanation.unplaced(),
        moved=explanation.moved(),
        cost=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
        seconds=perf_counter() - began,
        method=draft.method,
        complete=draft.complete,
    )


class Way(Enum):
    """Who may move: any; the calls in the way, but for long ones, which are hard to place elsewhere; those too."""

    ALL = auto()
    NEAR = auto()
    NEAR_AND_LONG = auto()


class _Planning:
    """The making of one plan: `start` is what still stands of the last one, `fixed` the part of it that never moves."""

    def __init__(self, problem: Problem, deadline: float) -> None:
        self.deadline = deadline
        self.diary = Diary(problem)
        self.costs = Costs(self.diary)
        self.start: dict[int, Place] = {}
        self.fixed: dict[int, Place] = {}
        self._stand()

    def settle(self) -> Draft:
        """Steps until nothing changes or the time is up."""
        draft = self._step(self.start, may_move=len(self.start) > len(self.fixed))
        while True:
            began = perf_counter()
            # The flow's optimum, made with nothing held, leaves no call that others could make room for.
            again = self._step(draft.places, may_move=self.start != self.fixed or not draft.proven)
            if again.places == draft.places:
                return draft
            draft = again
            if 2 * perf_counter() - began > self.deadline:
                return draft._replace(complete=False)

    def _stand(self) -> None:
        """Which calls of the last plan may stay. Of two at the same time the more pressing one stays."""
        booked: dict[int, list[Stretch]] = {}
        for callback in sorted(self.costs.ranked, key=lambda one: (not self.diary.under_way(one), not one.promised)):
            place = self.diary.standing(callback)
            if place is None or _clashes(place, booked.setdefault(place.therapist, [])):
                continue
            booked[place.therapist].append(Stretch(place.start, place.end))
            self.start[callback.id] = place
            if callback.promised or self.diary.under_way(callback):
                self.fixed[callback.id] = place

    def _step(self, state: Mapping[int, Place], *, may_move: bool) -> Draft:
        """The best of: all stay; newcomers placed around the rest; and, when that serves badly, all placed anew."""
        stay = self.costs.total(state, state)
        drafts = [Draft(dict(state), stay, stay, "everything stays")]
        loose = self._loose(state)
        if loose:
            held = {one: place for one, place in state.items() if one not in loose}
            drafts.append(draw(self.costs, held, state, self.deadline))
        best = min(drafts, key=_cost)
        if may_move:
            best = self._make_room(drafts, state)
        bound, complete = min(draft.bound for draft in drafts), all(draft.complete for draft in drafts)
        return best._replace(bound=bound, complete=complete)

    def _make_room(self, drafts: list[Draft], state: Mapping[int, Place]) -> Draft:
        """The best once calls may move, as long as one is served badly that was not late before."""
        near: set[int] = set()
        best, held = min(drafts, key=_cost), state
        for way in (Way.ALL,) if len(state) <= SMALL else (Way.NEAR, Way.NEAR_AND_LONG):
            badly = [one for one in self._not_late(state) if self._could_be_better(one, best.places)]
            near |= self._in_the_way(badly, best.places, state)
            before, held = held, self._held(way, near, state)
            if badly and held != before:
                drafts.append(draw(self.costs, held, state, self.deadline))
                best = min(drafts, key=_cost)
        return best

    def _not_late(self, state: Mapping[int, Place]) -> Iterator[Callback]:
        """Newcomers, and who stands in time."""
        return (one for one in self.costs.ranked if one.id not in state or not _late(one, state[one.id]))

    def _in_the_way(
        self, calls: Iterable[Callback], places: Mapping[int, Place], state: Mapping[int, Place]
    ) -> set[int]:
        """These calls, and those that stand where one of them could be rung in time, or at all if it has no place."""
        ids, standing = list(state), list(state.values())
        near: set[int] = set()
        for callback in calls:
            until = _due(callback) if callback.id in places else FAR
            hit = self._alone.overlaps(callback, until, standing)
            near |= {callback.id, *(ids[index] for index in np.flatnonzero(hit).tolist())}
        return near

    def _held(self, way: Way, near: set[int], state: Mapping[int, Place]) -> Mapping[int, Place]:
        """What stays while others move."""
        if way is Way.ALL:
            return self.fixed
        movable = near - self.fixed.keys()
        if way is Way.NEAR:
            movable -= {one.id for one in self.costs.ranked if self.costs.units(one) > 1}
        return {one: place for one, place in state.items() if one not in movable}

    @cached_property
    def _alone(self) -> Left:
        """The time that is left when only the fixed calls are there."""
        return Left(self.diary, self.fixed)

    def _loose(self, state: Mapping[int, Place]) -> set[int]:
        """The calls that have no place, or a late one and a better one is free."""
        late = [one for one in self.costs.ranked if one.id not in self.fixed and _late(one, state.get(one.id))]
        if not late or not state:
            return {one.id for one in late}
        left = Left(self.diary, state)
        return {one.id for one in late if gains(self.costs, left, one, state.get(one.id))}

    def _could_be_better(self, callback: Callback, places: Mapping[int, Place]) -> bool:
        """Whether a call that is late or left out could have a place in time, or any at all, if only others moved."""
        place = places.get(callback.id)
        if not _late(callback, place):
            return False
        return self._best_start(callback) <= (_due(callback) if place else FAR)

    def _best_start(self, callback: Callback) -> int:
        """The earliest start that this call could have if it were alone with the fixed ones."""
        starts = self._alone.places(callback)[1]
        return int(starts.min()) if len(starts) else FAR + 1


def _cost(draft: Draft) -> int:
    return draft.cost


def _clashes(place: Place, booked: list[Stretch]) -> bool:
    return any(place.start < other.end and other.start < place.end for other in booked)


def _late(callback: Callback, place: Place | None) -> bool:
    """Whether it is after its due time, or has no place at all."""
    return place is None or place.start > _due(callback)


def _due(callback: Callback) -> int:
    return floor_minute(callback.due)
