"""A plan is made again: what stays, what moves, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.week import week
from scheduler.planner import Callback, Move, Obstacle, Plan, Problem, Reason, Therapist, plan
from tests.scheduler.planner.week import AMIRA, BEN, at, callback, placed, problem, spans, standing, therapist, where

FULL_MORNING = ("Mon 09:00", "Mon 09:25", "Mon 09:50", "Mon 10:15", "Mon 10:40", "Mon 11:05", "Mon 11:30")
NINE = tuple(
    f"Mon {clock}" for clock in ("10:25", "10:50", "11:15", "11:40", "12:05", "12:30", "12:55", "13:20", "13:45")
)


def moves(made: Plan) -> dict[int, Move]:
    return {one.callback: one.why for one in made.moved}


def test_a_newcomer_finds_a_free_place_and_nobody_moves() -> None:
    before = problem([callback(one) for one in (1, 2, 3)], [therapist(AMIRA, "Mon 09:00-12:00")])
    kept = standing(before, plan(before))
    after = plan(replace(kept, callbacks=(*kept.callbacks, callback(4, "Mon 17:00", priority=2))))
    assert moves(after) == {}
    assert where(after)[4] == (AMIRA, "Mon 10:15")
    assert [one.reasons for one in after.assignments[:3]] == [(Reason.KEPT,)] * 3


def test_the_newcomer_is_told_that_an_earlier_time_stays_with_a_planned_call() -> None:
    there = replace(callback(1, "Thu 17:00"), current=placed(1, AMIRA, "Mon 09:00"))
    made = plan(problem([there, callback(2, "Mon 17:00", priority=2)], [therapist(AMIRA, "Mon 09:00-12:00")]))
    assert made.assignments[1].reasons == (Reason.EARLIEST, Reason.HELD)


def test_nobody_moves_for_a_newcomer_in_time_because_another_call_fits_nowhere() -> None:
    there = [
        replace(callback(1), current=placed(1, AMIRA, "Mon 09:00")),
        replace(callback(2), current=placed(2, AMIRA, "Tue 09:00")),
    ]
    too_long = replace(callback(3), minutes=40)
    calls = [*there, too_long, callback(4, "Tue 09:25", priority=0)]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-09:25", "Tue 09:00-09:50")]))
    assert moves(made) == {}
    assert where(made) == {1: (AMIRA, "Mon 09:00"), 2: (AMIRA, "Tue 09:00"), 4: (AMIRA, "Tue 09:25")}


def test_nobody_in_time_moves_for_a_late_call_because_another_fits_nowhere() -> None:
    there = [
        replace(callback(1), current=placed(1, AMIRA, "Mon 09:00")),
        replace(callback(2, "Mon 08:00", priority=0), current=placed(2, AMIRA, "Mon 11:00")),
        replace(callback(3), current=placed(3, AMIRA, "Tue 09:00")),
    ]
    too_long = replace(callback(4), minutes=40)
    amira = therapist(AMIRA, "Mon 09:00-09:25", "Mon 11:00-11:25", "Tue 09:00-09:50")
    assert moves(plan(problem([*there, too_long], [amira]))) == {}


def test_a_short_newcomer_takes_a_short_time_that_is_left_rather_than_be_late() -> None:
    there = replace(callback(1), current=placed(1, AMIRA, "Mon 09:20"))
    short = replace(callback(2, "Mon 09:00"), minutes=20)
    made = plan(problem([there, short], [therapist(AMIRA, "Mon 09:00-12:00")]))
    assert moves(made) == {}
    assert where(made) == {1: (AMIRA, "Mon 09:20"), 2: (AMIRA, "Mon 09:00")}


def test_a_safeguarding_newcomer_moves_only_the_one_call_that_is_in_its_way() -> None:
    there = [replace(callback(one), current=placed(one, AMIRA, start)) for one, start in enumerate(FULL_MORNING, 1)]
    alarm = callback(9, "Mon 10:00", priority=0)
    made = plan(problem([*there, alarm], [therapist(AMIRA, "Mon 09:00-12:00", "Tue 09:00-12:00")]))
    assert list(moves(made).values()) == [Move.MADE_ROOM]
    assert where(made)[9] == (AMIRA, "Mon 09:00")


def test_a_call_between_the_usual_slots_stays_when_others_make_room() -> None:
    standing_calls = [
        replace(callback(1, "Fri 17:00"), current=placed(1, AMIRA, "Mon 09:10")),
        replace(callback(2, "Fri 17:00"), current=placed(2, AMIRA, "Tue 09:00")),
    ]
    amira = therapist(AMIRA, "Mon 09:00-09:35", "Tue 09:00-09:25", "Wed 09:00-12:00")
    made = plan(problem([*standing_calls, callback(3, "Tue 17:00")], [amira]))
    assert moves(made) == {2: Move.MADE_ROOM}
    assert where(made) == {1: (AMIRA, "Mon 09:10"), 2: (AMIRA, "Wed 09:00"), 3: (AMIRA, "Tue 09:00")}


def test_off_sick_at_twenty_past_ten_with_nine_callbacks() -> None:
    calls = [callback(one, "Tue 17:00") for one in range(1, 10)]
    busy = [replace(one, current=placed(one.id, AMIRA, start)) for one, start in zip(calls, NINE, strict=True)]
    others = [replace(callback(10), current=placed(10, BEN, "Mon 14:00"))]
    sick = therapist(AMIRA, "Mon 09:00-17:00", away=("Mon 10:20-17:00",))
    made = plan(
        problem([*busy, *others], [sick, therapist(BEN, "Mon 10:30-12:30", "Mon 14:00-17:00")], now="Mon 10:20")
    )
    assert moves(made) == dict.fromkeys(range(1, 10), Move.THERAPIST_AWAY)
    assert {one: who for one, (who, _) in where(made).items()} == dict.fromkeys(range(1, 11), BEN)


def test_who_finds_no_new_home_is_listed_with_the_reason() -> None:
    calls = [
        replace(callback(one), current=placed(one, AMIRA, start)) for one, start in ((1, "Mon 11:05"), (2, "Mon 11:30"))
    ]
    sick = therapist(AMIRA, "Mon 09:00-12:00", away=("Mon 10:20-12:00",))
    made = plan(problem(calls, [sick, therapist(BEN, "Mon 11:00-11:30")], now="Mon 10:20"))
    assert where(made) == {1: (BEN, "Mon 11:00")}
    assert [(one.callback, one.reasons) for one in made.unplaced] == [(2, (Obstacle.ALL_FULL,))]
    assert made.unplaced[0].choices == ("Borrow a therapist, extend a session or move a call.",)


def test_a_late_call_takes_a_time_that_has_become_free() -> None:
    late = replace(callback(1, "Mon 12:00"), current=placed(1, AMIRA, "Wed 09:00"))
    made = plan(problem([late], [therapist(AMIRA, "Mon 09:00-12:00", "Wed 09:00-12:00")]))
    assert where(made) == {1: (AMIRA, "Mon 09:00")}
    assert moves(made) == {1: Move.SOONER}


def test_a_call_in_time_stays_though_an_earlier_time_is_free() -> None:
    there = replace(callback(1), current=placed(1, AMIRA, "Wed 09:00"))
    made = plan(problem([there], [therapist(AMIRA, "Mon 09:00-12:00", "Wed 09:00-12:00")]))
    assert where(made) == {1: (AMIRA, "Wed 09:00")}
    assert made.method == "everything stays"


def test_a_call_that_is_under_way_is_left_alone() -> None:
    talking = replace(callback(1), current=placed(1, AMIRA, "Mon 10:00"))
    made = plan(problem([talking], [therapist(AMIRA, "Mon 09:00-12:00", busy=("Mon 09:58-10:25",))], now="Mon 10:05"))
    assert made.assignments[0].reasons == (Reason.UNDER_WAY,)
    assert (made.assignments[0].start, made.assignments[0].end) == (at("Mon 10:00"), at("Mon 10:25"))


def test_a_call_whose_time_has_begun_does_not_stay_with_somebody_who_fell_ill() -> None:
    begun = replace(callback(1), current=placed(1, AMIRA, "Mon 10:00"))
    ill = therapist(AMIRA, "Mon 09:00-12:00", away=("Mon 10:05-17:00",))
    made = plan(problem([begun], [ill, therapist(BEN, "Mon 11:00-12:00")], now="Mon 10:05"))
    assert where(made) == {1: (BEN, "Mon 11:00")}


def promised(one: int, therapist: int, start: str) -> Callback:
    return replace(callback(one), current=placed(one, therapist, start), promised=True)


def test_a_promised_time_does_not_make_room_even_for_safeguarding() -> None:
    calls = [promised(1, AMIRA, "Mon 09:00"), callback(2, "Mon 09:00", priority=0)]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-09:50")]))
    assert where(made) == {1: (AMIRA, "Mon 09:00"), 2: (AMIRA, "Mon 09:25")}
    assert made.assignments[0].reasons == (Reason.PROMISED,)


def test_a_promise_is_kept_by_another_therapist_when_its_own_is_away() -> None:
    people = [therapist(AMIRA, "Mon 09:00-12:00", away=("Mon 09:00-12:00",)), therapist(BEN, "Mon 09:00-12:00")]
    made = plan(problem([promised(1, AMIRA, "Mon 09:35")], people))
    assert where(made) == {1: (BEN, "Mon 09:35")}
    assert Reason.COVERED in made.assignments[0].reasons


def test_another_call_makes_room_for_the_cover_of_a_promise() -> None:
    people = [therapist(AMIRA, "Mon 09:00-12:00", away=("Mon 09:00-12:00",)), therapist(BEN, "Mon 09:00-12:00")]
    there = replace(callback(2), current=placed(2, BEN, "Mon 09:50"))
    made = plan(problem([promised(1, AMIRA, "Mon 10:00"), there], people))
    assert where(made)[1] == (BEN, "Mon 10:00")
    assert moves(made) == {1: Move.THERAPIST_AWAY, 2: Move.MADE_ROOM}


def test_a_promise_outlives_the_rules_for_further_attempts() -> None:
    agreed = replace(promised(1, AMIRA, "Mon 10:00"), tried=(at("Mon 09:00"),))
    assert where(plan(problem([agreed], [therapist(AMIRA, "Mon 09:00-12:00")]))) == {1: (AMIRA, "Mon 10:00")}


@pytest.mark.parametrize(
    ("now", "reason"), [("Mon 09:00", Obstacle.PROMISE_IMPOSSIBLE), ("Mon 11:30", Obstacle.PROMISE_PASSED)]
)
def test_a_promise_that_cannot_be_kept_is_told_and_not_moved(now: str, reason: Obstacle) -> None:
    away = therapist(AMIRA, "Mon 09:00-17:00", away=("Mon 10:00-11:00",))
    made = plan(problem([promised(1, AMIRA, "Mon 10:30")], [away], now=now))
    assert where(made) == {}
    assert made.unplaced[0].reasons == (reason,)


def test_a_call_that_now_needs_an_interpreter_keeps_its_start() -> None:
    longer = replace(callback(1), current=placed(1, AMIRA, "Mon 10:00"), minutes=40)
    made = plan(problem([longer, callback(2)], [therapist(AMIRA, "Mon 09:00-12:00")]))
    assert moves(made) == {}
    assert (made.assignments[0].start, made.assignments[0].end) == (at("Mon 10:00"), at("Mon 10:40"))


AMIRA_ON = therapist(AMIRA, "Mon 09:00-12:00")
THERE = replace(callback(1), current=placed(1, AMIRA, "Mon 10:00"))


@pytest.mark.parametrize(
    ("call", "amira", "line", "why"),
    [
        (THERE, replace(AMIRA_ON, busy=spans("Mon 10:10-10:30")), "Mon 09:00-17:00", Move.THERAPIST_AWAY),
        (THERE, replace(AMIRA_ON, id=3), "Mon 09:00-17:00", Move.THERAPIST_AWAY),
        (THERE, AMIRA_ON, "Mon 10:30-17:00", Move.LINE_SHUT),
        (replace(THERE, windows=spans("Mon 11:00-12:00")), AMIRA_ON, "Mon 09:00-17:00", Move.CALLER_AWAY),
        (replace(THERE, not_before=at("Mon 10:30")), AMIRA_ON, "Mon 09:00-17:00", Move.CALLER_AWAY),
        (replace(THERE, tried=(at("Mon 08:45"),)), AMIRA_ON, "Mon 09:00-17:00", Move.AFTER_ATTEMPT),
        (replace(THERE, language="pl", language_required=True), AMIRA_ON, "Mon 09:00-17:00", Move.NO_LANGUAGE),
        (
            replace(THERE, minutes=40),
            replace(AMIRA_ON, busy=spans("Mon 10:30-11:00")),
            "Mon 09:00-17:00",
            Move.TOO_LONG,
        ),
        (replace(THERE, current=placed(1, AMIRA, "Mon 08:30")), AMIRA_ON, "Mon 08:00-17:00", Move.PASSED),
    ],
)
def test_why_a_call_could_not_stay_is_said(call: Callback, amira: Therapist, line: str, why: Move) -> None:
    made = plan(problem([call], [amira], line=(line,)))
    assert moves(made) == {1: why}


def test_of_two_calls_at_one_time_the_more_pressing_stays() -> None:
    both = [
        replace(callback(1), current=placed(1, AMIRA, "Mon 10:00")),
        replace(callback(2, priority=1), current=placed(2, AMIRA, "Mon 10:10")),
    ]
    made = plan(problem(both, [AMIRA_ON]))
    assert moves(made) == {1: Move.CLASH}
    assert where(made)[2] == (AMIRA, "Mon 10:10")


def test_after_a_large_change_the_plan_is_settled_at_once() -> None:
    before = week(40, 6, long_share=0.1, seed=10)
    kept = standing(before, plan(before))
    away = replace(kept.therapists[0], absences=kept.therapists[0].sessions)
    changed = replace(kept, therapists=(away, *kept.therapists[1:]))
    made = plan(changed)
    assert plan(standing(changed, made)).moved == ()


def test_asking_again_a_week_that_is_too_full_moves_nothing() -> None:
    calls = [replace(callback(one, "Mon 12:00"), minutes=40 if one % 4 == 0 else 25) for one in range(1, 13)]
    full = problem(calls, [AMIRA_ON, therapist(BEN, "Mon 10:10-11:40")])
    made = plan(full)
    again: Problem = standing(full, made)
    assert made.unplaced
    assert where(plan(again)) == where(made)
