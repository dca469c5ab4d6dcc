"""Calls that take time of more than one slot: interpreted calls, and calls whose caller's times fall between the slots.

With them the plan is no flow any more. An easier problem gives a bound and a price for every slot; at such prices the
wide calls choose their places (`packing`); the flow places all others exactly around them. A small plan's easier one
is its linear programme (`linear`), and the flow's own prices correct the first in a few rounds, of which the best is
kept. A large plan's is a flow (`bound`), whose prices are found anew while the calls choose (`dive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from scheduler.planner.bound import relaxed
from scheduler.planner.diary import Place
from scheduler.planner.dive import dive
from scheduler.planner.flow import Flow, Network
from scheduler.planner.linear import SMALL, Programme, columns
from scheduler.planner.options import Choice, Wide
from scheduler.planner.packing import pack

ROUNDS = 6
NEAR_ENOUGH = 0.0025
"""No further round once the plan is this close to its bound."""


class Settled(NamedTuple):
    """The places found, what they cost with fairness, the bound, and whether the time sufficed."""

    places: dict[int, Place]
    cost: int
    bound: int
    complete: bool


class Mix:
    """One problem with wide calls among others."""

    def __init__(self, network: Network, wide: Sequence[Wide], used: Sequence[int]) -> None:
        self.network, self.wide, self.used = network, wide, used
        self.costs, self.slots = network.costs, network.slots

    def settle(self, deadline: float, small: int = SMALL) -> Settled:
        """The best that is found until about the deadline; by the programme if it has at most `small` columns."""
        if columns(self.network, self.wide) <= small:
            return self._in_rounds(deadline)
        bound = relaxed(self.network, self.wide, self.used)
        chosen, complete = dive(self.network, self.wide, self.used, bound, deadline)
        return self._around(chosen, bound.cost)[0]._replace(complete=complete)

    def _in_rounds(self, deadline: float) -> Settled:
        programme = Programme(self.network, self.wide, self.used)
        least, worth = programme.bound()
        best, _ = self._around(programme.dive(), least)
        for turn in range(1, ROUNDS):
            if best.cost - least <= NEAR_ENOUGH * best.cost:
                break
            began = perf_counter()
            found, flow = self._around(pack(self.costs, self.wide, worth, deadline), least)
            best = min(best, found, key=lambda settled: settled.cost)
            if 2 * perf_counter() - began > deadline:
                return best._replace(complete=False)
            worth = worth + (self.network.worth(flow.potentials()) - worth) // (turn + 4)
        return best

    def _around(self, chosen: Sequence[Choice], least: int) -> tuple[Settled, Flow]:
        """The wide calls as chosen, and all others around them."""
        used, blocked, places = list(self.used), np.zeros(len(self.slots), dtype=bool), {}
        cost = sum(self.costs.unplaced(call.callback) for call in self.wide)
        for choice in chosen:
            (callback, options), index = choice
            therapist, start = int(options.therapist[index]), int(options.start[index])
            minutes = used[therapist] + self.slots.length * np.arange(options.units)
            share = self.costs.share(np.full(options.units, therapist), minutes)
            cost += int(options.cost[index] + share.sum()) - self.costs.unplaced(callback)
            choice.book(used, blocked, self.slots.length)
            whose = self.costs.diary.therapists[therapist].id
            places[callback.id] = Place(whose, start, start + callback.minutes)
        flow = self.network.solve(used, blocked)
        return Settled(places | flow.places(), cost + flow.cost, least, complete=True), flow
