"""Wide calls placed at given prices of the slots: each call once at most, each slot once at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from scheduler.planner.costs import MINUTE, Costs
from scheduler.planner.left import Ints
from scheduler.planner.options import Choice, Wide

TRIED = 40
"""The cheapest places of one call that are chosen from."""


class Offer(NamedTuple):
    """A place of a call and what is gained by it: less than nothing, as a cost."""

    choice: Choice
    gain: int

    @property
    def slots(self) -> range:
        """The slots that it takes."""
        (_, options), place = self.choice
        return range(options.first[place], options.last[place])


def pack(costs: Costs, wide: Sequence[Wide], worth: Ints, deadline: float) -> list[Choice]:
    """The best choice for all together, by an integer programme (SCIP, by OR-Tools); in turn if there is no time."""
    offers = [_offers(costs, call, worth) for call in wide]
    return _best(offers, deadline) or _in_turn(offers)


def in_turn(costs: Costs, wide: Sequence[Wide], worth: Ints) -> list[Choice]:
    """Each call's best place of those that the calls before it left."""
    return _in_turn(_offers(costs, call, worth) for call in wide)


def _offers(costs: Costs, call: Wide, worth: Ints) -> list[Offer]:
    price = call.options.price(worth) - costs.unplaced(call.callback)
    cheapest = np.argsort(price, kind="stable")[:TRIED]
    return [Offer(Choice(call, place), int(price[place])) for place in cheapest[price[cheapest] < 0].tolist()]


def _best(offers: Iterable[Sequence[Offer]], deadline: float) -> list[Choice]:
    from ortools.linear_solver import pywraplp  # noqa: PLC0415 - heavy, and only the worker needs it

    solver = pywraplp.Solver.CreateSolver("SCIP")
    objective, slots, offered = solver.Objective(), {}, []
    for of_one in offers:
        once = solver.Constraint(0, 1)
        for offer in of_one:
            variable = solver.BoolVar("")
            objective.SetCoefficient(variable, offer.gain / MINUTE)
            once.SetCoefficient(variable, 1)
            for slot in offer.slots:
                if slot not in slots:
                    slots[slot] = solver.Constraint(0, 1)
                slots[slot].SetCoefficient(variable, 1)
            offered.append((variable, offer.choice))
    solver.SetTimeLimit(max(1, int(1000 * (deadline - perf_counter()) / 2)))
    if solver.Solve() not in (solver.OPTIMAL, solver.FEASIBLE):
        return []
    return [choice for variable, choice in offered if variable.solution_value() > 0.5]


def _in_turn(offers: Iterable[Sequence[Offer]]) -> list[Choice]:
    chosen: list[Choice] = []
    taken: set[int] = set()
    for of_one in offers:
        offer = next((one for one in of_one if taken.isdisjoint(one.slots)), None)
        if offer is not None:
            taken.update(offer.slots)
            chosen.append(offer.choice)
    return chosen
