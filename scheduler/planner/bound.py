"""The least that a plan with wide calls could cost, and what each slot is worth to it.

Both come from a problem that is easier than the true one: for a small plan its linear programme (see `linear`); for a
large one the flow, in which a wide call takes part with several units, each at its part of the price.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.planner.flow import Flow, Network
from scheduler.planner.left import Ints
from scheduler.planner.options import Wide


class Bound(NamedTuple):
    """No plan costs less; what each slot is worth; and the potential of every node of the flow."""

    cost: int
    worth: Ints
    potentials: Ints


def relaxed(
    network: Network, wide: Sequence[Wide], used: Sequence[int], blocked: NDArray[np.bool_] | None = None
) -> Bound:
    """Each unit of a wide call may go to any slot of any option, for its part of the cheapest option there."""
    more = [network.arcs(used, blocked)]
    for node, (callback, options) in enumerate(wide, start=network.sink + 1):
        slots, costs = options.by_slot()
        none = min(network.costs.unplaced(callback), options.rest)
        heads = np.append(network.first_slot + slots, network.sink)
        caps = np.append(np.ones_like(slots), options.units)
        more.append(np.stack([np.full_like(heads, node), heads, caps, np.append(costs, none) // options.units]))
    units = np.append(np.ones(len(network.calls), dtype=np.int64), [call.options.units for call in wide])
    nodes = np.append(np.arange(len(network.calls)), network.sink + 1 + np.arange(len(wide)))
    flow = Flow(network, np.concatenate(more, axis=1), units, nodes)
    potentials = flow.potentials()
    return Bound(flow.cost, network.worth(potentials), potentials)
