"""The exact plan for all calls that fit one slot: a min-cost flow, solved by OR-Tools.

A unit flows from each callback through "slots at this time, for this language and topic" to a slot, its therapist and
the end. Because a cost is a part for the time and a part for the therapist, that step in the middle replaces an arc for
every pair of callback and slot; only the named therapist's slots and the place of the last plan have arcs of their own.
A therapist's arcs to the end cost more one after the other: that is what makes the optimum fair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scheduler.planner.costs import MINUTE, MOVE, NAMED, Costs
from scheduler.planner.diary import Place
from scheduler.planner.left import Ints, allowances
from scheduler.planner.problem import Callback
from scheduler.planner.slots import Slots


class Single(NamedTuple):
    """A callback that takes one slot, and where it may stay."""

    callback: Callback
    stays: Place | None


class Network:
    """The nodes and arcs of one problem: a column of tail, head, capacity and cost for each arc."""

    def __init__(self, costs: Costs, slots: Slots, calls: Sequence[Single]) -> None:
        self.costs, self.slots, self.calls = costs, slots, calls
        self.diary = costs.diary
        self.times, self.time_of = np.unique(slots.start, return_inverse=True)
        kinds = {_kind(call.callback): call.callback for call in calls}
        self.kinds = {kind: index for index, kind in enumerate(kinds)}
        self.first_kind = len(calls)
        self.first_slot = self.first_kind + len(kinds) * len(self.times)
        self.first_therapist = self.first_slot + len(slots)
        self.sink = self.first_therapist + len(self.diary.therapists)
        self._arcs: list[Ints] = []
        self._has = np.zeros((len(kinds), len(self.times)), dtype=bool)
        for index, callback in enumerate(kinds.values()):
            self._add_kind(index, callback)
        self._add_calls()

    @property
    def size(self) -> int:
        """How many arcs there are."""
        return sum(len(arcs[0]) for arcs in self._arcs) + 2 * len(self.slots)

    def solve(self, used: Sequence[int], blocked: NDArray[np.bool_] | None = None) -> Flow:
        """The cheapest flow when therapists have `used` these minutes already and some slots are `blocked`."""
        return Flow(self, self.arcs(used, blocked), np.ones(len(self.calls), dtype=np.int64))

    def arcs(self, used: Sequence[int], blocked: NDArray[np.bool_] | None = None) -> Ints:
        """All arcs; those of the therapists to the end cost the more, the more of their minutes are `used`."""
        slots = np.arange(len(self.slots))
        therapists = self.first_therapist + self.slots.therapist
        open_ = np.ones(len(slots), dtype=np.int64) if blocked is None else 1 - blocked.astype(np.int64)
        order = slots - self.slots.offset[self.slots.therapist]
        taken = np.array(used, dtype=np.int64)[self.slots.therapist] + self.slots.length * order
        share = self.costs.share(self.slots.therapist, taken)
        to_therapist = np.stack([self.first_slot + slots, therapists, open_, np.zeros_like(slots)])
        to_end = np.stack([therapists, np.full_like(slots, self.sink), np.ones_like(slots), share])
        return np.concatenate([*self._arcs, to_therapist, to_end], axis=1)

    def worth(self, potentials: Ints) -> Ints:
        """What each slot is worth to the calls."""
        slots = potentials[self.first_slot : self.first_therapist]
        worth: Ints = np.maximum(potentials[self.sink] - slots, 0)
        return worth

    def layer(self, nodes: Ints) -> Ints:
        """0 for calls, 1 for the middle, 2 for slots, 3 for therapists, 4 for the end. Further nodes are calls."""
        ends = [self.first_kind, self.first_slot, self.first_therapist, self.sink]
        layer: Ints = np.where(nodes > self.sink, 0, np.searchsorted(ends, nodes, side="right"))
        return layer

    def thinned(self, potentials: Ints, most: int) -> Network:
        """The same with so many arcs from each call and each middle node: the likeliest at these potentials.

        And for each call the arc for having no place.
        """
        arcs = np.concatenate(self._arcs, axis=1)
        tails, heads, _, costs = arcs
        order = np.lexsort((costs + potentials[tails] - potentials[heads], tails))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order)) - np.searchsorted(tails[order], tails[order])
        thin = copy(self)
        thin._arcs = [arcs[:, (rank < most) | (heads == self.sink)]]
        return thin

    def _add(self, tails: ArrayLike, heads: ArrayLike, caps: ArrayLike, costs: ArrayLike) -> None:
        columns = (np.atleast_1d(np.asarray(one, dtype=np.int64)) for one in (tails, heads, caps, costs))
        self._arcs.append(np.stack(np.broadcast_arrays(*columns)))

    def _add_kind(self, index: int, callback: Callback) -> None:
        """From each time of one language and topic to the slots that begin then."""
        people = self.diary.therapists
        speaks = np.array([self.diary.speaks(callback, person) for person in people], dtype=bool)
        fit = np.array([self.costs.fit(callback, person) for person in people], dtype=np.int64)
        slots = np.flatnonzero(speaks[self.slots.therapist] & self.slots.full)
        times = self.time_of[slots]
        self._has[index, times] = True
        node = self.first_kind + index * len(self.times)
        self._add(node + times, self.first_slot + slots, 1, fit[self.slots.therapist[slots]])

    def _add_calls(self) -> None:
        """From each call to the end, for no place, and to the times at which it may be."""
        callbacks = [call.callback for call in self.calls]
        moving = np.array([call.stays is not None for call in self.calls], dtype=bool)
        kind = np.array([self.kinds[_kind(callback)] for callback in callbacks], dtype=np.int64)
        named = np.array([self._named(callback) for callback in callbacks], dtype=np.int64)
        cost = self.costs.times(callbacks, self.times)
        may = allowances(self.diary, callbacks, self.times)
        self._add(np.arange(len(callbacks)), self.sink, 1, [self.costs.unplaced(callback) for callback in callbacks])
        self._add_homes(cost)
        cost += np.where(moving, MOVE * MINUTE, 0)[:, None]
        self._add_named(named, may, cost)
        call, time = np.nonzero(may & self._has[kind])
        other = np.where(named >= 0, NAMED * MINUTE, 0)
        self._add(call, self.first_kind + kind[call] * len(self.times) + time, 1, cost[call, time] + other[call])

    def _add_named(self, named: Ints, may: NDArray[np.bool_], cost: Ints) -> None:
        """From a call to the slots of the therapist whom it names."""
        for call in np.flatnonzero(named >= 0).tolist():
            callback, therapist = self.calls[call].callback, self.diary.therapists[named[call]]
            if not self.diary.speaks(callback, therapist):
                continue
            slots = self.slots.of(named[call])
            slots = slots[self.slots.full[slots] & may[call, self.time_of[slots]]]
            fit = self.costs.fit(callback, therapist)
            self._add(call, self.first_slot + slots, 1, cost[call, self.time_of[slots]] + fit)

    def _named(self, callback: Callback) -> int:
        """The position of the therapist whom a call names, -1 for none."""
        return -1 if callback.named is None else self.diary.position.get(callback.named, -1)

    def _add_homes(self, cost: Ints) -> None:
        """From a call to the slot where it stands."""
        homes = [(index, call.stays) for index, call in enumerate(self.calls) if call.stays is not None]
        if not homes:
            return
        calls = np.array([index for index, _ in homes])
        therapists = np.array([self.diary.position[place.therapist] for _, place in homes])
        slots, _ = self.slots.cover(therapists, np.array([place.start for _, place in homes]), 1)
        match = [
            self.costs.match(self.calls[index].callback)[whose] for index, whose in zip(calls, therapists, strict=True)
        ]
        self._add(calls, self.first_slot + slots, 1, cost[calls, self.time_of[slots]] + match)


class Flow:
    """The cheapest flow of so many `units` from each of these `nodes` (the calls, unless told otherwise) to the end."""

    def __init__(self, network: Network, arcs: Ints, units: Ints, nodes: Ints | None = None) -> None:
        from ortools.graph.python import min_cost_flow  # noqa: PLC0415 - heavy, and only the worker needs it

        solver = min_cost_flow.SimpleMinCostFlow()
        numbers = solver.add_arcs_with_capacity_and_unit_cost(*arcs)
        sources = np.arange(len(units)) if nodes is None else nodes
        solver.set_nodes_supplies(np.append(sources, network.sink), np.append(units, -units.sum()))
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise RuntimeError(f"The flow solver ended with {status.name}.")
        self.network, self._arcs = network, arcs
        self.cost = int(solver.optimal_cost())
        self._flows: Ints = solver.flows(numbers)

    def places(self) -> dict[int, Place]:
        """Where each call is. Those that flow through one middle node share out its slots as they come."""
        network, slots = self.network, self.network.slots
        on = self._flows > 0
        onward: dict[int, list[int]] = {}
        found: list[tuple[Callback, int]] = []
        for tail, head in zip(self._arcs[0][on].tolist(), self._arcs[1][on].tolist(), strict=True):
            if network.first_kind <= tail < network.first_slot:
                onward.setdefault(tail, []).append(head)
            elif tail < network.first_kind and head != network.sink:
                found.append((network.calls[tail].callback, head))
        places = {}
        for callback, head in found:
            slot = (head if head >= network.first_slot else onward[head].pop(0)) - network.first_slot
            whose, start = network.diary.therapists[slots.therapist[slot]].id, int(slots.start[slot])
            places[callback.id] = Place(whose, start, start + callback.minutes)
        return places

    def potentials(self) -> Ints:
        """The dual solution: each node's shortest distance, from wherever, in what is left of the network.

        Bellman and Ford's method, all arcs into one layer of nodes at once, down the network and up again.
        """
        distance: Ints = np.zeros(int(max(self._arcs[0].max(), self.network.sink)) + 1, dtype=np.int64)
        layers, nearer = list(self._layers()), True
        while nearer:
            nearer = False
            for tails, costs, nodes, first in layers:
                found = np.minimum(distance[nodes], np.minimum.reduceat(distance[tails] + costs, first))
                nearer = nearer or not np.array_equal(found, distance[nodes])
                distance[nodes] = found
        return distance

    def _layers(self) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
        """For each layer the tails and costs of the arcs left into it, by head; the heads, and where each begins."""
        tails, heads, caps, costs = self._arcs
        down, up = self._flows < caps, self._flows > 0
        ways = (tails[down], heads[down], costs[down]), (heads[up], tails[up], -costs[up])
        for (begin, end, price), order in zip(ways, (1, -1), strict=True):
            layer = self.network.layer(end)
            for one in np.unique(layer)[::order].tolist():
                into = np.flatnonzero(layer == one)
                into = into[np.argsort(end[into], kind="stable")]
                first = np.flatnonzero(np.append(True, end[into][1:] != end[into][:-1]))
                yield begin[into], price[into], end[into][first], first


def _kind(callback: Callback) -> tuple[str | None, bool, str | None]:
    return callback.language, callback.language_required, callback.topic
