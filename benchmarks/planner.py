"""The planner against greed on made-up weeks: seconds, memory, who is late, minutes unfair, moves, gap to the bound.

    python -m benchmarks.planner [60x8 300x30 2000x100 2000x100+long 10000x500]

60x8 is 60 callbacks for 8 therapists; `+long` makes one call in ten an interpreted one, which does not fit one slot.
The gap is what the plan could at most be dearer than the best one: (cost - bound) / cost. Each plan is made in a
process of its own (`python -m benchmarks.alone`). The clock's seconds mean something only while nothing else runs: the
load at the start is told. Greed takes one callback after the other, the most pressing first, and gives each the
cheapest place that is left, weighed on the planner's own scale; its re-plan is made anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CASES = ("60x8", "300x30", "2000x100", "2000x100+long", "10000x500")
MOST = 120.0  # seconds that a plan may take before the best so far is used
CUT_SHORT = 1.0  # seconds after which one plan is stopped, to see what is used then
STOPPED = "2000x100+long"  # which one


@dataclass(frozen=True)
class Goal:
    """What is promised of one week on two quiet cores: seconds of the clock, the gap, and seconds of a re-plan."""

    seconds: float = MOST
    gap: float | None = None
    replan: float | None = None


GOALS = {
    "60x8": Goal(0.2, 0.01, 1.0),
    "300x30": Goal(5.0, 0.01, 1.0),
    "2000x100": Goal(5.0, 0.01, 1.0),
    "2000x100+long": Goal(10.0, 0.05, 1.0),
    "10000x500": Goal(MOST),
}
FIGURES = (
    ("wall", "seconds of the clock", "{:.2f}"),
    ("processor", "seconds of the processor", "{:.2f}"),
    ("memory", "memory at most, MB", "{:.0f}"),
    ("late", "callbacks late", "{:,}"),
    ("unplaced", "callbacks without a place", "{:,}"),
    ("unfair", "minutes unfair", "{:,}"),
    ("named", "with the therapist they name", "{:,}"),
    ("cost", "cost in minutes of a wait", "{:,.0f}"),
)


def main(cases: list[str]) -> None:
    """Measure these weeks and print the figures beside the goals."""
    print(f"  (load at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)")
    for case in cases:
        _compare(case)
    if STOPPED in cases:
        stopped = _alone(STOPPED, "planner", CUT_SHORT)
        print(f"  {STOPPED} stopped after {CUT_SHORT:.0f} s: {_quality(stopped)}, late {stopped['late']}")


def _compare(case: str) -> None:
    ours, greed = _alone(case, "planner", MOST), _alone(case, "greed", MOST)
    print(f"  {case:<28}{'planner':>12}{'greed':>12}{'ratio':>8}")
    for figure, name, form in FIGURES:
        mine, theirs = ours[figure], greed[figure]
        ratio = f"{mine / theirs:.2f}" if theirs else "-"
        print(f"    {name:<26}{form.format(mine):>12}{form.format(theirs):>12}{ratio:>8}")
    for mine, theirs in zip(ours["replans"], greed["replans"], strict=True):
        print(f"    {mine['change']}: planner {_replan(mine)}; greed {_replan(theirs)}")
    print(f"    {_quality(ours)}; {ours['method']}")
    for line in _against(GOALS.get(case, Goal()), ours):
        print(f"    goal: {line}", flush=True)


def _quality(made: dict[str, Any]) -> str:
    until = "complete" if made["complete"] else "not complete: the best plan so far"
    return f"gap to the bound {made['gap']:.3%}, {until}"


def _replan(made: dict[str, Any]) -> str:
    return f"{made['wall']:.2f} s (processor {made['processor']:.2f}), moves {made['moved']}"


def _against(goal: Goal, made: dict[str, Any]) -> Iterator[str]:
    yield _kept("seconds of the clock", made["wall"], goal.seconds, "{:.2f}")
    if goal.gap is not None:
        yield _kept("gap to the bound", made["gap"], goal.gap, "{:.3%}")
    if goal.replan is not None:
        slowest = max(replan["wall"] for replan in made["replans"])
        yield _kept("seconds of a re-plan", slowest, goal.replan, "{:.2f}")


def _kept(name: str, figure: float, limit: float, form: str) -> str:
    return f"{name} at most {form.format(limit)}: {form.format(figure)}, {'kept' if figure <= limit else 'NOT KEPT'}"


def _alone(case: str, who: str, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.alone", case, who, str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


if __name__ == "__main__":
    main(sys.argv[1:] or list(CASES))
