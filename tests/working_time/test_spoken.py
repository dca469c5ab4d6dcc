"""Days as callers hear them, and the closures a greeting tells of."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from advice_line.working_time import Calendar, Hours, Nation, closure_to_announce, spoken_day, spoken_days

At = Callable[[str], datetime]

AUGUST_WEEKEND = (date(2026, 8, 29), date(2026, 8, 30), date(2026, 8, 31))


def test_a_day_is_said_without_year_or_leading_nought() -> None:
    assert spoken_day(date(2026, 9, 1)) == "Tuesday 1 September"


def test_a_few_days_are_said_one_by_one() -> None:
    assert spoken_days(AUGUST_WEEKEND) == "Saturday 29 August, Sunday 30 August and Monday 31 August"
    assert spoken_days([date(2026, 8, 31), date(2026, 8, 30)]) == "Sunday 30 August and Monday 31 August"
    assert spoken_days([date(2026, 8, 31)]) == "Monday 31 August"
    assert spoken_days([]) == ""


def test_a_long_run_of_days_is_said_by_its_ends() -> None:
    christmas = [date(2026, 12, 24) + timedelta(days=n) for n in range(9)]
    assert spoken_days(christmas) == "every day from Thursday 24 December to Friday 1 January"
    assert spoken_days([*christmas, date(2027, 1, 6)]).endswith("to Friday 1 January and Wednesday 6 January")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        pytest.param("2026-08-28 16:59", (), id="before closing on the last working day"),
        pytest.param("2026-08-28 17:00", AUGUST_WEEKEND, id="from closing on the last working day (E15)"),
        pytest.param("2026-08-30 12:00", AUGUST_WEEKEND[1:], id="on the Sunday"),
        pytest.param("2026-08-31 23:59", AUGUST_WEEKEND[2:], id="to the end of the bank holiday"),
        pytest.param("2026-09-01 00:00", (), id="and no longer"),
        pytest.param("2026-11-20 18:00", (), id="an ordinary weekend is not told"),
        pytest.param("2026-11-21 12:00", (), id="nor while it lasts"),
    ],
)
def test_a_bank_holiday_is_told_from_closing_on_the_eve(
    now: str, told: tuple[date, ...], office: Hours, at: At
) -> None:
    assert closure_to_announce(at(now), office) == told


def test_the_services_own_closure_is_told_like_a_bank_holiday(office: Hours, at: At) -> None:
    training_day = date(2026, 11, 18)
    hours = Hours(Calendar(Nation.ENGLAND_AND_WALES, frozenset({training_day})), office.windows)
    assert closure_to_announce(at("2026-11-17 17:00"), hours) == (training_day,)
    assert closure_to_announce(at("2026-11-17 16:00"), hours) == ()


def test_a_working_day_without_office_hours_tells_of_tomorrows_closure_all_day(part_week: Hours, at: At) -> None:
    assert closure_to_announce(at("2026-12-24 16:00"), part_week)[0] == date(2026, 12, 25)
    assert closure_to_announce(at("2027-03-25 08:00"), part_week) == ()
    assert closure_to_announce(at("2026-05-01 08:00"), part_week)[-1] == date(2026, 5, 4)
