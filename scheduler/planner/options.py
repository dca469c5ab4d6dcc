"""The places that a call may have which may take time of more than one slot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.planner.costs import MINUTE, MOVE, Costs
from scheduler.planner.diary import Place
from scheduler.planner.left import Ints
from scheduler.planner.problem import Callback
from scheduler.planner.slots import Slots

KEPT = 2000
"""The cheapest places of one call that are looked at."""

FAR_DEAR = 2**62


class Options(NamedTuple):
    """Therapist (by position), start, first and last+1 slot, and cost of each place, the cheapest first.

    `units` are the slots of work in the call; `rest` is the cost below which no place was left out.
    """

    units: int
    rest: int
    therapist: Ints
    start: Ints
    first: Ints
    last: Ints
    cost: Ints

    def price(self, worth: Ints) -> Ints:
        """Each option's cost with the worth of the slots that it takes."""
        total = np.append(0, np.cumsum(worth))
        price: Ints = self.cost + total[self.last] - total[self.first]
        return price

    def cheapest(self, worth: Ints, blocked: NDArray[np.bool_], most: int) -> Options:
        """So many of them at the most, the cheapest at these prices, that take no blocked slot."""
        total = np.append(0, np.cumsum(blocked))
        free = np.flatnonzero(total[self.last] == total[self.first])
        best = free[np.argsort(self.price(worth)[free], kind="stable")[:most]]
        best.sort()
        return Options(self.units, FAR_DEAR, *(column[best] for column in self[2:]))

    def by_slot(self) -> tuple[Ints, Ints]:
        """Every slot that some option takes, and the cost of the cheapest that does."""
        count = self.last - self.first
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        slots, first = np.unique(np.repeat(self.first, count) + within, return_index=True)
        return slots, np.repeat(self.cost, count)[first]


class Wide(NamedTuple):
    """A callback that may take time of more than one slot, and its places."""

    callback: Callback
    options: Options

    def thinned(self, worth: Ints, blocked: NDArray[np.bool_], most: int) -> Wide:
        """With its likeliest places alone."""
        return Wide(self.callback, self.options.cheapest(worth, blocked, most))


class Choice(NamedTuple):
    """One of the options of a call."""

    call: Wide
    place: int

    def book(self, used: list[int], blocked: NDArray[np.bool_], length: int) -> None:
        """Count it among the therapists' `used` minutes and the `blocked` slots."""
        options = self.call.options
        used[options.therapist[self.place]] += length * options.units
        blocked[options.first[self.place] : options.last[self.place]] = True


def options_of(costs: Costs, slots: Slots, callback: Callback, stays: Place | None, *, fine: bool) -> Options:
    """The places of one call: at slots' own starts, or with `fine` at any start on the grid."""
    therapist, start = slots.places(callback, fine=fine)
    cost = costs.time(callback, start) + costs.match(callback)[therapist]
    if stays is not None:
        home = (therapist == costs.diary.position[stays.therapist]) & (start == stays.start)
        cost += np.where(home, 0, MOVE * MINUTE)
    order = np.argsort(cost, kind="stable")
    rest = int(cost[order[KEPT]]) if len(order) > KEPT else costs.unplaced(callback)
    order = order[:KEPT]
    therapist, start, cost = therapist[order], start[order], cost[order]
    first, last = slots.cover(therapist, start, callback.minutes)
    return Options(costs.units(callback), rest, therapist, start, first, last, cost)
