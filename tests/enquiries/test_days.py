"""The first and the last day on which a caller wants to be rung."""

from datetime import UTC, date, datetime, timedelta

from advice_line.enquiries.days import on_days
from advice_line.working_time import Interval

START = datetime(2026, 11, 17, 10, 5, tzinfo=UTC)
END = START + timedelta(days=14)
WEDNESDAY, FRIDAY = date(2026, 11, 18), date(2026, 11, 20)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_without_days_nothing_changes() -> None:
    times = [Interval(START, START + timedelta(hours=1))]
    assert on_days(None, None, None, START, END) is None
    assert on_days(times, None, None, START, END) == times
    assert on_days(None, date(2026, 11, 17), None, START, END) is None


def test_both_days_are_included() -> None:
    found = on_days(None, WEDNESDAY, FRIDAY, START, END)
    assert found == [Interval(midnight(WEDNESDAY), midnight(date(2026, 11, 21)))]


def test_times_of_day_are_cut_to_the_days() -> None:
    times = [Interval(START + timedelta(days=n), START + timedelta(days=n, hours=1)) for n in range(7)]
    assert on_days(times, WEDNESDAY, FRIDAY, START, END) == times[1:4]


def test_a_last_day_that_is_over_binds_nobody() -> None:
    assert on_days(None, None, date(2026, 11, 16), START, END) is None


def test_a_first_day_beyond_the_plan_leaves_no_time_in_it() -> None:
    assert on_days(None, date(2027, 1, 4), None, START, END) == []
