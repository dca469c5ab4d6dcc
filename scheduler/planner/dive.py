"""The choice of the wide calls' places in a large plan: a part of them at a time, at prices found anew in between.

At one set of prices the calls would crowd where the prices are low. So the most pressing calls take their places first,
and the flow in which the others take part with several units (see `bound`) tells what the slots are worth then. Those
flows leave out all arcs that the first prices make unlikely: they guide the choice, and prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from scheduler.planner.bound import Bound, relaxed
from scheduler.planner.flow import Network
from scheduler.planner.options import Choice, Wide
from scheduler.planner.packing import in_turn, pack

PARTS = 4

ARCS = 20
"""The likeliest arcs from each node that the flows in between keep, and of each wide call's places the likeliest."""
PLACES = 100


def dive(
    network: Network, wide: Sequence[Wide], used: Sequence[int], bound: Bound, deadline: float
) -> tuple[list[Choice], bool]:
    """A choice for each wide call that has a place worth its price, and whether the time sufficed."""
    thin, worth = network.thinned(bound.potentials, ARCS), bound.worth
    minutes, blocked = list(used), np.zeros(len(network.slots), dtype=bool)
    chosen: list[Choice] = []
    rest = list(wide)
    for parts in range(PARTS, 0, -1):
        rest = [call.thinned(worth, blocked, PLACES) for call in rest]
        late = perf_counter() > deadline
        last = late or parts == 1
        best = pack(network.costs, rest, worth, deadline) if last else in_turn(network.costs, rest, worth)
        part = best if last else best[: -(-len(best) // parts)]
        for choice in part:
            choice.book(minutes, blocked, network.slots.length)
        chosen += part
        settled = {choice.call.callback.id for choice in part}
        rest = [call for call in rest if call.callback.id not in settled]
        if last or not rest:
            break
        worth = relaxed(thin, rest, minutes, blocked).worth
    return chosen, not late
