"""A small plan with wide calls as a linear programme: a sharp bound, prices, and a good choice for the wide calls.

GLOP, by OR-Tools, solves it. Large plans make do with `bound`'s relaxation: these rows would take too long to build.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scheduler.planner.costs import MINUTE
from scheduler.planner.flow import Network
from scheduler.planner.left import Ints
from scheduler.planner.options import Choice, Wide

if TYPE_CHECKING:
    from ortools.linear_solver import pywraplp

SMALL = 20_000
"""Columns of a programme that is worth its while."""
SMALL_CHANGE = 5_000
"""The same for a change to a large plan, which is to be planned in less than a second."""

NOUGHT = 1e-6


def columns(network: Network, wide: Sequence[Wide]) -> int:
    """How many columns the programme would have."""
    return network.size + sum(len(call.options.cost) for call in wide)


class Programme:
    """One row for each node of the flow, each slot and each wide call; one column for each arc and each option."""

    def __init__(self, network: Network, wide: Sequence[Wide], used: Sequence[int]) -> None:
        from ortools.linear_solver import pywraplp  # noqa: PLC0415 - heavy, and only the worker needs it

        self.network = network
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self.cost = self.solver.Objective()
        supplies = [int(node < len(network.calls)) for node in range(network.sink)]
        self.nodes = [self.solver.Constraint(supply, supply) for supply in supplies]
        self.slots = [self.solver.Constraint(0, 1) for _ in range(len(network.slots))]
        self.choices: list[tuple[pywraplp.Variable, Choice]] = []
        for arc in network.arcs(used).T.tolist():
            self._add_arc(*arc)
        for call in wide:
            self._add_call(call)
        self._solve()

    def bound(self) -> tuple[int, Ints]:
        """The optimum, and what each slot is worth by the dual prices; before any dive."""
        slots = np.array([-row.dual_value() for row in self.slots])
        people = np.array([row.dual_value() for row in self.nodes[self.network.first_therapist :]])
        worth = np.maximum(slots + people[self.network.slots.therapist], 0) * MINUTE
        return int(self.cost.Value() * MINUTE), worth.astype(np.int64)

    def dive(self) -> list[Choice]:
        """A whole choice for each wide call: as long as some are split, the largest part is made whole."""
        while True:
            parts = [(column.solution_value(), column, choice) for column, choice in self.choices]
            split = [part for part in parts if NOUGHT < part[0] < 1 - NOUGHT]
            if not split:
                return [choice for value, _, choice in parts if value > NOUGHT]
            largest = max(split, key=lambda part: part[0])[1]
            largest.SetBounds(1, 1)
            self._solve()

    def _solve(self) -> None:
        if self.solver.Solve() != self.solver.OPTIMAL:
            raise RuntimeError("The linear solver found no optimum.")

    def _add_arc(self, tail: int, head: int, cap: int, cost: int) -> None:
        column = self.solver.NumVar(0, cap, "")
        self.cost.SetCoefficient(column, cost / MINUTE)
        self.nodes[tail].SetCoefficient(column, 1)
        if head < self.network.sink:
            self.nodes[head].SetCoefficient(column, -1)
        if self.network.first_slot <= tail < self.network.first_therapist:
            self.slots[tail - self.network.first_slot].SetCoefficient(column, 1)

    def _add_call(self, call: Wide) -> None:
        options = call.options
        once = self.solver.Constraint(1, 1)
        none = self.solver.NumVar(0, 1, "")
        once.SetCoefficient(none, 1)
        self.cost.SetCoefficient(none, min(self.network.costs.unplaced(call.callback), options.rest) / MINUTE)
        for index, cost in enumerate((options.cost / MINUTE).tolist()):
            column = self.solver.NumVar(0, 1, "")
            once.SetCoefficient(column, 1)
            self.cost.SetCoefficient(column, cost)
            self.nodes[self.network.first_therapist + options.therapist[index]].SetCoefficient(column, -options.units)
            for slot in range(options.first[index], options.last[index]):
                self.slots[slot].SetCoefficient(column, 1)
            self.choices.append((column, Choice(call, index)))
