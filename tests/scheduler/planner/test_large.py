"""A large plan is made again: only what is in a newcomer's way may move, and long calls last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.week import week
from scheduler.planner import Callback, Move, Plan, Problem, plan
from scheduler.planner.draft import MANY
from scheduler.planner.planning import FEW
from tests.scheduler.planner.week import callback, placed, problem, spans, standing, therapist, where

SHORT, LONG = 98, 99
"""Two therapists, who each have one call at nine."""


@pytest.fixture(scope="module")
def monday() -> Problem:
    """150 callbacks as they are planned, and two that could be rung later, which would cost the short one more."""
    asked = week(150, 15, long_share=0.1)
    kept = standing(asked, plan(asked))
    short = replace(callback(998, "Fri 17:00"), named=SHORT, current=placed(998, SHORT, "Mon 09:00"))
    long = replace(callback(999, "Fri 17:00"), minutes=40, current=placed(999, LONG, "Mon 09:00", 40))
    speaker = replace(therapist(LONG, "Mon 09:00-09:40", "Fri 16:20-17:00"), languages=frozenset({"cy"}))
    people = (*kept.therapists, therapist(SHORT, "Mon 09:00-09:25"), therapist(97, "Fri 16:20-16:45"), speaker)
    assert len(kept.callbacks) > MANY
    return replace(kept, callbacks=(*kept.callbacks, short, long), therapists=people)


def moved(monday: Problem, newcomer: Callback) -> tuple[Plan, set[int]]:
    made = plan(replace(monday, callbacks=(*monday.callbacks, newcomer)))
    assert {one.why for one in made.moved} == {Move.MADE_ROOM}
    return made, {one.callback for one in made.moved}


def test_a_short_call_makes_room_for_a_newcomer_who_would_be_late(monday: Problem) -> None:
    made, away = moved(monday, callback(1000, "Mon 09:10", priority=0))
    assert away == {998}
    assert where(made)[1000] == (SHORT, "Mon 09:00")


def test_a_long_call_makes_room_when_only_it_can(monday: Problem) -> None:
    welsh = replace(callback(1000, "Mon 09:10", priority=0), language="cy", language_required=True)
    made, away = moved(monday, welsh)
    assert away == {999}
    assert where(made)[1000] == (LONG, "Mon 09:00")


def test_nobody_moves_for_a_newcomer_whom_nobody_can_ring_in_time(monday: Problem) -> None:
    never = replace(callback(1000, "Mon 09:10", priority=0), windows=spans("Mon 06:00-08:00"))
    assert plan(replace(monday, callbacks=(*monday.callbacks, never))).moved == ()


def test_of_many_in_the_way_the_one_moves_that_has_somewhere_to_go() -> None:
    count = max(FEW, MANY) + 2
    nine = spans("Mon 09:00-09:25")
    calls = [
        replace(
            callback(one, "Fri 17:00"), current=placed(one, one, "Mon 09:00"), windows=nine if one < count else None
        )
        for one in range(1, count + 1)
    ]
    people = [therapist(one, "Mon 09:00-09:25") for one in range(1, count)]
    people.append(therapist(count, "Mon 09:00-09:25", "Fri 16:20-16:45"))
    made = plan(problem([*calls, callback(1000, "Mon 09:10", priority=0)], people))
    assert {one.callback: one.why for one in made.moved} == {count: Move.MADE_ROOM}
    assert where(made)[1000] == (count, "Mon 09:00")
