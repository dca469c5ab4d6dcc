"""Hours: when a line is open, and working time counted and added."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from timeit import repeat

import pytest

from advice_line.working_time import (
    MONDAY_TO_FRIDAY,
    Calendar,
    Hours,
    Interval,
    Nation,
    NoOpeningHours,
    Weekday,
    Window,
    WindowError,
)

At = Callable[[str], datetime]

HOUR = timedelta(hours=1)


def test_a_line_opens_at_the_start_of_a_window_and_closes_at_its_end(midday: Hours, at: At) -> None:
    assert not midday.is_open(at("2026-11-17 12:29"))
    assert midday.is_open(at("2026-11-17 12:30"))
    assert midday.is_open(at("2026-11-17 14:29"))
    assert not midday.is_open(at("2026-11-17 14:30"))


@pytest.mark.parametrize("day", ["2026-11-21", "2026-05-25", "2026-12-28"])
def test_a_line_stays_shut_on_weekends_and_bank_holidays(day: str, midday: Hours, at: At) -> None:
    assert not midday.is_open(at(f"{day} 13:00"))


def test_a_line_opens_by_londons_clock_all_year(midday: Hours) -> None:
    assert midday.is_open(datetime(2026, 10, 23, 11, 30, tzinfo=UTC))
    assert not midday.is_open(datetime(2026, 10, 26, 11, 30, tzinfo=UTC))
    assert not midday.is_open(datetime(2026, 3, 27, 11, 30, tzinfo=UTC))
    assert midday.is_open(datetime(2026, 3, 30, 11, 30, tzinfo=UTC))


def test_the_next_opening_is_now_when_open_and_else_the_next_window(midday: Hours, at: At) -> None:
    assert midday.next_opening(at("2026-11-17 13:00")) == at("2026-11-17 13:00")
    assert midday.next_opening(at("2026-11-17 14:30")) == at("2026-11-18 12:30")
    assert midday.next_opening(at("2026-12-24 15:00")) == at("2026-12-29 12:30")
    assert midday.next_opening(at("2026-12-31 15:00")) == at("2027-01-04 12:30")


def test_intervals_are_clipped_merged_and_sorted(england: Calendar, at: At) -> None:
    afternoon, late = Window(MONDAY_TO_FRIDAY, time(15), time(17)), Window(MONDAY_TO_FRIDAY, time(14), time(16))
    morning = Window(frozenset({Weekday.WED}), time(9), time(12))
    hours = Hours(england, (afternoon, late, morning))
    assert hours.intervals(at("2026-11-17 16:00"), at("2026-11-18 15:30")) == [
        Interval(at("2026-11-17 16:00"), at("2026-11-17 17:00")),
        Interval(at("2026-11-18 09:00"), at("2026-11-18 12:00")),
        Interval(at("2026-11-18 14:00"), at("2026-11-18 15:30")),
    ]


def test_intervals_run_over_the_turn_of_the_year(midday: Hours, at: At) -> None:
    found = midday.intervals(at("2026-12-31 00:00"), at("2027-01-05 00:00"))
    assert [each.start for each in found] == [at("2026-12-31 12:30"), at("2027-01-04 12:30")]


def test_no_time_has_no_intervals(office: Hours, at: At) -> None:
    ten, eleven = at("2026-11-17 10:00"), at("2026-11-17 11:00")
    assert office.intervals(ten, ten) == office.intervals(eleven, ten) == []
    assert office.working_between(eleven, ten) == timedelta()


def test_the_last_end_of_a_day_is_its_last_windows(part_week: Hours, at: At) -> None:
    assert part_week.last_end(date(2026, 11, 18)) == at("2026-11-18 16:00")
    assert part_week.last_end(date(2026, 11, 17)) is None
    assert part_week.last_end(date(2027, 12, 28)) is None


def test_nights_weekends_and_bank_holidays_are_not_working_time(office: Hours, at: At) -> None:
    assert office.working_between(at("2026-08-28 16:00"), at("2026-09-01 10:00")) == 2 * HOUR
    assert office.working_between(at("2026-12-24 16:30"), at("2027-01-04 09:30")) == 25 * HOUR


def test_a_closure_is_not_working_time(office: Hours, at: At) -> None:
    shut = Hours(Calendar(Nation.ENGLAND_AND_WALES, frozenset({date(2026, 11, 18)})), office.windows)
    assert office.working_between(at("2026-11-17 09:00"), at("2026-11-19 17:00")) == 24 * HOUR
    assert shut.working_between(at("2026-11-17 09:00"), at("2026-11-19 17:00")) == 16 * HOUR


def test_one_hour_runs_to_the_end_of_a_window_and_no_further(office: Hours, at: At) -> None:
    assert office.add(at("2026-11-20 16:00"), HOUR) == at("2026-11-20 17:00")
    assert office.add(at("2026-11-20 16:20"), HOUR) == at("2026-11-23 09:20")
    assert office.add(at("2026-11-21 11:00"), HOUR) == at("2026-11-23 10:00")
    assert office.add(at("2026-11-21 11:00"), timedelta()) == at("2026-11-21 11:00")


def test_time_is_added_over_christmas_and_over_years(office: Hours, at: At) -> None:
    assert office.add(at("2026-12-24 16:30"), 25 * HOUR) == at("2027-01-04 09:30")
    three_years = office.working_between(at("2025-06-02 09:00"), at("2028-06-02 12:00"))
    assert office.add(at("2025-06-02 09:00"), three_years) == at("2028-06-02 12:00")


def test_working_time_is_not_taken_away(office: Hours, at: At) -> None:
    with pytest.raises(ValueError, match="not taken away"):
        office.add(at("2026-11-17 09:00"), -HOUR)


def test_windows_that_have_ended_for_good_are_said_to_be_missing(ended: Hours, at: At) -> None:
    assert ended.add(at("2026-11-30 09:00"), 8 * HOUR) == at("2026-11-30 17:00")
    with pytest.raises(NoOpeningHours, match="no opening hours within a year of 2026-11-30"):
        ended.next_opening(at("2026-11-30 17:00"))
    with pytest.raises(NoOpeningHours, match="Check the windows and the closures"):
        ended.add(at("2026-11-30 09:00"), 9 * HOUR)


def test_a_window_that_opens_in_more_than_a_year_is_too_far(england: Calendar, at: At) -> None:
    later = Hours(england, (Window(MONDAY_TO_FRIDAY, time(9), time(17), valid_from=date(2027, 12, 1)),))
    assert later.next_opening(at("2026-12-01 09:00")) == at("2027-12-01 09:00")
    with pytest.raises(NoOpeningHours):
        later.next_opening(at("2026-12-01 08:59"))


def test_a_line_without_windows_is_never_open(england: Calendar, at: At) -> None:
    never = Hours(england, ())
    assert not never.is_open(at("2026-11-17 10:00"))
    assert never.working_between(at("2026-01-01 00:00"), at("2027-01-01 00:00")) == timedelta()


def test_a_saturday_window_is_refused_because_it_would_never_open(england: Calendar) -> None:
    with pytest.raises(WindowError, match="Monday to Friday"):
        Hours(england, (Window(frozenset({Weekday.FRI, Weekday.SAT}), time(9), time(12)),))


def test_a_time_without_a_zone_is_never_counted(office: Hours) -> None:
    naive = datetime(2026, 11, 17, 9)  # noqa: DTZ001
    for question in (office.is_open, office.next_opening, lambda moment: office.add(moment, HOUR)):
        with pytest.raises(ValueError, match="no time zone"):
            question(naive)


def test_a_year_is_counted_in_far_less_than_a_millisecond(part_week: Hours, at: At) -> None:
    start, end = at("2026-01-05 10:00"), at("2027-01-05 10:00")
    calls = 200
    seconds = min(repeat(lambda: part_week.working_between(start, end), number=calls, repeat=5)) / calls
    assert seconds < 0.001
