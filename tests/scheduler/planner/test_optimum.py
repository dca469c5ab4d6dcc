"""The plan is the best there is, or close to it, and says how close."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from random import Random

import pytest

from benchmarks.greed import greedy
from benchmarks.week import week
from scheduler.planner import Callback, Problem, plan
from scheduler.planner.bound import relaxed
from scheduler.planner.costs import MINUTE, Costs
from scheduler.planner.diary import Diary, Place, floor_minute
from scheduler.planner.draft import FLOW, WITH_LONG_CALLS, split_calls
from scheduler.planner.flow import Network
from scheduler.planner.linear import Programme
from scheduler.planner.slots import Slots
from tests.scheduler.planner.week import AMIRA, BEN, at, callback, problem, standing, therapist

SLOTS = [(AMIRA, "Mon 09:00"), (AMIRA, "Mon 09:25"), (BEN, "Mon 09:00"), (BEN, "Tue 09:00"), (BEN, "Tue 09:25")]
PEOPLE = [therapist(AMIRA, "Mon 09:00-09:50"), therapist(BEN, "Mon 09:00-09:25", "Tue 09:00-09:50")]


def a_few_calls(seed: int, minutes: tuple[int, ...] = (25,)) -> Problem:
    random = Random(seed)
    calls = [
        replace(
            callback(one, random.choice(("Mon 09:00", "Mon 17:00", "Tue 09:10")), priority=random.randrange(4)),
            named=random.choice((None, AMIRA, BEN)),
            minutes=random.choice(minutes),
        )
        for one in range(1, 5)
    ]
    ben = replace(PEOPLE[1], minutes_done=random.choice((0, 50)))
    return problem(calls, [PEOPLE[0], ben])


def best_of_all(asked: Problem) -> int:
    """The cost of the best of all plans in the slots, by trying each."""
    costs = Costs(Diary(asked))
    ids = [one.id for one in asked.callbacks]
    plans = (
        {one: place for one, place in zip(ids, chosen, strict=True) if place}
        for chosen in product(*([None, *places_of(costs, one)] for one in asked.callbacks))
        if not any(clash(*two) for two in combinations([place for place in chosen if place], 2))
    )
    return min(costs.total(one, {}) for one in plans)


def places_of(costs: Costs, call: Callback) -> list[Place]:
    starts = [(who, floor_minute(at(start))) for who, start in SLOTS]
    places = [Place(who, start, start + call.minutes) for who, start in starts]
    return [place for place in places if costs.diary.allows(call, place)]


def clash(one: Place, other: Place) -> bool:
    return one.therapist == other.therapist and one.start < other.end and other.start < one.end


@pytest.mark.parametrize("seed", range(8))
def test_no_other_plan_is_cheaper_than_the_flow(seed: int) -> None:
    asked = a_few_calls(seed)
    made = plan(asked)
    assert made.method == FLOW
    assert round(made.cost * MINUTE) == best_of_all(asked)
    assert made.gap == 0


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_no_other_plan_with_long_calls_is_cheaper_and_none_is_below_the_bound(seed: int) -> None:
    asked = a_few_calls(seed, minutes=(25, 25, 40))
    made, best = plan(asked), best_of_all(asked)
    assert made.method == WITH_LONG_CALLS
    assert round(made.bound * MINUTE) <= round(made.cost * MINUTE) == best


def test_an_everyday_week_is_better_served_than_by_greed() -> None:
    everyday = week(60, 8)
    costs = Costs(Diary(everyday))
    made, by_greed = plan(everyday), greedy(everyday)
    assert len(made.unplaced) <= len(everyday.callbacks) - len(by_greed)
    assert made.cost * MINUTE < costs.total(by_greed, {})


def test_the_quick_bound_of_a_call_that_fits_nowhere_is_the_price_of_leaving_it_out() -> None:
    costs = Costs(Diary(problem([callback(1, talks=("Mon 08:00-08:30",))], PEOPLE)))
    slots = Slots(costs.diary, {}, [], costs.length)
    single, wide = split_calls(costs, slots, {}, {})
    assert relaxed(Network(costs, slots, single), wide, [0, 0]).cost == costs.unplaced(costs.ranked[0])


@pytest.mark.parametrize("seed", [1, 2027])
def test_the_quick_bound_is_below_the_sharp_one_and_both_below_the_plan(seed: int) -> None:
    asked = week(60, 8, long_share=0.1, seed=seed)
    costs = Costs(Diary(asked))
    slots = Slots(costs.diary, {}, [], costs.length)
    single, wide = split_calls(costs, slots, {}, {})
    network, used = Network(costs, slots, single), [0] * len(asked.therapists)
    sharp = Programme(network, wide, used).bound()[0]
    assert relaxed(network, wide, used).cost <= sharp <= plan(asked).cost * MINUTE


@pytest.mark.parametrize("size", [(60, 8), (300, 30)])
def test_with_long_calls_the_plan_is_within_one_part_in_a_hundred_of_its_bound(size: tuple[int, int]) -> None:
    made = plan(week(*size, long_share=0.1), seconds=30)
    assert made.method == WITH_LONG_CALLS
    assert made.complete
    assert made.gap < 0.01


def test_when_the_time_is_up_the_best_plan_so_far_is_used_and_says_so() -> None:
    asked = week(300, 30, long_share=0.1)
    made = plan(asked, seconds=0)
    assert not made.complete
    assert len(made.assignments) == len(asked.callbacks)


def test_one_change_in_a_standing_week_moves_a_few_calls_at_most() -> None:
    asked = week(60, 8)
    kept = standing(asked, plan(asked))
    after = plan(replace(kept, callbacks=(*kept.callbacks, replace(callback(99, "Wed 17:00"), received=asked.now))))
    assert after.moved == ()
