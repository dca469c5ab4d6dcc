"""Why somebody is left out, in plain words, and what can be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.planner import Callback, Obstacle, Therapist, plan
from tests.scheduler.planner.week import AMIRA, LINE, at, callback, problem, spans, therapist, where

EPUT = tuple(f"{day} 12:30-14:30" for day in ("Mon", "Tue", "Wed", "Thu", "Fri"))
AMIRA_ON = therapist(AMIRA, "Mon 09:00-12:00")
ANYBODY = callback(1)


def test_a_teacher_who_can_talk_at_half_past_three_only_never_meets_a_line_that_ends_at_half_past_two() -> None:
    teacher = callback(1, talks=tuple(f"{day} 15:30-16:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")))
    made = plan(problem([teacher], [therapist(AMIRA, "Mon 12:30-16:30")], line=EPUT))
    assert made.unplaced[0].reasons == ("The caller's times never meet the line's callback windows.",)
    assert made.unplaced[0].choices == ("Offer a late window or ask the caller for other times.",)


def test_with_the_late_window_open_the_teacher_is_rung_at_half_past_three() -> None:
    teacher = callback(1, talks=("Mon 15:30-16:00",))
    late = (*EPUT, "Mon 15:15-16:15")
    assert where(plan(problem([teacher], [therapist(AMIRA, "Mon 12:30-16:30")], line=late))) == {
        1: (AMIRA, "Mon 15:30")
    }


@pytest.mark.parametrize(
    ("call", "people", "line", "reason"),
    [
        (ANYBODY, [], LINE, Obstacle.NO_THERAPIST),
        (ANYBODY, [therapist(AMIRA, "Mon 07:00-08:00")], LINE, Obstacle.NO_THERAPIST),
        (ANYBODY, [replace(AMIRA_ON, absences=spans("Mon 09:00-12:00"))], LINE, Obstacle.NO_THERAPIST),
        (ANYBODY, [AMIRA_ON], (), Obstacle.NO_LINE_WINDOW),
        (ANYBODY, [AMIRA_ON], EPUT, Obstacle.NO_ROTA_IN_WINDOW),
        (callback(1, talks=("Mon 08:00-09:00",)), [AMIRA_ON], LINE, Obstacle.CALLER_OUTSIDE_LINE),
        (callback(1, talks=("Mon 10:00-10:20",)), [AMIRA_ON], LINE, Obstacle.CALLER_TOO_SHORT),
        (callback(1, talks=("Mon 15:15-17:00",)), [AMIRA_ON], LINE, Obstacle.NO_ROTA_FOR_CALLER),
        (replace(ANYBODY, language="pl", language_required=True), [AMIRA_ON], LINE, Obstacle.NO_LANGUAGE),
        (replace(ANYBODY, not_before=at("Tue 09:00")), [AMIRA_ON], LINE, Obstacle.NOT_BEFORE),
        (replace(ANYBODY, tried=(at("Mon 10:30"),)), [AMIRA_ON], LINE, Obstacle.AFTER_ATTEMPT),
        (replace(ANYBODY, minutes=55), [therapist(AMIRA, "Mon 09:00-09:45")], LINE, Obstacle.NO_ROOM_FOR_LENGTH),
        (ANYBODY, [replace(AMIRA_ON, busy=spans("Mon 09:00-11:45"))], LINE, Obstacle.ROTA_TAKEN),
    ],
)
def test_the_reason_is_the_first_rule_that_leaves_no_time(
    call: Callback, people: list[Therapist], line: tuple[str, ...], reason: Obstacle
) -> None:
    made = plan(problem([call], people, line=line))
    assert [one.reasons for one in made.unplaced] == [(reason,)]


def test_of_more_calls_than_slots_the_least_pressing_is_left_out() -> None:
    calls = [callback(1), callback(2, priority=1), callback(3, priority=2)]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-09:50")]))
    assert where(made) == {2: (AMIRA, "Mon 09:00"), 3: (AMIRA, "Mon 09:25")}
    assert [(one.callback, one.reasons) for one in made.unplaced] == [(1, (Obstacle.ALL_FULL,))]


def test_for_every_obstacle_something_can_be_done() -> None:
    assert all(obstacle.choice.endswith(".") for obstacle in Obstacle)
