"""The exact plan for all calls that fit one slot: a min-cost flow, solved by OR-Tools.

A unit flows from each callback through "slots at this time, for this language and topic" to a slot, its therapist and
the end. Because a cost is a part for the time and a part for the therapist, that step in the middle replaces an arc for
every pair of callback and slot; only the named therapist's slots and the place of the last plan have arcs of their own.
A therapist's arcs to the end cost more one after the other: that is what makes the optimum fair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scheduler.planner.costs import MINUTE, MOVE, NAMED, Costs
from scheduler.planner.diary import Place
from scheduler.planner.left import Ints, allowed
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
        for index, call in enumerate(calls):
            self._add_call(index, call)

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

    def _add_call(self, index: int, call: Single) -> None:
        callback = call.callback
        self._add(index, self.sink, 1, self.costs.unplaced(callback))
        kind = self.kinds[_kind(callback)]
        may = allowed(self.diary, callback, self.times)
        cost = self.costs.time(callback, self.times) + (MOVE * MINUTE if call.stays else 0)
        named = None if callback.named is None else self.diary.position.get(callback.named)
        times = np.flatnonzero(may & self._has[kind])
        other = 0 if named is None else NAMED * MINUTE
        self._add(index, self.first_kind + kind * len(self.times) + times, 1, cost[times] + other)
        if named is not None and self.diary.speaks(callback, self.diary.therapists[named]):
            mine = self.slots.of(named)
            mine = mine[self.slots.full[mine] & may[self.time_of[mine]]]
            fit = self.costs.fit(callback, self.diary.therapists[named])
            self._add(index, self.first_slot + mine, 1, cost[self.time_of[mine]] + fit)
        if call.stays is not None:
            slot, _ = self.slots.covered(call.stays)
            self._add(index, self.first_slot + slot, 1, self.costs.place(callback, call.stays, call.stays))


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

    def worth(self) -> Ints:
        """What each slot is worth to the calls: the dual solution, as shortest distances in the rest of the network.

        Bellman and Ford's method, all arcs at once.
        """
        tails, heads, caps, costs = self._arcs
        on, back = self._flows < caps, self._flows > 0
        tail, head = np.concatenate([tails[on], heads[back]]), np.concatenate([heads[on], tails[back]])
        order = np.argsort(head, kind="stable")
        tail, head, cost = tail[order], head[order], np.concatenate([costs[on], -costs[back]])[order]
        first = np.flatnonzero(np.append(True, head[1:] != head[:-1]))
        nodes = head[first]
        distance: Ints = np.zeros(max(self.network.sink, int(tail.max()), int(head[-1])) + 1, dtype=np.int64)
        for _ in range(len(distance)):
            nearer = np.minimum(distance[nodes], np.minimum.reduceat(distance[tail] + cost, first))
            if np.array_equal(nearer, distance[nodes]):
                break
            distance[nodes] = nearer
        slots = distance[self.network.first_slot : self.network.first_therapist]
        worth: Ints = np.maximum(distance[self.network.sink] - slots, 0)
        return worth


def _kind(callback: Callback) -> tuple[str | None, bool, str | None]:
    return callback.language, callback.language_required, callback.topic
