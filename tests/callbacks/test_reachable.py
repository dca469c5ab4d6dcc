"""When one caller can be rung, and what staff are told when a school is closed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice_line.callbacks.reachable import Reachable, reachable
from advice_line.clock import london_date
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.terms import TermCalendar
from advice_line.working_time import Interval, shared
from tests.lines.test_terms import HERTS
from tests.scene import Scene

# Wednesday before half-term, and ten working days on.
NOW = datetime(2026, 10, 21, 8, tzinfo=UTC)
PERIOD = Interval(NOW, NOW + timedelta(days=14))


def with_terms(service: Service, calendar: TermCalendar | None = HERTS) -> Service:
    calendars = (calendar,) if calendar else ()
    return Service(service.id, service.configuration.model_copy(update={"term_calendars": calendars}))


def asked(service: Service, due: datetime, period: Interval = PERIOD, **facts: Any) -> Reachable:
    enquiry = Enquiry(**{"contact_times": [], "line_key": "herts_advice_line", **facts})
    hours = service.line("herts_advice_line").callback_hours.intervals(period.start, period.end)
    return reachable(service, enquiry, hours, due, period)


def test_a_teacher_is_not_rung_in_half_term_and_the_due_time_is_said(herts: Service) -> None:
    found = asked(with_terms(herts), NOW + timedelta(days=6), caller_role="teacher")
    assert found.times is not None
    assert {london_date(one.start) for one in found.times} == {date(2026, 10, 21), date(2026, 11, 2)}
    assert found.note is not None
    assert found.note.sentence == (
        "The school is on holiday until Monday 2 November 2026. The call stays due on Tuesday 27 October 2026."
    )
    assert not found.note.concerns(NOW)
    assert found.note.concerns(None)


def test_a_call_that_is_late_on_the_evening_of_the_last_day_of_term_waits_for_the_school_too(herts: Service) -> None:
    evening = datetime(2026, 10, 23, 17, 30, tzinfo=UTC)
    period = Interval(evening, evening + timedelta(days=14))
    found = asked(with_terms(herts), evening - timedelta(days=1), period, caller_role="senco")
    assert found.note is not None
    assert found.note.sentence.startswith("The school is on holiday until Monday 2 November 2026.")


def test_when_the_plan_does_not_reach_the_next_term_it_waits_for_that_day(herts: Service) -> None:
    monday = datetime(2026, 10, 26, 8, tzinfo=UTC)
    found = asked(with_terms(herts), monday, Interval(monday, monday + timedelta(days=3)), caller_role="senco")
    assert found.not_before == datetime(2026, 11, 2, tzinfo=UTC)
    assert found.note is not None


@pytest.mark.parametrize(
    "facts",
    [
        {"caller_role": "parent_carer"},
        {"caller_role": None},
        {"caller_role": "teacher", "contact_times": ["pref_any_time"]},
    ],
)
def test_nobody_else_waits_for_a_school(herts: Service, facts: dict[str, Any]) -> None:
    assert asked(with_terms(herts), NOW, **facts) == Reachable(None)


def test_whoever_says_term_time_only_is_taken_at_their_word_where_there_is_a_calendar(herts: Service) -> None:
    wish: dict[str, Any] = {"contact_times": ["pref_term_time_only"]}
    assert asked(with_terms(herts), NOW, **wish).times is not None
    assert asked(with_terms(herts, None), NOW, **wish) == Reachable(None)


def test_a_caller_who_asked_for_a_later_day_is_not_rung_before_it(herts: Service) -> None:
    assert asked(herts, NOW, not_before=date(2026, 10, 28)).not_before == datetime(2026, 10, 28, tzinfo=UTC)


def test_a_caller_is_not_rung_after_their_last_day_unless_it_is_over(herts: Service) -> None:
    last = date(2026, 10, 23)
    assert asked(herts, NOW, not_after=last).times == [Interval(NOW, datetime(2026, 10, 23, 23, tzinfo=UTC))]
    assert asked(herts, NOW, not_after=last, contact_times=["pref_lunch"]).times == [
        Interval(datetime(2026, 10, day, 11, tzinfo=UTC), datetime(2026, 10, day, 12, 40, tzinfo=UTC))
        for day in (21, 22, 23)
    ]
    assert asked(herts, NOW, not_after=date(2026, 10, 20)) == Reachable(None)


def test_the_talk_alone_must_be_in_the_callers_time_and_the_writing_up_comes_after_it(herts: Service) -> None:
    quarter_past_school = {"from": "15:30", "to": "15:45", "days": ["thu"]}
    found = asked(herts, NOW, Interval(NOW, NOW + timedelta(days=7)), contact_times=[quarter_past_school])
    assert herts.configuration.capacity.talk_minutes == 15
    half_past_three = datetime(2026, 10, 22, 14, 30, tzinfo=UTC)
    assert found.times == [Interval(half_past_three, half_past_three + timedelta(minutes=25))]
    before_work = {"from": "07:00", "to": "09:00", "days": ["thu"]}
    never = asked(herts, NOW, Interval(NOW, NOW + timedelta(days=7)), contact_times=[before_work])
    assert never.times == [Interval(datetime(2026, 10, 22, 6, tzinfo=UTC), datetime(2026, 10, 22, 8, tzinfo=UTC))]


@settings(max_examples=60)
@given(
    hours=st.integers(0, 110 * 24),
    role=st.sampled_from(["teacher", "senco", "teaching_assistant", "school_leader"]),
    wishes=st.lists(st.sampled_from(["pref_before_school", "pref_lunch", "pref_after_school"]), max_size=2),
)
def test_a_schools_phone_is_never_rung_in_the_holidays(
    scene_service: Service, hours: int, role: str, wishes: list[str]
) -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=hours)
    period = Interval(start, start + timedelta(days=14))
    found = asked(scene_service, start, period, caller_role=role, contact_times=wishes)
    first = max(filter(None, (found.not_before, period.start)))
    rung = shared(found.times or [], [Interval(first, period.end)] if first < period.end else [])
    assert not any(HERTS.is_holiday(london_date(one.start)) for one in rung)


@pytest.fixture(scope="session")
def scene_service(scene: Scene) -> Service:
    return with_terms(scene.herts)
