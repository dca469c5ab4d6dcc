"""One attempt at a plan: some calls are taken as they stand, all others are placed in what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from scheduler.planner.costs import Costs
from scheduler.planner.diary import Place
from scheduler.planner.flow import Call, Network
from scheduler.planner.options import options_of
from scheduler.planner.problem import Callback
from scheduler.planner.slots import Ints, Slots, allowed, gaps
from scheduler.planner.wide import Mix, Settled

FEW_STARTS = 4
"""A call that could begin at fewer times, if only at slots' own starts, may begin at any minute of the grid."""


_METHODS = {False: "min-cost flow", True: "min-cost flow with an integer programme for long calls"}


class Draft(NamedTuple):
    """A possible plan, its cost, and the least that any could cost.

    `proven`: no other plan in the same slots is cheaper. `complete`: the time sufficed.
    """

    places: dict[int, Place]
    cost: int
    bound: int
    method: str
    proven: bool = False
    complete: bool = True


def draw(costs: Costs, taken: Mapping[int, Place], state: Mapping[int, Place], deadline: float) -> Draft:
    """Place all calls but those `taken`. A call that has a place in `state` leaves it only at a price."""
    diary = costs.diary
    stays = {one: place for one, place in state.items() if one not in taken}
    slots = Slots(diary, gaps(diary, taken), list(stays.values()), costs.length)
    calls = _calls(costs, slots, taken, stays)
    used = _used(costs, taken)
    base = costs.total(taken, taken) - sum(costs.unplaced(call.callback) for call in calls)
    if any(call.options for call in calls):
        found = Mix(costs, slots, calls, used).settle(deadline)
    else:
        flow = Network(costs, slots, calls).single(used)
        found = Settled(flow.places(), flow.cost, flow.cost, complete=True)
    places = _filled(costs, {**taken, **found.places})
    return Draft(
        places,
        cost=costs.total(places, state),
        bound=base + found.bound,
        method=_METHODS[any(call.options for call in calls)],
        proven=found.cost == found.bound and len(places) == len(taken) + len(found.places),
        complete=found.complete,
    )


def _calls(costs: Costs, slots: Slots, taken: Mapping[int, Place], stays: Mapping[int, Place]) -> list[Call]:
    times = np.unique(slots.start[slots.full])
    return [
        _call(costs, slots, times, callback, stays.get(callback.id))
        for callback in costs.ranked
        if callback.id not in taken
    ]


def _call(costs: Costs, slots: Slots, times: Ints, callback: Callback, stays: Place | None) -> Call:
    long = costs.units(callback) > 1
    few = callback.language_required or allowed(costs.diary, callback, times).sum() < FEW_STARTS
    if few:
        few = len(np.unique(slots.places(callback, fine=False)[1])) < FEW_STARTS
    if not long and not few:
        return Call(callback, stays)
    return Call(callback, stays, options_of(costs, slots, callback, stays, fine=few))


def _used(costs: Costs, taken: Mapping[int, Place]) -> list[int]:
    """Each therapist's rota minutes that are used before anything is placed, planned calls counted in whole slots."""
    used = [therapist.minutes_done for therapist in costs.diary.therapists]
    for callback in costs.ranked:
        if callback.id in taken:
            used[costs.diary.position[taken[callback.id].therapist]] += costs.units(callback) * costs.length
    return used


def _filled(costs: Costs, places: dict[int, Place]) -> dict[int, Place]:
    """What the slots left over: a call still without a place gets the cheapest that is free anywhere on the grid."""
    missing = [callback for callback in costs.ranked if callback.id not in places]
    left: Slots | None = None
    for callback in missing:
        if left is None:
            left = Slots(costs.diary, gaps(costs.diary, places), [], costs.length)
        place = cheapest(costs, left, callback)
        if place is not None:
            places[callback.id], left = place, None
    return places


def cheapest(costs: Costs, left: Slots, callback: Callback) -> Place | None:
    """The cheapest place in the time that is left."""
    therapists, starts = left.places(callback, fine=True)
    if not len(starts):
        return None
    best = int(np.argmin(costs.time(callback, starts) + costs.match(callback)[therapists]))
    return Place(costs.diary.therapists[therapists[best]].id, int(starts[best]), int(starts[best]) + callback.minutes)


def gains(costs: Costs, left: Slots, callback: Callback, place: Place | None) -> bool:
    """Whether the time that is left holds a place that is worth a move."""
    other = cheapest(costs, left, callback)
    if other is None or place is None:
        return other is not None
    return costs.place(callback, other, place) < costs.place(callback, place, place)
