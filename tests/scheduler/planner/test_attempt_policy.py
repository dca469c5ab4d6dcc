"""Further attempts keep to the service's own policy: how far apart, on how many days, at another time of day or not."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.planner import AttemptPolicy, Callback, Problem, Reason, Therapist, plan
from tests.scheduler.planner.rules import may_ring
from tests.scheduler.planner.week import at, spans

WEEK = spans("Mon 09:00-17:00", "Tue 09:00-17:00", "Wed 09:00-17:00")


def again(tried: tuple[datetime, ...], policy: AttemptPolicy, now: str = "Mon 12:00", priority: int = 3) -> Problem:
    """One call that was tried before, and somebody who is there all week."""
    call = Callback(1, at("Mon 09:00"), at("Wed 17:00"), priority=priority, tried=tried)
    return Problem(at(now), (call,), (Therapist(1, WEEK),), WEEK, policy=policy)


@st.composite
def tries(draw: st.DrawFn) -> Problem:
    most = draw(st.integers(2, 4))
    minutes = draw(st.lists(st.integers(0, 180), min_size=1, max_size=most - 1, unique=True))
    policy = AttemptPolicy(
        most, draw(st.integers(1, most)), draw(st.sampled_from((0, 30, 120, 240))), other_time=draw(st.booleans())
    )
    tried = tuple(at("Mon 09:00") + timedelta(minutes=one) for one in sorted(minutes))
    return again(tried, policy, priority=draw(st.integers(0, 3)))


@settings(max_examples=60)
@given(tries())
def test_the_next_attempt_is_as_far_from_the_last_as_the_policy_says_and_on_another_day_when_it_must(
    problem: Problem,
) -> None:
    (placed,) = plan(problem).assignments
    (call,), policy = problem.callbacks, problem.policy
    assert placed.start - max(call.tried) >= timedelta(minutes=policy.gap_minutes)
    assert may_ring(problem, call, problem.therapists[0], placed.start)
    if call.priority > 1 and policy.most - len(call.tried) < policy.days:
        assert placed.start.date() != at("Mon 09:00").date()


@pytest.mark.parametrize(("other_time", "reason"), [(True, True), (False, False)])
def test_another_time_of_day_is_a_wish_that_a_service_may_leave_out(other_time: bool, reason: bool) -> None:
    problem = again((at("Mon 09:30"),), AttemptPolicy(gap_minutes=0, other_time=other_time), now="Tue 09:00")
    (placed,) = plan(problem).assignments
    assert (Reason.OTHER_TIME in placed.reasons) == reason
