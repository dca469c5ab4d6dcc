"""One attempt at a plan: some calls are taken as they stand, all others are placed in what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scheduler.planner.costs import Costs, is_late
from scheduler.planner.diary import Place
from scheduler.planner.flow import Network, Single
from scheduler.planner.left import Ints, Left, allowances
from scheduler.planner.linear import SMALL, SMALL_CHANGE
from scheduler.planner.options import FAR_DEAR, Wide, options_of
from scheduler.planner.problem import Callback
from scheduler.planner.slots import Slots
from scheduler.planner.wide import Mix, Settled

FEW_STARTS = 4
"""A call that could begin at fewer times, if only at slots' own starts, may begin at any minute of the grid."""

MANY = 100
"""With more standing calls a plan is large: a change to it must not take long to plan."""

FLOW = "min-cost flow"
WITH_LONG_CALLS = "min-cost flow with an integer programme for long calls"


class Draft(NamedTuple):
    """A possible plan, its cost, the least that any could cost in the same slots, and whether the time sufficed."""

    places: dict[int, Place]
    cost: int
    bound: int
    method: str
    complete: bool = True


def draw(costs: Costs, taken: Mapping[int, Place], state: Mapping[int, Place], deadline: float) -> Draft:
    """Place all calls but those `taken`. A call that has a place in `state` leaves it only at a price."""
    diary = costs.diary
    stays = {one: place for one, place in state.items() if one not in taken}
    slots = Slots(diary, taken, stays.values(), costs.length)
    single, wide = split_calls(costs, slots, taken, stays)
    used = _used(costs, taken)
    network = Network(costs, slots, single)
    if wide:
        small = SMALL if len(state) <= MANY else SMALL_CHANGE
        found = Mix(network, wide, used).settle(deadline, small)
    else:
        flow = network.solve(used)
        found = Settled(flow.places(), flow.cost, flow.cost, complete=True)
    places = _filled(costs, {**taken, **found.places}, taken)
    base = costs.total(taken, taken) - sum(costs.unplaced(one) for one in costs.ranked if one.id not in taken)
    return Draft(
        places,
        cost=costs.total(places, state),
        bound=base + found.bound,
        method=WITH_LONG_CALLS if wide else FLOW,
        complete=found.complete,
    )


def split_calls(
    costs: Costs, slots: Slots, taken: Mapping[int, Place], stays: Mapping[int, Place]
) -> tuple[list[Single], list[Wide]]:
    """The calls to be placed: those that take one slot, and the wide ones."""
    single, wide = [], []
    calls = [callback for callback in costs.ranked if callback.id not in taken]
    starts = allowances(costs.diary, calls, np.unique(slots.start[slots.full])).sum(axis=1)
    for callback, count in zip(calls, starts.tolist(), strict=True):
        stay, few = stays.get(callback.id), _few_starts(slots, callback, count)
        if few or costs.units(callback) > 1:
            wide.append(Wide(callback, options_of(costs, slots, callback, stay, fine=few)))
        else:
            single.append(Single(callback, stay))
    return single, wide


def _few_starts(slots: Slots, callback: Callback, starts: int) -> bool:
    """Whether slots' own starts, so many when anybody may ring, leave this call little choice."""
    if not callback.language_required and starts >= FEW_STARTS:
        return False
    return len(np.unique(slots.places(callback, fine=False)[1])) < FEW_STARTS


def _used(costs: Costs, taken: Mapping[int, Place]) -> list[int]:
    """Each therapist's rota minutes that are used before anything is placed, planned calls counted in whole slots."""
    used = [therapist.minutes_done for therapist in costs.diary.therapists]
    for callback in costs.ranked:
        if callback.id in taken:
            used[costs.diary.position[taken[callback.id].therapist]] += costs.units(callback) * costs.length
    return used


def _filled(costs: Costs, places: dict[int, Place], taken: Mapping[int, Place]) -> dict[int, Place]:
    """What the slots left over, anywhere on the grid: for a call without a place any, for a late one one in time."""
    badly = [one for one in costs.ranked if one.id not in taken and is_late(one, places.get(one.id))]
    if not badly:
        return places
    left = Left(costs.diary, places)
    for callback in badly:
        place = cheapest(costs, left, callback)
        if place is not None and (callback.id not in places or not is_late(callback, place)):
            places[callback.id] = place
            left.book(place)
    return places


def cheapest(costs: Costs, left: Left, callback: Callback) -> Place | None:
    """The cheapest place in the time that is left."""
    therapists, starts = left.places(callback)
    if not len(starts):
        return None
    best = int(np.argmin(costs.time(callback, starts) + costs.match(callback)[therapists]))
    return Place(costs.diary.therapists[therapists[best]].id, int(starts[best]), int(starts[best]) + callback.minutes)


def gains(costs: Costs, left: Left, callback: Callback, place: Place | None) -> bool:
    """Whether the time that is left holds a place that is worth a move."""
    other = cheapest(costs, left, callback)
    if other is None or place is None:
        return other is not None
    return costs.place(callback, other, place) < costs.place(callback, place, place)


def leaving(costs: Costs, left: Left, calls: Sequence[Callback], places: Sequence[Place]) -> Ints:
    """How much dearer each call would be at the cheapest time that is left, whoever rings."""
    _, starts, ends = left.rows
    times, group = np.unique(starts, return_inverse=True)
    longest = np.zeros(len(times), dtype=np.int64)
    np.maximum.at(longest, group, ends - starts)
    minutes = np.array([one.minutes for one in calls], dtype=np.int64)
    may = allowances(costs.diary, calls, times) & (minutes[:, None] <= longest)
    dearest = np.array([costs.unplaced(one) for one in calls], dtype=np.int64)
    best = np.where(may, costs.times(calls, times), dearest[:, None]).min(axis=1, initial=FAR_DEAR)
    here = costs.times(calls, np.array([place.start for place in places], dtype=np.int64)[:, None])[:, 0]
    dearer: Ints = np.minimum(best, dearest) - here
    return dearer
