"""What must be true of every plan, for any problem."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scheduler.planner import Assignment, AttemptPolicy, Callback, Plan, Problem, Span, Therapist, plan
from tests.scheduler.planner.rules import free_starts, is_free, may_ring, under_way
from tests.scheduler.planner.week import DAYS, at, spans, standing, where

# Generated cases run the same lines again and again: counting them takes as long as running them.
pytestmark = pytest.mark.no_cover

T = TypeVar("T")

thorough = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LINES = (("09:00-17:00",), ("12:30-14:30",), ("12:30-14:30", "15:15-16:15"), ("09:00-12:00", "12:00-15:00"))
LANGUAGES = ("pl", "ro")
POLICIES = (AttemptPolicy(), AttemptPolicy(most=3, days=3, gap_minutes=30), AttemptPolicy(gap_minutes=0, days=1))

mostly = st.sampled_from((True, True, True, False))
rarely = st.sampled_from((False, False, False, True))


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    quarter = draw(st.integers(0, 3 * 8 * 12 - 1))
    return at(f"{DAYS[quarter // 96]} 09:00") + timedelta(minutes=5 * (quarter % 96))


@st.composite
def some_spans(draw: st.DrawFn, longest: int, most: int, least: int = 0) -> tuple[Span, ...]:
    starts = draw(st.lists(moments(), min_size=least, max_size=most, unique=True))
    return tuple(Span(start, start + timedelta(minutes=draw(st.integers(2, longest // 5)) * 5)) for start in starts)


@st.composite
def therapists(draw: st.DrawFn, one: int) -> Therapist:
    return Therapist(
        id=one,
        sessions=draw(some_spans(180, 3, least=1)),
        absences=draw(some_spans(120, 1)),
        busy=draw(some_spans(40, 2)),
        languages=frozenset(draw(st.sets(st.sampled_from(LANGUAGES)))),
        minutes_done=draw(st.sampled_from((0, 0, 50))),
    )


@st.composite
def callbacks(draw: st.DrawFn, one: int, people: int) -> Callback:
    due = draw(moments())
    current = draw(st.none() | st.builds(_assignment, st.just(one), st.integers(1, people), moments()))
    language = draw(st.none() | st.none() | st.sampled_from(LANGUAGES))
    return Callback(
        id=one,
        received=due - timedelta(days=2),
        due=due,
        priority=draw(st.integers(0, 3)),
        minutes=draw(st.sampled_from((25, 25, 25, 20, 40))),
        windows=draw(st.none() | st.none() | some_spans(120, 4)),
        language=language,
        language_required=language is not None and draw(st.booleans()),
        named=draw(st.none() | st.integers(1, people + 1)),
        not_before=draw(st.none() | st.none() | st.none() | moments()),
        tried=tuple(draw(st.lists(moments(), max_size=2))) if draw(rarely) else (),
        current=current,
        promised=draw(rarely),
    )


def _assignment(one: int, therapist: int, start: datetime) -> Assignment:
    return Assignment(one, therapist, start, start + timedelta(minutes=25))


@st.composite
def crowded(draw: st.DrawFn) -> Problem:
    """More calls than two sessions hold, most of them free to be rung at any time."""
    count = draw(st.integers(8, 14))
    calls = [replace(draw(callbacks(one, 2)), not_before=None, tried=()) for one in range(1, count + 1)]
    sessions = spans("Mon 09:30-12:30", "Tue 10:00-12:00"), spans("Mon 10:15-11:45")
    return Problem(
        now=at("Mon 09:00"),
        callbacks=tuple(replace(one, windows=None) if draw(mostly) else one for one in calls),
        therapists=tuple(Therapist(one, mine) for one, mine in enumerate(sessions, start=1)),
        windows=spans("Mon 09:00-17:00", "Tue 09:00-17:00"),
    )


@st.composite
def sparse(draw: st.DrawFn) -> Problem:
    people = draw(st.integers(1, 3))
    count = draw(st.integers(1, 9))
    line = draw(st.sampled_from(LINES))
    return Problem(
        now=at("Mon 09:00") + timedelta(minutes=draw(st.sampled_from((0, 0, 7, 75, 480)))),
        callbacks=tuple(draw(callbacks(one, people)) for one in range(1, count + 1)),
        therapists=tuple(draw(therapists(one)) for one in range(1, people + 1)),
        windows=spans(*(f"{day} {hours}" for day in DAYS[:3] for hours in line)),
        policy=draw(st.sampled_from(POLICIES)),
    )


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


problems = st.one_of(sparse(), crowded())


@thorough
@given(problems)
def test_every_callback_has_one_place_or_one_stated_obstacle(problem: Problem) -> None:
    made = plan(problem)
    answered = [one.callback for one in made.assignments] + [one.callback for one in made.unplaced]
    assert sorted(answered) == sorted(one.id for one in problem.callbacks)
    assert all(one.reasons for one in made.assignments)
    assert all(one.reasons for one in made.unplaced)
    assert all(len(one.choices) == len(one.reasons) for one in made.unplaced)


@thorough
@given(problems)
def test_no_call_is_ever_outside_a_window_that_all_share(problem: Problem) -> None:
    for call, callback, therapist in by_id(problem, plan(problem)):
        if not under_way(problem, callback):
            assert may_ring(problem, callback, therapist, call.start)
            assert call.end - call.start == timedelta(minutes=callback.minutes)


@thorough
@given(problems)
def test_nobody_is_ever_double_booked(problem: Problem) -> None:
    calls = sorted(plan(problem).assignments, key=lambda one: (one.therapist, one.start))
    for one, other in pairwise(calls):
        assert one.therapist != other.therapist or one.end <= other.start


@thorough
@given(problems)
def test_no_session_holds_more_minutes_than_it_has(problem: Problem) -> None:
    made = plan(problem)
    for therapist in problem.therapists:
        for session in therapist.sessions:
            minutes = sum(
                (min(one.end, session.end) - max(one.start, session.start)).total_seconds() / 60
                for one in made.assignments
                if one.therapist == therapist.id and one.start < session.end and session.start < one.end
            )
            assert minutes <= (session.end - session.start).total_seconds() / 60


@thorough
@given(problems, st.integers())
def test_the_same_question_in_any_order_has_the_same_answer(problem: Problem, seed: int) -> None:
    def shuffled(things: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(Random(seed).sample(things, len(things)))

    people = shuffled(tuple(replace(one, sessions=shuffled(one.sessions)) for one in problem.therapists))
    other = Problem(problem.now, shuffled(problem.callbacks), people, shuffled(problem.windows))
    assert replace(plan(other), seconds=0) == replace(plan(problem), seconds=0)


@thorough
@given(problems)
def test_a_promised_time_never_moves(problem: Problem) -> None:
    calls = {one.callback: one for one in plan(problem).assignments}
    for callback in problem.callbacks:
        if callback.promised and callback.current is not None and callback.id in calls:
            assert calls[callback.id].start == callback.current.start


@thorough
@given(problems)
def test_nobody_is_left_out_while_a_free_place_exists(problem: Problem) -> None:
    made = plan(problem)
    left_out = {one.callback for one in made.unplaced}
    for callback in problem.callbacks:
        if callback.id in left_out:
            assert next(free_starts(problem, made, callback), None) is None


@thorough
@given(problems)
def test_the_same_question_asked_again_moves_nothing(problem: Problem) -> None:
    made = plan(problem)
    again = plan(standing(problem, made))
    assert where(again) == where(made)
    assert moves(again) <= broken_promises(problem, made)


@settings(thorough, max_examples=15)
@given(problems, st.data())
def test_a_newcomer_who_fits_in_time_moves_nobody(problem: Problem, data: st.DataObject) -> None:
    before = standing(problem, plan(problem))
    newcomer = replace(data.draw(callbacks(99, len(problem.therapists))), current=None, promised=False)
    after = replace(before, callbacks=(*before.callbacks, newcomer))
    settled = plan(before)
    assume(any(start <= newcomer.due for _, start in free_starts(after, settled, newcomer)))
    late = {call.callback for call, callback, _ in by_id(before, settled) if call.start > callback.due}
    assert moves(plan(after)) <= late | broken_promises(before, settled)


@thorough
@given(problems)
def test_a_more_pressing_call_waits_behind_a_lesser_one_only_with_a_stated_reason(problem: Problem) -> None:
    made = plan(problem)
    stated = by_id(problem, made)
    for mine, callback, therapist in stated:
        for theirs, other, _ in stated:
            if theirs.therapist != mine.therapist or theirs.start >= mine.start:
                continue
            if (other.priority, other.due) <= (callback.priority, callback.due):
                continue
            rest = [one for one in made.assignments if one not in (mine, theirs) and one.therapist == mine.therapist]
            if may_ring(problem, callback, therapist, theirs.start) and is_free(rest, theirs.start, callback.minutes):
                assert any(" earlier time " in reason for reason in mine.reasons)


@thorough
@given(problems)
def test_no_plan_claims_to_be_better_than_its_bound(problem: Problem) -> None:
    made = plan(problem)
    assert made.bound <= made.cost
    assert made.complete
