"""One week to plan in, written as people say it: "Tue 09:00-12:00" is a span, in UTC, of the week of 11 January."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scheduler.planner import Assignment, Callback, Plan, Problem, Span, Therapist

MONDAY = datetime(2027, 1, 11, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
LINE = tuple(f"{day} 09:00-17:00" for day in DAYS)

AMIRA, BEN, CARYS = 1, 2, 3


def at(words: str) -> datetime:
    """`at("Tue 09:30")`."""
    day, clock = words.split()
    hours, minutes = clock.split(":")
    return MONDAY + timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))


def spans(*words: str) -> tuple[Span, ...]:
    """`spans("Tue 09:00-12:00", "Wed 14:00-17:00")`."""
    return tuple(Span(at(one.split("-")[0]), at(f"{one.split()[0]} {one.split('-')[1]}")) for one in words)


def therapist(one: int, *sessions: str, away: tuple[str, ...] = (), busy: tuple[str, ...] = ()) -> Therapist:
    """A therapist with these sessions; more by `dataclasses.replace`."""
    return Therapist(id=one, sessions=spans(*sessions), absences=spans(*away), busy=spans(*busy))


def callback(one: int, due: str = "Wed 17:00", *, talks: tuple[str, ...] | None = None, priority: int = 3) -> Callback:
    """A callback received on the Friday before; more by `dataclasses.replace`."""
    windows = None if talks is None else spans(*talks)
    return Callback(one, MONDAY - timedelta(days=3), at(due), priority=priority, windows=windows)


def problem(
    callbacks: list[Callback], therapists: list[Therapist], *, now: str = "Mon 09:00", line: tuple[str, ...] = LINE
) -> Problem:
    """All of it."""
    return Problem(at(now), tuple(callbacks), tuple(therapists), spans(*line))


def placed(one: int, therapist: int, start: str, minutes: int = 25) -> Assignment:
    """A place that the last plan gave."""
    return Assignment(one, therapist, at(start), at(start) + timedelta(minutes=minutes))


def where(plan: Plan) -> dict[int, tuple[int, str]]:
    """Each placed callback's therapist and time, in words."""
    return {one.callback: (one.therapist, f"{DAYS[one.start.weekday()]} {one.start:%H:%M}") for one in plan.assignments}


def standing(problem: Problem, plan: Plan) -> Problem:
    """The same problem once the plan is written down. A promise stays written down, even one that cannot be kept."""
    places = {one.callback: one for one in plan.assignments}
    written = (
        one if one.promised and one.id not in places else replace(one, current=places.get(one.id))
        for one in problem.callbacks
    )
    return replace(problem, callbacks=tuple(written))
