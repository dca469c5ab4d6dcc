"""How a plan is made: hold what stands, place the rest, and move a call only when another would be late or left out.

A step holds every call where the last plan put it and places the others around them; a late call joins them when a
better place has become free. Only if a newcomer finds no place, or a late one, and could have a better without the held
calls, others may move at a price, never a promised time: in a small plan any, in a large one the few in its way that
make room most cheaply, long ones last. They stay all the same if none of those is rung sooner by it. Each step goes on
from the result of the one before as a new question would, until nothing changes: so the same question asked again moves
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import perf_counter

import numpy as np

from scheduler.planner.answer import Plan
from scheduler.planner.costs import MINUTE, Costs, due, is_late
from scheduler.planner.diary import FAR, Diary, Place, Stretch
from scheduler.planner.draft import MANY, Draft, draw, gains, leaving
from scheduler.planner.left import Left
from scheduler.planner.problem import Callback, Problem
from scheduler.planner.reasons import Explanation

FEW = 45
"""So many of those in the way of one call may move. With all of them a re-plan takes seconds and is a little better."""


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


class _Planning:
    """The making of one plan: `start` is what still stands of the last one, `fixed` are the places that never move."""

    def __init__(self, problem: Problem, deadline: float) -> None:
        self.deadline = deadline
        self.diary = Diary(problem)
        self.costs = Costs(self.diary)
        self.start: dict[int, Place] = {}
        self.fixed: dict[int, Place] = {}
        self._stand()

    def settle(self) -> Draft:
        """Steps until nothing changes or the time is up."""
        draft = self._step(self.start)
        while True:
            began = perf_counter()
            self._fix(draft.places)
            again = self._step(draft.places)
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
        self._fix(self.start)

    def _fix(self, state: Mapping[int, Place]) -> None:
        """What must not move once it is there: a promised time, and a call that is under way."""
        calls = [one for one in self.costs.ranked if one.id in state and (one.promised or self.diary.under_way(one))]
        self.fixed = {one.id: state[one.id] for one in calls}
        self._alone = Left(self.diary, self.fixed)

    def _step(self, state: Mapping[int, Place]) -> Draft:
        """The best of: all stay; newcomers placed around the rest; and, when that serves badly, all placed anew."""
        stay = self.costs.total(state, state)
        drafts = [Draft(dict(state), stay, stay, "everything stays")]
        loose = self._loose(state)
        if loose:
            held = {one: place for one, place in state.items() if one not in loose}
            drafts.append(draw(self.costs, held, state, self.deadline))
        best = self._make_room(drafts, state) if len(state) > len(self.fixed) else min(drafts, key=_cost)
        bound, complete = min(draft.bound for draft in drafts), all(draft.complete for draft in drafts)
        return best._replace(bound=bound, complete=complete)

    def _make_room(self, drafts: list[Draft], state: Mapping[int, Place]) -> Draft:
        """The best once calls may move, as long as one is served badly that was not late before.

        They move only if that lets one of those be rung sooner. Long calls, which are hard to place elsewhere, may move
        only if the others did not help.
        """
        near: set[int] = set()
        held, best = state, min(drafts, key=_cost)
        movable: dict[int, int] = {}
        for long in (False, True):
            badly = [one for one in self._not_late(state) if self._could_be_better(one, best.places)]
            if not badly:
                break
            movable = movable or self._movable(state)
            near |= self._near(badly, best.places, state, self._may(movable, long=long or len(state) <= MANY))
            before, held = held, {one: place for one, place in state.items() if one not in near}
            if held != before:
                room = draw(self.costs, held, state, self.deadline)
                drafts.append(room)
                if room.cost < best.cost and any(_sooner(one, room.places, best.places) for one in badly):
                    best = room
        return best

    def _not_late(self, state: Mapping[int, Place]) -> Iterator[Callback]:
        """Newcomers, and who stands in time."""
        return (one for one in self.costs.ranked if one.id not in state or not is_late(one, state[one.id]))

    def _movable(self, state: Mapping[int, Place]) -> dict[int, int]:
        """All that stand and are not fixed, and how much dearer it would be if they left."""
        calls = [one for one in self.costs.ranked if one.id in state and one.id not in self.fixed]
        dearer = leaving(self.costs, Left(self.diary, state), calls, [state[one.id] for one in calls])
        return dict(zip((one.id for one in calls), dearer.tolist(), strict=True))

    def _may(self, movable: Mapping[int, int], *, long: bool) -> dict[int, int]:
        """The same, with or without long calls."""
        short = {one.id for one in self.costs.ranked if self.costs.units(one) == 1}
        return {one: dearer for one, dearer in movable.items() if long or one in short}

    def _near(
        self, badly: Iterable[Callback], places: Mapping[int, Place], state: Mapping[int, Place], may: Mapping[int, int]
    ) -> set[int]:
        """Who may move: in a small plan all; in a large one these calls, and for each the few that are cheapest to ask.

        Those are of the calls that stand where it could be rung in time, or at all if it has no place.
        """
        if len(state) <= MANY:
            return set(may)
        ids, dearer = np.array(list(may), dtype=np.int64), np.array(list(may.values()), dtype=np.int64)
        standing = [state[one] for one in may]
        starts = np.array([place.start for place in standing], dtype=np.int64)
        near: set[int] = set()
        for callback in badly:
            until = due(callback) if callback.id in places else FAR
            hit = np.flatnonzero(self._alone.overlaps(callback, until, standing))
            price = dearer[hit] + self.costs.time(callback, starts[hit])
            near |= {callback.id, *ids[hit[np.argsort(price, kind="stable")[:FEW]]].tolist()}
        return near

    def _loose(self, state: Mapping[int, Place]) -> set[int]:
        """The calls that have no place, or a late one and a better one is free."""
        late = [one for one in self.costs.ranked if one.id not in self.fixed and is_late(one, state.get(one.id))]
        if not late or not state:
            return {one.id for one in late}
        left = Left(self.diary, state)
        return {one.id for one in late if gains(self.costs, left, one, state.get(one.id))}

    def _could_be_better(self, callback: Callback, places: Mapping[int, Place]) -> bool:
        """Whether a call that is late or left out could have a place in time, or any at all, if only others moved."""
        place = places.get(callback.id)
        if not is_late(callback, place):
            return False
        return self._best_start(callback) <= (due(callback) if place else FAR)

    def _best_start(self, callback: Callback) -> int:
        """The earliest start that this call could have if it were alone with the fixed ones."""
        starts = self._alone.places(callback)[1]
        return int(starts.min()) if len(starts) else FAR + 1


def _cost(draft: Draft) -> int:
    return draft.cost


def _sooner(callback: Callback, places: Mapping[int, Place], others: Mapping[int, Place]) -> bool:
    """Whether a call has an earlier place than in the other plan, or has none there."""
    place, other = places.get(callback.id), others.get(callback.id)
    return place is not None and (other is None or place.start < other.start)


def _clashes(place: Place, booked: list[Stretch]) -> bool:
    return any(place.start < other.end and other.start < place.end for other in booked)
