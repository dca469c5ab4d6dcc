"""The planner's rival: greed, on the planner's own scale."""

from __future__ import annotations

from scheduler.planner import Problem
from scheduler.planner.costs import Costs
from scheduler.planner.diary import Diary, Place
from scheduler.planner.draft import cheapest
from scheduler.planner.left import Left


def greedy(problem: Problem) -> dict[int, Place]:
    """One callback after the other, the most pressing first, each at the cheapest place that is left."""
    costs = Costs(Diary(problem))
    places: dict[int, Place] = {}
    left = Left(costs.diary, places)
    for callback in costs.ranked:
        place = cheapest(costs, left, callback)
        if place is not None:
            places[callback.id] = place
            left.book(place)
    return places
