"""What must be true of every plan, for any problem."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, permutations
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.week import week
from scheduler.planner import Assignment, Callback, Plan, Problem, Reason, Therapist, plan
from tests.scheduler.planner.drawn import callbacks, problems
from tests.scheduler.planner.rules import free_starts, is_free, may_ring, under_way
from tests.scheduler.planner.week import standing, where

# Generated cases run the same lines again and again: counting them takes as long as running them.
pytestmark = pytest.mark.no_cover

T = TypeVar("T")

thorough = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
sparing = settings(thorough, max_examples=12)

STATED = {Reason.NAMED, Reason.LANGUAGE, Reason.SKILL, Reason.FAIR, Reason.KEPT, Reason.PROMISED, Reason.UNDER_WAY}
"""Why a call may be later than one that is due after it, besides the reasons that speak of an earlier time."""


def by_id(problem: Problem, made: Plan) -> list[tuple[Assignment, Callback, Therapist]]:
    calls = {one.id: one for one in problem.callbacks}
    people = {one.id: one for one in problem.therapists}
    return [(one, calls[one.callback], people[one.therapist]) for one in made.assignments]


def moves(made: Plan) -> set[int]:
    return {one.callback for one in made.moved}


def broken_promises(problem: Problem, made: Plan) -> set[int]:
    """Promises that cannot be kept: they stay written down, and are told again each time until a person acts."""
    left_out = {one.callback for one in made.unplaced}
    return {one.id for one in problem.callbacks if one.promised and one.current and one.id in left_out}


@thorough
@given(problems)
def test_every_plan_keeps_every_rule(problem: Problem) -> None:
    made = plan(problem)
    every_callback_has_one_place_or_one_stated_obstacle(problem, made)
    no_call_is_outside_a_window_that_all_share(problem, made)
    nobody_is_double_booked(made)
    no_session_holds_more_minutes_than_it_has(problem, made)
    a_promised_time_never_moves(problem, made)
    nobody_is_left_out_while_a_free_place_exists(problem, made)
    a_lesser_call_of_the_same_therapist_goes_first_only_with_a_stated_reason(problem, made)
    a_later_due_of_the_same_rank_goes_first_only_with_a_stated_reason(problem, made)
    the_bound_is_no_dearer_than_the_plan(made)


def every_callback_has_one_place_or_one_stated_obstacle(problem: Problem, made: Plan) -> None:
    answered = [one.callback for one in made.assignments] + [one.callback for one in made.unplaced]
    assert sorted(answered) == sorted(one.id for one in problem.callbacks)
    assert all(one.reasons for one in made.assignments)
    assert all(one.reasons for one in made.unplaced)
    assert all(len(one.choices) == len(one.reasons) for one in made.unplaced)


def no_call_is_outside_a_window_that_all_share(problem: Problem, made: Plan) -> None:
    for call, callback, therapist in by_id(problem, made):
        if not under_way(problem, callback):
            assert may_ring(problem, callback, therapist, call.start)
            assert call.end - call.start == timedelta(minutes=callback.minutes)


def nobody_is_double_booked(made: Plan) -> None:
    calls = sorted(made.assignments, key=lambda one: (one.therapist, one.start))
    for one, other in pairwise(calls):
        assert one.therapist != other.therapist or one.end <= other.start


def no_session_holds_more_minutes_than_it_has(problem: Problem, made: Plan) -> None:
    for therapist in problem.therapists:
        for session in therapist.sessions:
            minutes = sum(
                (min(one.end, session.end) - max(one.start, session.start)).total_seconds() / 60
                for one in made.assignments
                if one.therapist == therapist.id and one.start < session.end and session.start < one.end
            )
            assert minutes <= (session.end - session.start).total_seconds() / 60


def a_promised_time_never_moves(problem: Problem, made: Plan) -> None:
    for call, callback, _ in by_id(problem, made):
        if callback.promised and callback.current is not None:
            assert call.start == callback.current.start


def nobody_is_left_out_while_a_free_place_exists(problem: Problem, made: Plan) -> None:
    left_out = {one.callback for one in made.unplaced}
    for callback in problem.callbacks:
        if callback.id in left_out:
            assert next(free_starts(problem, made, callback), None) is None


def a_lesser_call_of_the_same_therapist_goes_first_only_with_a_stated_reason(problem: Problem, made: Plan) -> None:
    for (mine, callback, _), (theirs, other, _) in permutations(by_id(problem, made), 2):
        lesser = (other.priority, other.due) > (callback.priority, callback.due)
        if lesser and theirs.therapist == mine.therapist and could_go_first(problem, made, mine, theirs):
            assert any(" earlier time " in reason for reason in mine.reasons)


def a_later_due_of_the_same_rank_goes_first_only_with_a_stated_reason(problem: Problem, made: Plan) -> None:
    for (mine, callback, _), (theirs, other, _) in permutations(by_id(problem, made), 2):
        later = other.priority == callback.priority and other.due.replace(second=0) > callback.due
        if later and could_go_first(problem, made, mine, theirs):
            assert STATED.intersection(mine.reasons) or any(" earlier time " in reason for reason in mine.reasons)


def could_go_first(problem: Problem, made: Plan, mine: Assignment, theirs: Assignment) -> bool:
    """Whether a call could have the earlier time of another, were the other elsewhere."""
    if theirs.start >= mine.start:
        return False
    (callback,) = (one for one in problem.callbacks if one.id == mine.callback)
    (therapist,) = (one for one in problem.therapists if one.id == theirs.therapist)
    rest = [one for one in made.assignments if one not in (mine, theirs) and one.therapist == theirs.therapist]
    return may_ring(problem, callback, therapist, theirs.start) and is_free(rest, theirs.start, callback.minutes)


def the_bound_is_no_dearer_than_the_plan(made: Plan) -> None:
    assert made.bound <= made.cost
    assert made.complete


@sparing
@given(problems, st.integers())
def test_the_same_question_in_any_order_has_the_same_answer(problem: Problem, seed: int) -> None:
    def shuffled(things: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(Random(seed).sample(things, len(things)))

    people = shuffled(tuple(replace(one, sessions=shuffled(one.sessions)) for one in problem.therapists))
    calls, windows = shuffled(problem.callbacks), shuffled(problem.windows)
    other = replace(problem, callbacks=calls, therapists=people, windows=windows)
    assert replace(plan(other), seconds=0) == replace(plan(problem), seconds=0)


def test_another_process_with_another_hash_seed_gives_the_same_answer() -> None:
    look = "from tests.scheduler.planner.test_properties import told; print(told())"
    run = ["env", "PYTHONHASHSEED=7", sys.executable, "-c", look]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == f"{told()}\n"


def told() -> str:
    return str(plan(week(20, 4, long_share=0.2)).assignments)


@sparing
@given(problems)
def test_the_same_question_asked_again_moves_nothing(problem: Problem) -> None:
    made = plan(problem)
    again = plan(standing(problem, made))
    assert where(again) == where(made)
    assert moves(again) <= broken_promises(problem, made)


@thorough
@given(problems, st.data())
def test_a_newcomer_who_fits_in_time_moves_nobody_when_all_have_a_place(problem: Problem, data: st.DataObject) -> None:
    problem = without_the_left_out(problem)
    settled = plan(problem)
    assert settled.unplaced == ()
    before = standing(problem, settled)
    newcomer = replace(data.draw(callbacks(99, len(problem.therapists))), current=None, promised=False)
    first = next(free_starts(before, settled, newcomer), None)
    if first is not None:
        newcomer = replace(newcomer, due=max(newcomer.due, first[1]))
        late = {call.callback for call, callback, _ in by_id(before, settled) if call.start > callback.due}
        after = plan(replace(before, callbacks=(*before.callbacks, newcomer)))
        assert moves(after) <= late


def without_the_left_out(problem: Problem) -> Problem:
    made = plan(problem)
    placed = {one.callback for one in made.assignments}
    written = standing(problem, made)
    return replace(written, callbacks=tuple(one for one in written.callbacks if one.id in placed))
