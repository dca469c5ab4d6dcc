"""Problems drawn at random, small ones: with room to spare, and with more calls than the rota holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from scheduler.planner import Assignment, AttemptPolicy, Callback, Problem, Span, Therapist
from tests.scheduler.planner.week import DAYS, at, spans

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
    count = draw(st.integers(6, 9))
    calls = [replace(draw(callbacks(one, 2)), not_before=None, tried=()) for one in range(1, count + 1)]
    sessions = spans("Mon 09:30-11:10", "Tue 10:00-10:50"), spans("Mon 10:15-11:10")
    return Problem(
        now=at("Mon 09:00"),
        callbacks=tuple(replace(one, windows=None) if draw(mostly) else one for one in calls),
        therapists=tuple(Therapist(one, mine) for one, mine in enumerate(sessions, start=1)),
        windows=spans("Mon 09:00-17:00", "Tue 09:00-17:00"),
    )


@st.composite
def sparse(draw: st.DrawFn) -> Problem:
    people = draw(st.integers(1, 3))
    count = draw(st.integers(1, 6))
    line = draw(st.sampled_from(LINES))
    return Problem(
        now=at("Mon 09:00") + timedelta(minutes=draw(st.sampled_from((0, 0, 7, 75, 480)))),
        callbacks=tuple(draw(callbacks(one, people)) for one in range(1, count + 1)),
        therapists=tuple(draw(therapists(one)) for one in range(1, people + 1)),
        windows=spans(*(f"{day} {hours}" for day in DAYS[:3] for hours in line)),
        policy=draw(st.sampled_from(POLICIES)),
    )


problems = st.one_of(sparse(), crowded())
