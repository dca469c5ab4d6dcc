"""How a plan serves callers and therapists: the figures by which the planner and its rival are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.planner import Assignment, Plan, Problem
from scheduler.planner.costs import MINUTE, Costs
from scheduler.planner.diary import Diary, Place, floor_minute, moment


@dataclass(frozen=True)
class Score:
    """Callbacks late, without a place and with the therapist they name, minutes unfair, and the planner's cost.

    `unfair` are the minutes of calls that would have to change hands until everybody used the same part of their rota.
    Some can never change hands, since callers choose their times and some calls cannot wait for another's session.
    """

    late: int
    unplaced: int
    named: int
    unfair: int
    cost: float

    @classmethod
    def of(cls, problem: Problem, places: Mapping[int, Place]) -> Score:
        """Of a plan made from nothing."""
        costs = Costs(Diary(problem))
        calls = {callback.id: callback for callback in problem.callbacks}
        return cls(
            late=sum(place.start > floor_minute(calls[one].due) for one, place in places.items()),
            unplaced=len(calls) - len(places),
            named=sum(place.therapist == calls[one].named for one, place in places.items()),
            unfair=_unfair(costs.diary, places),
            cost=costs.total(places, {}) / MINUTE,
        )


def places_of(made: Plan) -> dict[int, Place]:
    """A plan's places, in the planner's own minutes."""
    return {
        one.callback: Place(one.therapist, floor_minute(one.start), floor_minute(one.end)) for one in made.assignments
    }


def assignments_of(places: Mapping[int, Place]) -> dict[int, Assignment]:
    """The same as they are written down."""
    return {
        one: Assignment(one, place.therapist, moment(place.start), moment(place.end)) for one, place in places.items()
    }


def _unfair(diary: Diary, places: Mapping[int, Place]) -> int:
    used = {one.id: one.minutes_done for one in diary.therapists}
    for place in places.values():
        used[place.therapist] += place.end - place.start
    rota = {one.id: minutes for one, minutes in zip(diary.therapists, diary.rota_minutes, strict=True)}
    even = sum(used.values()) / sum(rota.values())
    return round(sum(max(0.0, used[one] - even * rota[one]) for one in used))
