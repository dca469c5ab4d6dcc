"""What the planner gives back: a place or an obstacle for every callback, what moved, and how good the plan is."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.planner.problem import Assignment
from scheduler.planner.words import Move, Obstacle


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A callback that fits nowhere, why, and what the lead could do."""

    callback: int
    reasons: tuple[Obstacle, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """One sentence for each reason."""
        return tuple(reason.choice for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Moved:
    """A callback that is not where it was (it may now be unplaced), and why."""

    callback: int
    was: Assignment
    why: Move


@dataclass(frozen=True, slots=True)
class Plan:
    """A place or an obstacle for every callback of the problem, in the order of their ids.

    `cost` is the plan's price in minutes of a routine caller's wait (see `costs`). `bound` is the least that any plan
    could cost in the same slots with the calls that were held; `gap` is (cost - bound) / cost, nought when the plan is
    proven best. `complete` is False when the time was up before the planner was done: then it is the best plan so far.
    """

    assignments: tuple[Assignment, ...]
    unplaced: tuple[Unplaced, ...]
    moved: tuple[Moved, ...]
    cost: float
    bound: float
    gap: float
    seconds: float
    method: str
    complete: bool
