"""Calls that take time of more than one slot: interpreted calls, and calls whose caller's times fall between the slots.

With them the plan is no flow any more. An easier problem (`bound`, `linear`) gives a price for every slot; an integer
programme (SCIP, by OR-Tools) places the wide calls at those prices; the flow places all others exactly around them, and
its prices correct the first. A few rounds come close to the bound; the best plan of all rounds is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from scheduler.planner.bound import relaxed
from scheduler.planner.costs import MINUTE
from scheduler.planner.diary import Place
from scheduler.planner.flow import Flow, Network
from scheduler.planner.left import Ints
from scheduler.planner.linear import SMALL, Programme, columns
from scheduler.planner.options import Choice, Wide

ROUNDS = 6
NEAR_ENOUGH = 0.0025
"""No further round once the plan is this close to its bound."""

TRIED = 40
"""The cheapest places of one call that a round's integer programme chooses from."""


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

    def settle(self, deadline: float) -> Settled:
        """The best of a few rounds."""
        small = columns(self.network, self.wide) <= SMALL
        programme = Programme(self.network, self.wide, self.used) if small else None
        least, worth = programme.bound() if programme else relaxed(self.network, self.wide, self.used)
        chosen = programme.dive() if programme else self._choose(worth, deadline)
        best, _ = self._around(chosen, least)
        for turn in range(1, ROUNDS):
            if best.cost - least <= NEAR_ENOUGH * best.cost:
                break
            began = perf_counter()
            found, flow = self._around(self._choose(worth, deadline), least)
            best = min(best, found, key=lambda settled: settled.cost)
            if 2 * perf_counter() - began > deadline:
                return best._replace(complete=False)
            worth = worth + (flow.worth() - worth) // (turn + 4)
        return best

    def _around(self, chosen: Sequence[Choice], least: int) -> tuple[Settled, Flow]:
        """The wide calls as chosen, and all others around them."""
        used, blocked, places = list(self.used), np.zeros(len(self.slots), dtype=bool), {}
        cost = sum(self.costs.unplaced(call.callback) for call in self.wide)
        for (callback, options), index in chosen:
            therapist, start = int(options.therapist[index]), int(options.start[index])
            minutes = used[therapist] + self.slots.length * np.arange(options.units)
            share = self.costs.share(np.full(options.units, therapist), minutes)
            cost += int(options.cost[index] + share.sum()) - self.costs.unplaced(callback)
            used[therapist] += self.slots.length * options.units
            blocked[options.first[index] : options.last[index]] = True
            whose = self.costs.diary.therapists[therapist].id
            places[callback.id] = Place(whose, start, start + callback.minutes)
        flow = self.network.solve(used, blocked)
        return Settled(places | flow.places(), cost + flow.cost, least, complete=True), flow

    def _choose(self, worth: Ints, deadline: float) -> list[Choice]:
        """The wide calls' best places at these prices: each call once at most, each slot once at most."""
        from ortools.linear_solver import pywraplp  # noqa: PLC0415 - heavy, and only the worker needs it

        solver = pywraplp.Solver.CreateSolver("SCIP")
        objective, slots, chosen = solver.Objective(), {}, []
        for call in self.wide:
            once = solver.Constraint(0, 1)
            options = call.options
            price = options.price(worth) - self.costs.unplaced(call.callback)
            best = np.argsort(price, kind="stable")[:TRIED]
            for index in best[price[best] < 0].tolist():
                variable = solver.BoolVar("")
                objective.SetCoefficient(variable, int(price[index]) / MINUTE)
                once.SetCoefficient(variable, 1)
                for slot in range(options.first[index], options.last[index]):
                    if slot not in slots:
                        slots[slot] = solver.Constraint(0, 1)
                    slots[slot].SetCoefficient(variable, 1)
                chosen.append((variable, Choice(call, index)))
        solver.SetTimeLimit(max(1, int(1000 * (deadline - perf_counter()) / 2)))
        if solver.Solve() not in (solver.OPTIMAL, solver.FEASIBLE):
            return []
        return [choice for variable, choice in chosen if variable.solution_value() > 0.5]
