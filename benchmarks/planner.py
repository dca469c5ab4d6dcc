"""The planner against greedy on made-up weeks: seconds, who is left out or late, fairness, and the gap to the bound.

    python -m benchmarks.planner [60x8 300x30 2000x100 10000x500] [--long]

`--long` makes one call in ten an interpreted one, which does not fit one slot. Greedy takes the callbacks one after the
other, the most pressing first, and gives each the cheapest place that is left, weighed on the planner's own scale.
"""

from __future__ import annotations

import resource
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from time import perf_counter, process_time
from typing import TypeVar

from scheduler.planner import Callback, Plan, Problem, Span, Therapist, plan
from scheduler.planner.costs import MINUTE, Costs
from scheduler.planner.diary import Diary, Place, floor_minute
from scheduler.planner.draft import cheapest
from scheduler.planner.left import Left

T = TypeVar("T")

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
LIMITS = {"60x8": 10.0, "300x30": 10.0, "2000x100": 10.0, "10000x500": 120.0}
SLOTS_A_SESSION = 7
LANGUAGES = ("pl", "ro", "ur", "bn", "so")
TOPICS = ("sensory", "handwriting", "seating", "feeding", "equipment")
MORNINGS, AFTERNOONS = (0, 0, 0, 30, 60), (240, 270, 300, 300)
BEFORE_NOON, LUNCH, AFTER_SCHOOL = (0, 180), (180, 300), (375, 480)


@dataclass(frozen=True)
class Score:
    """How one plan serves callers and therapists."""

    seconds: float
    processor: float
    unplaced: int
    late: int
    named: int
    fairness_sd: float
    fairness_range: float
    cost: float

    def __str__(self) -> str:
        return (
            f"{self.seconds:7.2f} s (processor {self.processor:.2f})  unplaced {self.unplaced:4}  late {self.late:4}"
            f"  named therapist {self.named:4}  share of rota used: sd {self.fairness_sd:.3f}"
            f" range {self.fairness_range:.2f}  cost {self.cost:,.0f}"
        )


def week(callbacks: int, therapists: int, *, long_share: float = 0.0, seed: int = 2027) -> Problem:
    """A believable week, the same for the same arguments: what is open on a Monday, and the rota.

    Two sessions a therapist, as small services have; more where that is less than 1.25 of the callbacks' time.
    """
    random = Random(seed)
    sessions = max(2.0, callbacks * 1.25 / therapists / SLOTS_A_SESSION)
    return Problem(
        now=MONDAY,
        callbacks=tuple(_callback(random, one, therapists, long_share) for one in range(1, callbacks + 1)),
        therapists=tuple(_therapist(random, one, sessions) for one in range(1, therapists + 1)),
        windows=tuple(_span(day, (0, 480)) for day in range(5)),
    )


def greedy(problem: Problem) -> dict[int, Place]:
    """The greedy plan."""
    costs = Costs(Diary(problem))
    places: dict[int, Place] = {}
    left = Left(costs.diary, places)
    for callback in costs.ranked:
        place = cheapest(costs, left, callback)
        if place is not None:
            places[callback.id] = place
            left.book(place)
    return places


def score(problem: Problem, places: Mapping[int, Place], seconds: tuple[float, float]) -> Score:
    """What a plan is worth that took so many seconds of the clock and of the processor."""
    costs = Costs(Diary(problem))
    used = dict.fromkeys(costs.diary.position, 0)
    for place in places.values():
        used[place.therapist] += place.end - place.start
    shares = [used[one] / costs.diary.rota_minutes[index] for one, index in costs.diary.position.items()]
    calls = {callback.id: callback for callback in problem.callbacks}
    return Score(
        *seconds,
        unplaced=len(calls) - len(places),
        late=sum(place.start > floor_minute(calls[one].due) for one, place in places.items()),
        named=sum(place.therapist == calls[one].named for one, place in places.items()),
        fairness_sd=statistics.pstdev(shares),
        fairness_range=max(shares) - min(shares),
        cost=costs.total(places, {}) / MINUTE,
    )


def measure(size: str, long_share: float) -> None:
    """Print everything about one size."""
    callbacks, therapists = (int(number) for number in size.split("x"))
    problem = week(callbacks, therapists, long_share=long_share)
    made, seconds = timed(lambda: plan(problem, seconds=LIMITS.get(size, 60.0)))
    by_greed, greedy_seconds = timed(lambda: greedy(problem))
    named = sum(one.named is not None for one in problem.callbacks)
    print(f"{size}, {long_share:.0%} long calls, {named} name a therapist")
    print(f"  planner {score(problem, _places(made), seconds)}")
    print(f"  greedy  {score(problem, by_greed, greedy_seconds)}")
    print(
        f"  {made.method}; gap to the bound {made.gap:.3%}; {'complete' if made.complete else 'stopped by its limit'}"
    )
    print(f"  {_replans(problem, made)}; memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def timed(work: Callable[[], T]) -> tuple[T, tuple[float, float]]:
    """The work's result, and its seconds of the clock and of the processor."""
    began, began_processor = perf_counter(), process_time()
    result = work()
    return result, (perf_counter() - began, process_time() - began_processor)


def _replans(problem: Problem, made: Plan) -> str:
    """The same again, then with one urgent newcomer, then with one therapist away."""
    places = {one.callback: one for one in made.assignments}
    standing = replace(problem, callbacks=tuple(replace(one, current=places.get(one.id)) for one in problem.callbacks))
    newcomer = Callback(0, MONDAY, MONDAY + timedelta(hours=8), priority=1)
    first = problem.therapists[0]
    theirs = sum(one.therapist == first.id for one in made.assignments)
    away = (replace(first, absences=first.sessions), *problem.therapists[1:])
    changes = {
        "nothing new": standing,
        "an urgent newcomer": replace(standing, callbacks=(*standing.callbacks, newcomer)),
        f"a therapist with {theirs} calls away": replace(standing, therapists=away),
    }
    told = []
    for name, changed in changes.items():
        again, (seconds, processor) = timed(partial(plan, changed))
        told.append(f"{name} {seconds:.2f} s ({processor:.2f}), {len(again.moved)} moved")
    return "re-plan: " + "; ".join(told)


def _places(made: Plan) -> dict[int, Place]:
    return {
        one.callback: Place(one.therapist, floor_minute(one.start), floor_minute(one.end)) for one in made.assignments
    }


def _therapist(random: Random, one: int, sessions: float) -> Therapist:
    halves = [(day, half) for day in range(5) for half in (MORNINGS, AFTERNOONS)]
    count = max(1, min(len(halves), round(random.gauss(sessions, 0.6))))
    starts = [(day, random.choice(half)) for day, half in random.sample(halves, count)]
    return Therapist(
        id=one,
        sessions=tuple(_span(day, (start, min(start + 180, 480))) for day, start in starts),
        languages=frozenset(random.sample(LANGUAGES, random.choice((0, 0, 0, 1)))),
        skills=frozenset(random.sample(TOPICS, 2)),
    )


def _callback(random: Random, one: int, therapists: int, long_share: float) -> Callback:
    """Received today or on one of the last two working days; due, by priority, today or up to four days on."""
    priority = random.choices((1, 2, 3), (8, 20, 72))[0]
    age = random.choice((0, 1, 1, 2)) if priority > 1 else 0
    due_day = max(0, priority + random.choice((0, 0, 1)) - age)
    weekend = 2 if age else 0
    return Callback(
        id=one,
        received=MONDAY - timedelta(days=age + weekend, minutes=random.randrange(30, 480)),
        due=MONDAY + timedelta(days=due_day, minutes=480),
        priority=priority,
        minutes=40 if random.random() < long_share else 25,
        windows=_windows(random),
        language=random.choice(LANGUAGES) if random.random() < 0.1 else None,
        topic=random.choice(TOPICS) if random.random() < 0.6 else None,
        named=random.randint(1, therapists) if random.random() < 0.25 else None,
    )


def _windows(random: Random) -> tuple[Span, ...] | None:
    hours = random.choices((None, BEFORE_NOON, LUNCH, AFTER_SCHOOL), (60, 15, 8, 17))[0]
    if hours is None:
        return None
    days = range(5) if random.random() < 0.8 else random.sample(range(5), 2)
    return tuple(_span(day, hours) for day in days)


def _span(day: int, minutes: tuple[int, int]) -> Span:
    start, end = (MONDAY + timedelta(days=day, minutes=one) for one in minutes)
    return Span(start, end)


def main() -> None:
    """Measure the sizes that were asked for, the everyday one when none was."""
    plan(week(5, 2, long_share=0.5))  # so that loading the solvers is not measured
    for size in [one for one in sys.argv[1:] if one != "--long"] or ["60x8"]:
        measure(size, 0.1 if "--long" in sys.argv else 0.0)


if __name__ == "__main__":
    main()
