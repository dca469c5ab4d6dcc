"""Due times: the worked examples that the rule was agreed on, and its edges."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from advice_line.clock import london_date
from advice_line.working_time import (
    MONDAY_TO_FRIDAY,
    Calendar,
    Hours,
    Nation,
    NoOpeningHours,
    NoWorkingDays,
    Window,
    due,
    due_same_day,
)

At = Callable[[str], datetime]

EXAMPLES = [
    pytest.param("2026-11-17 10:05", "2026-11-18", "2026-11-19", id="an ordinary Tuesday"),
    pytest.param("2026-08-28 18:40", "2026-09-01", "2026-09-02", id="Friday evening before a bank holiday (E15)"),
    pytest.param("2026-11-21 11:00", "2026-11-23", "2026-11-24", id="a Saturday"),
    pytest.param("2026-12-24 17:30", "2026-12-29", "2026-12-30", id="Christmas Eve, Boxing Day moved to Monday"),
    pytest.param("2027-03-25 16:00", "2027-03-30", "2027-03-31", id="Maundy Thursday"),
    pytest.param("2026-10-23 23:59", "2026-10-26", "2026-10-27", id="just before midnight, clocks about to go back"),
    pytest.param("2026-05-25 09:00", "2026-05-26", "2026-05-27", id="on a bank holiday itself"),
    pytest.param("2027-12-31 12:00", "2028-01-04", "2028-01-05", id="New Year's Eve, New Year's Day moved to Monday"),
]


@pytest.mark.parametrize(("received", "first", "second"), EXAMPLES)
def test_due_is_the_end_of_the_last_window_of_the_working_day(
    received: str, first: str, second: str, office: Hours, midday: Hours, at: At
) -> None:
    for hours, end in ((office, "17:00"), (midday, "14:30")):
        assert due(at(received), 1, hours) == at(f"{first} {end}")
        assert due(at(received), 2, hours) == at(f"{second} {end}")


def test_five_working_days_step_over_easter(office: Hours, at: At) -> None:
    assert due(at("2027-03-23 10:00"), 5, office) == at("2027-04-01 17:00")


def test_the_day_of_receipt_is_londons_and_not_utcs(office: Hours, at: At) -> None:
    just_after_midnight = at("2026-07-14 00:30")
    assert just_after_midnight.date() == date(2026, 7, 13)
    assert due(just_after_midnight, 1, office) == at("2026-07-15 17:00")


@pytest.mark.parametrize(
    ("received", "due_by"),
    [
        pytest.param("2026-11-16 10:00", "2026-11-18 16:00", id="Monday: day 2 is Wednesday"),
        pytest.param("2026-11-17 10:00", "2026-11-19 16:00", id="Tuesday: day 2 is Thursday"),
        pytest.param("2026-11-18 10:00", "2026-11-25 16:00", id="Wednesday: day 2 is Friday, so next Wednesday"),
        pytest.param("2026-12-22 10:00", "2026-12-24 16:00", id="Tuesday before Christmas: Thursday is Christmas Eve"),
        pytest.param("2026-12-23 10:00", "2026-12-30 16:00", id="day 2 is Tuesday 29th, so the 30th"),
    ],
)
def test_a_part_week_line_is_due_on_the_next_day_it_has_a_window(
    received: str, due_by: str, part_week: Hours, at: At
) -> None:
    assert due(at(received), 2, part_week) == at(due_by)


def test_a_window_that_is_not_valid_yet_does_not_count(england: Calendar, at: At) -> None:
    summer = Window(MONDAY_TO_FRIDAY, time(9), time(17), valid_to=date(2026, 7, 17))
    autumn = Window(MONDAY_TO_FRIDAY, time(10), time(15), valid_from=date(2026, 9, 1))
    hours = Hours(england, (summer, autumn))
    assert due(at("2026-07-15 10:00"), 2, hours) == at("2026-07-17 17:00")
    assert due(at("2026-07-16 10:00"), 2, hours) == at("2026-09-01 15:00")


def test_a_closure_moves_the_due_day(office: Hours, at: At) -> None:
    shut = Hours(Calendar(Nation.ENGLAND_AND_WALES, frozenset({date(2026, 11, 18)})), office.windows)
    assert due(at("2026-11-17 10:05"), 2, shut) == at("2026-11-20 17:00")


def test_a_line_without_hours_in_a_year_is_an_error_and_not_a_date(ended: Hours, at: At) -> None:
    with pytest.raises(NoOpeningHours, match="Check the windows"):
        due(at("2026-12-01 10:00"), 2, ended)


def test_a_service_without_working_days_is_an_error_and_not_an_endless_search(office: Hours, at: At) -> None:
    always = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    with pytest.raises(NoWorkingDays):
        due(at("2026-06-01 10:00"), 2, Hours(Calendar(Nation.SCOTLAND, always), office.windows))


@pytest.mark.parametrize(
    ("received", "due_by"),
    [
        pytest.param("2026-11-17 10:00", "2026-11-17 17:00", id="in hours"),
        pytest.param("2026-11-17 07:00", "2026-11-17 17:00", id="before opening, the same day's work"),
        pytest.param("2026-11-17 16:59", "2026-11-17 17:00", id="a minute before closing"),
        pytest.param("2026-11-17 17:00", "2026-11-18 17:00", id="at closing"),
        pytest.param("2026-08-28 18:40", "2026-09-01 17:00", id="Friday evening before a bank holiday"),
    ],
)
def test_urgent_is_due_the_same_working_day_or_the_next_out_of_hours(
    received: str, due_by: str, office: Hours, at: At
) -> None:
    assert due_same_day(at(received), office) == at(due_by)


def test_a_lunch_break_is_not_out_of_hours(part_week: Hours, at: At) -> None:
    assert due_same_day(at("2026-11-18 12:30"), part_week) == at("2026-11-18 16:00")


def test_safeguarding_is_due_within_an_hour_of_office_time(office: Hours, at: At) -> None:
    raised = at("2026-08-28 16:30")
    assert office.add(raised, timedelta(hours=1)) == at("2026-09-01 09:30")
    assert london_date(office.add(at("2026-08-28 15:30"), timedelta(hours=1))) == london_date(raised)
