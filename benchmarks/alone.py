"""One made-up week planned in a process of its own, so that its memory is its own: prints the figures as JSON.

    python -m benchmarks.alone 2000x100+long planner 120

The plan is made by `planner` or by `greed`, in about so many seconds. Then the same again, each time with one change:
nothing, an urgent newcomer, a therapist away.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from time import perf_counter, process_time
from typing import Any

from benchmarks.greed import greedy
from benchmarks.score import Score, assignments_of, places_of
from benchmarks.week import MONDAY, week
from scheduler.planner import Callback, Problem, plan
from scheduler.planner.diary import Place

LONG_SHARE = 0.1

Planned = tuple[Mapping[int, Place], dict[str, Any]]
Planner = Callable[[Problem], Planned]


def main(case: str, who: str, seconds: float) -> None:
    """Measure one."""
    plan(week(5, 2, long_share=0.5))  # so that loading the solvers is not measured
    size, _, long = case.partition("+")
    callbacks, therapists = (int(number) for number in size.split("x"))
    problem = week(callbacks, therapists, long_share=LONG_SHARE if long else 0.0)
    planner: Planner = partial(_planned, seconds=seconds) if who == "planner" else _by_greed
    (places, told), wall, processor = _timed(planner, problem)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    measured = {"wall": wall, "processor": processor, "memory": memory}
    replans = [_replan(planner, change, changed, places) for change, changed in _changes(problem, places)]
    print(json.dumps(measured | told | asdict(Score.of(problem, places)) | {"replans": replans}))


def _planned(problem: Problem, seconds: float) -> Planned:
    made = plan(problem, seconds=seconds)
    return places_of(made), {"gap": made.gap, "complete": made.complete, "method": made.method}


def _by_greed(problem: Problem) -> Planned:
    return greedy(problem), {}


def _changes(problem: Problem, places: Mapping[int, Place]) -> list[tuple[str, Problem]]:
    """What is asked of a re-plan, once the plan is written down."""
    written = assignments_of(places)
    calls = tuple(replace(one, current=written.get(one.id)) for one in problem.callbacks)
    standing = replace(problem, callbacks=calls)
    newcomer = Callback(0, MONDAY, MONDAY + timedelta(hours=8), priority=1)
    first, *others = problem.therapists
    away = (replace(first, absences=first.sessions), *others)
    return [
        ("nothing new", standing),
        ("an urgent newcomer", replace(standing, callbacks=(*calls, newcomer))),
        ("a therapist away", replace(standing, therapists=away)),
    ]


def _replan(planner: Planner, change: str, changed: Problem, places: Mapping[int, Place]) -> dict[str, Any]:
    (again, _), wall, processor = _timed(planner, changed)
    moved = sum(again.get(one) != place for one, place in places.items())
    return {"change": change, "wall": wall, "processor": processor, "moved": moved}


def _timed(planner: Planner, problem: Problem) -> tuple[Planned, float, float]:
    """What is planned, and the seconds of the clock and of the processor."""
    began, began_processor = perf_counter(), process_time()
    planned = planner(problem)
    return planned, perf_counter() - began, process_time() - began_processor


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
