"""Working days: counted forwards, backwards, between, and the runs of closed days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advice_line.working_time import Calendar, Nation, NoWorkingDays

TRAINING_DAY = date(2026, 11, 18)


@pytest.fixture
def with_training_day() -> Calendar:
    return Calendar(Nation.ENGLAND_AND_WALES, frozenset({TRAINING_DAY}))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 17), None),
        (date(2026, 11, 21), "weekend"),
        (date(2026, 8, 31), "bank holiday: Summer bank holiday"),
        (date(2026, 12, 28), "bank holiday: Boxing Day (substitute day)"),
        (TRAINING_DAY, "the service is closed"),
    ],
)
def test_a_closed_day_says_why_and_a_working_day_says_nothing(
    day: date, why: str | None, with_training_day: Calendar
) -> None:
    assert with_training_day.why_closed(day) == why
    assert with_training_day.is_working_day(day) == (why is None)


def test_each_nation_keeps_its_own_days() -> None:
    st_andrews_day, battle_of_the_boyne = date(2026, 11, 30), date(2026, 7, 13)
    assert not Calendar(Nation.SCOTLAND).is_working_day(st_andrews_day)
    assert Calendar(Nation.NORTHERN_IRELAND).is_working_day(st_andrews_day)
    assert not Calendar(Nation.NORTHERN_IRELAND).is_working_day(battle_of_the_boyne)
    assert Calendar(Nation.ENGLAND_AND_WALES).is_working_day(battle_of_the_boyne)


def test_the_next_and_the_last_working_day_are_never_the_day_itself(with_training_day: Calendar) -> None:
    assert with_training_day.next_working_day(date(2026, 11, 16)) == date(2026, 11, 17)
    assert with_training_day.next_working_day(date(2026, 11, 17)) == date(2026, 11, 19)
    assert with_training_day.last_working_day_before(date(2026, 11, 19)) == date(2026, 11, 17)
    assert with_training_day.last_working_day_before(date(2026, 4, 7)) == date(2026, 4, 2)


def test_working_days_are_counted_from_the_day_after(england: Calendar) -> None:
    christmas_eve = date(2026, 12, 24)
    assert england.working_day_after(christmas_eve, 1) == date(2026, 12, 29)
    assert england.working_day_after(christmas_eve, 3) == date(2026, 12, 31)
    assert england.working_day_after(christmas_eve, 4) == date(2027, 1, 4)
    with pytest.raises(ValueError, match="counted from 1"):
        england.working_day_after(christmas_eve, 0)


def test_days_between_leave_out_the_first_and_count_the_last(england: Calendar) -> None:
    assert england.working_days_between(date(2026, 12, 24), date(2027, 1, 4)) == 4
    assert england.working_days_between(date(2026, 12, 24), date(2026, 12, 28)) == 0
    assert england.working_days_between(date(2026, 12, 24), date(2026, 12, 24)) == 0
    assert england.working_days_between(date(2026, 12, 24), date(2026, 12, 1)) == 0


def test_a_year_of_261_weekdays_and_8_bank_holidays_has_253_working_days(england: Calendar) -> None:
    assert len(england.working_days_in(2026)) == len(england.working_days_in(2027)) == 253
    assert england.working_days_between(date(2025, 12, 31), date(2027, 12, 31)) == 2 * 253


def test_the_run_of_closed_days_ends_before_the_next_working_day(england: Calendar) -> None:
    easter = [date(2027, 3, 26) + timedelta(days=n) for n in range(4)]
    assert list(england.closed_days_from(easter[0])) == easter
    assert list(england.closed_days_from(easter[2])) == easter[2:]
    assert england.closed_days_from(date(2027, 3, 25)) == ()


def test_a_calendar_without_a_working_day_in_a_year_says_so() -> None:
    start = date(2026, 1, 1)
    shut = Calendar(Nation.ENGLAND_AND_WALES, frozenset(start + timedelta(days=n) for n in range(800)))
    with pytest.raises(NoWorkingDays, match=r"within a year of 2026-06-01\. Check the closures"):
        shut.next_working_day(date(2026, 6, 1))


def test_a_moment_is_not_taken_for_a_date(with_training_day: Calendar) -> None:
    with pytest.raises(TypeError, match="london_date"):
        with_training_day.is_working_day(datetime(2026, 11, 18, 9, tzinfo=UTC))
