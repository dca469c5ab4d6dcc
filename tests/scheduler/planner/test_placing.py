"""Who rings whom, and when: one rule of the plan after the other."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scheduler.planner import Assignment, Callback, Problem, Reason, Span, plan
from tests.scheduler.planner.week import AMIRA, BEN, CARYS, at, callback, problem, spans, therapist, where


def test_a_lone_caller_is_rung_at_the_first_free_time_before_it_is_due() -> None:
    made = plan(problem([callback(1)], [therapist(AMIRA, "Mon 10:00-12:00")]))
    assert where(made) == {1: (AMIRA, "Mon 10:00")}
    assert made.assignments[0].reasons == (Reason.EARLIEST,)


def test_with_nobody_to_ring_there_is_an_empty_plan() -> None:
    made = plan(problem([], [therapist(AMIRA, "Mon 10:00-12:00")]))
    assert (made.assignments, made.unplaced, made.moved, made.gap) == ((), (), (), 0.0)


def test_a_session_counts_only_where_the_line_rings_back() -> None:
    eput = tuple(f"{day} 12:30-14:30" for day in ("Mon", "Tue"))
    made = plan(problem([callback(1)], [therapist(AMIRA, "Mon 09:00-17:00")], line=eput))
    assert where(made) == {1: (AMIRA, "Mon 12:30")}


def test_absences_and_other_work_are_planned_around() -> None:
    amira = therapist(AMIRA, "Mon 09:00-12:00", away=("Mon 09:00-10:00",), busy=("Mon 10:07-10:40",))
    made = plan(problem([callback(1)], [amira]))
    assert where(made) == {1: (AMIRA, "Mon 10:40")}


def test_no_caller_is_rung_before_they_wish() -> None:
    later = replace(callback(1), not_before=at("Mon 11:02"))
    made = plan(problem([later], [therapist(AMIRA, "Mon 09:00-12:00")]))
    assert where(made) == {1: (AMIRA, "Mon 11:05")}


def test_a_teacher_is_rung_in_the_break_though_it_lies_across_two_slots() -> None:
    teacher = callback(1, talks=("Mon 10:30-11:00",))
    made = plan(problem([teacher], [therapist(AMIRA, "Mon 09:00-12:00")]))
    assert where(made) == {1: (AMIRA, "Mon 10:30")}


def test_a_safeguarding_call_comes_before_those_that_were_due_sooner() -> None:
    calls = [callback(1, "Mon 10:00"), callback(2, "Mon 10:00"), callback(3, "Mon 17:00", priority=0)]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-12:00")]))
    assert where(made)[3] == (AMIRA, "Mon 09:00")
    assert Reason.FIRST in made.assignments[2].reasons


def test_of_two_routine_calls_the_one_that_is_late_already_comes_first() -> None:
    calls = [callback(1, "Tue 17:00"), callback(2, "Mon 08:00")]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-10:00")]))
    assert where(made) == {1: (AMIRA, "Mon 09:25"), 2: (AMIRA, "Mon 09:00")}
    assert Reason.LATE in made.assignments[1].reasons


def test_the_named_therapist_rings_though_another_is_free_sooner() -> None:
    known = replace(callback(1), named=BEN)
    made = plan(problem([known], [therapist(AMIRA, "Mon 09:00-12:00"), therapist(BEN, "Tue 09:00-12:00")]))
    assert where(made) == {1: (BEN, "Tue 09:00")}
    assert made.assignments[0].reasons == (Reason.IN_TIME, Reason.NAMED)


def test_another_rings_when_the_named_therapist_would_be_late() -> None:
    known = replace(callback(1, "Mon 17:00"), named=BEN)
    made = plan(problem([known], [therapist(AMIRA, "Mon 09:00-12:00"), therapist(BEN, "Tue 09:00-12:00")]))
    assert where(made) == {1: (AMIRA, "Mon 09:00")}
    assert Reason.NOT_NAMED in made.assignments[0].reasons


def test_who_speaks_the_callers_language_is_preferred() -> None:
    ben = replace(therapist(BEN, "Mon 09:00-12:00"), languages=frozenset({"pl"}))
    polish = replace(callback(1), language="pl")
    made = plan(problem([polish], [therapist(AMIRA, "Mon 09:00-12:00"), ben]))
    assert where(made) == {1: (BEN, "Mon 09:00")}
    assert made.assignments[0].reasons == (Reason.EARLIEST, Reason.LANGUAGE)


def test_who_knows_the_topic_is_preferred() -> None:
    ben = replace(therapist(BEN, "Mon 09:00-12:00"), skills=frozenset({"seating"}))
    about_seating = replace(callback(1), topic="seating")
    made = plan(problem([about_seating], [therapist(AMIRA, "Mon 09:00-12:00"), ben]))
    assert where(made) == {1: (BEN, "Mon 09:00")}
    assert made.assignments[0].reasons == (Reason.EARLIEST, Reason.SKILL)


def test_a_language_that_is_needed_is_worth_any_wait() -> None:
    ben = replace(therapist(BEN, "Fri 09:00-12:00"), languages=frozenset({"pl"}))
    polish = replace(callback(1, "Mon 17:00"), language="pl", language_required=True)
    made = plan(problem([polish], [therapist(AMIRA, "Mon 09:00-12:00"), ben]))
    assert where(made) == {1: (BEN, "Fri 09:00")}


def test_an_interpreted_call_keeps_its_whole_time_free() -> None:
    calls = [callback(1, priority=2), callback(2), replace(callback(3, priority=1), minutes=40)]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-10:40")]))
    assert where(made) == {3: (AMIRA, "Mon 09:00"), 1: (AMIRA, "Mon 09:50"), 2: (AMIRA, "Mon 10:15")}


def test_short_calls_fill_what_the_slots_leave_over() -> None:
    slots = [callback(one, priority=2) for one in range(1, 5)]
    short = [replace(callback(one), minutes=15) for one in (5, 6)]
    amira = therapist(AMIRA, "Mon 09:00-09:40", "Tue 09:00-09:40", "Wed 09:00-09:40", "Thu 09:00-09:40")
    made = where(plan(problem([*slots, *short], [amira])))
    assert (made[5], made[6]) == ((AMIRA, "Mon 09:25"), (AMIRA, "Tue 09:25"))


def test_a_later_attempt_is_two_hours_after_and_at_another_time_of_day() -> None:
    tried = replace(callback(1, "Tue 17:00"), tried=(at("Mon 09:10"),))
    made = plan(problem([tried], [therapist(AMIRA, "Mon 09:00-12:00", "Mon 14:00-17:00")], now="Mon 09:30"))
    assert where(made) == {1: (AMIRA, "Mon 14:00")}
    assert Reason.OTHER_TIME in made.assignments[0].reasons


def test_a_third_attempt_is_on_another_day_than_two_on_one_day() -> None:
    tried = replace(callback(1, "Mon 17:00"), tried=(at("Mon 09:10"), at("Mon 11:30")))
    made = plan(problem([tried], [therapist(AMIRA, "Mon 09:00-17:00", "Tue 14:30-17:00")], now="Mon 12:00"))
    assert where(made) == {1: (AMIRA, "Tue 14:30")}
    assert Reason.OTHER_DAY in made.assignments[0].reasons


def test_an_urgent_third_attempt_may_be_on_the_same_day() -> None:
    tried = replace(callback(1, "Mon 17:00", priority=1), tried=(at("Mon 09:10"), at("Mon 11:30")))
    made = plan(problem([tried], [therapist(AMIRA, "Mon 09:00-17:00", "Tue 14:30-17:00")], now="Mon 12:00"))
    assert where(made) == {1: (AMIRA, "Mon 14:30")}


def test_work_is_shared_by_the_part_of_the_rota_that_is_used() -> None:
    calls = [callback(one, "Tue 17:00") for one in range(1, 7)]
    people = [therapist(AMIRA, "Mon 09:00-12:20", "Mon 13:00-16:20"), therapist(BEN, "Mon 09:00-12:20")]
    amiras = [one for one in plan(problem(calls, people)).assignments if one.therapist == AMIRA]
    assert len(amiras) == 4


def test_who_has_already_worked_more_of_their_rota_gets_the_next_call_last() -> None:
    tired = replace(therapist(AMIRA, "Mon 09:00-12:00"), minutes_done=100)
    made = plan(problem([callback(1)], [tired, therapist(BEN, "Mon 09:00-12:00")]))
    assert where(made) == {1: (BEN, "Mon 09:00")}


def test_waiting_a_little_to_share_the_work_is_said() -> None:
    tired = replace(therapist(AMIRA, "Mon 09:00-12:00"), minutes_done=150)
    made = plan(problem([callback(1)], [tired, therapist(BEN, "Mon 10:00-12:00")]))
    assert where(made) == {1: (BEN, "Mon 10:00")}
    assert made.assignments[0].reasons == (Reason.IN_TIME, Reason.FAIR)


def test_who_can_talk_at_one_time_only_gets_it_before_who_can_talk_at_any() -> None:
    narrow = callback(2, "Tue 17:00", talks=("Mon 09:00-09:25",))
    made = plan(problem([callback(1, "Mon 17:00"), narrow], [therapist(AMIRA, "Mon 09:00-09:50")]))
    assert where(made) == {1: (AMIRA, "Mon 09:25"), 2: (AMIRA, "Mon 09:00")}
    assert made.assignments[0].reasons == (Reason.EARLIEST, Reason.ONLY_PLACE)


def test_an_earlier_time_that_went_to_a_later_due_call_of_another_therapist_is_explained() -> None:
    narrow = callback(2, "Wed 17:00", talks=("Mon 09:00-09:25",))
    people = [therapist(AMIRA, "Mon 09:00-09:25"), therapist(BEN, "Tue 09:00-09:25")]
    made = plan(problem([callback(1, "Tue 17:00"), narrow], people))
    assert where(made) == {1: (BEN, "Tue 09:00"), 2: (AMIRA, "Mon 09:00")}
    assert made.assignments[0].reasons == (Reason.EARLIEST, Reason.ONLY_PLACE)


def test_a_call_yields_an_earlier_time_to_one_that_would_be_late() -> None:
    calls = [callback(1, "Wed 17:00", priority=2), callback(2, "Mon 09:10")]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-09:50")]))
    assert where(made) == {1: (AMIRA, "Mon 09:25"), 2: (AMIRA, "Mon 09:00")}
    assert made.assignments[0].reasons == (Reason.EARLIEST, Reason.SPARES_LATE)


def test_a_call_yields_an_earlier_time_to_one_that_is_late_already() -> None:
    calls = [callback(1, "Wed 17:00", priority=2), callback(2, "Mon 08:00")]
    made = plan(problem(calls, [therapist(AMIRA, "Mon 09:00-09:50")]))
    assert where(made) == {1: (AMIRA, "Mon 09:25"), 2: (AMIRA, "Mon 09:00")}
    assert Reason.BREACHED in made.assignments[0].reasons


def test_of_equals_the_one_that_is_due_first_is_rung_first() -> None:
    calls = [callback(1, "Thu 17:00"), callback(2, "Wed 17:00"), callback(3, "Fri 17:00")]
    made = plan(problem(calls, [therapist(CARYS, "Mon 09:00-12:00")]))
    assert where(made) == {1: (CARYS, "Mon 09:25"), 2: (CARYS, "Mon 09:00"), 3: (CARYS, "Mon 09:50")}


def test_a_plan_over_the_spring_change_keeps_to_the_line_in_utc() -> None:
    friday, monday = datetime(2027, 3, 26, 9, tzinfo=UTC), datetime(2027, 3, 29, 8, tzinfo=UTC)
    line = (Span(monday, monday.replace(hour=16)),)
    amira = replace(therapist(AMIRA), sessions=(Span(monday, monday.replace(hour=11)),))
    made = plan(Problem(friday, (Callback(1, friday, monday),), (amira,), line))
    assert [one.start for one in made.assignments] == [monday]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: Span(datetime(2027, 1, 11, 9), datetime(2027, 1, 11, 10)), "know their zone"),  # noqa: DTZ001 - that is the fault
        (lambda: Span(at("Mon 10:00"), at("Mon 10:00")), "ends after it starts"),
        (lambda: Assignment(1, 1, at("Mon 10:00"), at("Mon 09:00")), "ends after it starts"),
        (lambda: callback(1, priority=4), "priority is 0 to 3"),
        (lambda: replace(callback(1), minutes=0), "at least one minute"),
        (lambda: problem([callback(1), callback(1)], []), "callback 1 is there twice"),
        (lambda: problem([], [therapist(BEN), therapist(BEN)]), "therapist 2 is there twice"),
        (lambda: replace(problem([], []), grid_minutes=0), "at least one minute"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused_in_words(wrong: object, sentence: str) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=sentence):
        wrong()


def test_the_planner_loads_nothing_of_the_house_and_no_solver_before_it_plans() -> None:
    look = "import sys, scheduler.planner; print({name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "'numpy'" in run.stdout
    assert not any(name in run.stdout for name in ("'advice_line'", "'ortools'"))


def test_sessions_that_touch_are_one_stretch_for_a_long_call() -> None:
    long = replace(callback(1), minutes=55)
    amira = replace(therapist(AMIRA), sessions=spans("Mon 11:30-12:00", "Mon 12:00-12:30"))
    assert where(plan(problem([long], [amira]))) == {1: (AMIRA, "Mon 11:30")}
