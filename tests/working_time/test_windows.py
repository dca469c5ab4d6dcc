"""Windows: London wall time on days of the week, with dates of validity."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from advice_line.errors import Misconfigured
from advice_line.working_time import Interval, Weekday, Window, WindowError

EVERY_DAY = frozenset(Weekday)
MONDAYS = frozenset({Weekday.MON})
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def test_weekdays_are_read_from_their_keys_and_from_dates() -> None:
    assert Weekday("wed") is Weekday.WED
    assert [Weekday.of(date(2026, 11, 16) + timedelta(days=n)) for n in range(7)] == list(Weekday)


def test_half_past_twelve_is_half_past_eleven_utc_in_summer() -> None:
    window = Window(MONDAYS, time(12, 30), time(14, 30))
    summer, winter = date(2026, 7, 6), date(2026, 11, 16)
    assert window.on(summer) == Interval(utc(summer, 11, 30), utc(summer, 13, 30))
    assert window.on(winter) == Interval(utc(winter, 12, 30), utc(winter, 14, 30))


def test_a_window_holds_on_its_weekdays_and_between_its_dates_both_included() -> None:
    window = Window(MONDAYS, time(9), time(17), valid_from=date(2026, 11, 9), valid_to=date(2026, 11, 23))
    held = [day for n in range(60) if window.on(day := date(2026, 10, 1) + timedelta(days=n))]
    assert held == [date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23)]


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        pytest.param(time(0, 30), time(1, 30), 30, id="runs into the skipped hour"),
        pytest.param(time(1, 30), time(2, 30), 30, id="begins in the skipped hour"),
        pytest.param(time(0, 30), time(2, 30), 60, id="spans the skipped hour"),
        pytest.param(time(1, 15), time(1, 45), 0, id="lies in the skipped hour"),
        pytest.param(time(1, 30), time(2), 0, id="ends with the skipped hour"),
    ],
)
def test_a_window_that_touches_the_skipped_hour_keeps_what_exists_of_it(start: time, end: time, minutes: int) -> None:
    interval = Window(EVERY_DAY, start, end).on(FORWARD)
    assert (interval.length if interval else timedelta()) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        pytest.param(time(0, 30), time(1, 30), 60, id="runs into the repeated hour"),
        pytest.param(time(1, 30), time(2, 30), 120, id="begins in the repeated hour"),
        pytest.param(time(0, 30), time(2, 30), 180, id="spans the repeated hour"),
        pytest.param(time(1, 15), time(1, 45), 30, id="lies in the repeated hour"),
    ],
)
def test_a_window_that_touches_the_repeated_hour_runs_from_first_to_first(start: time, end: time, minutes: int) -> None:
    interval = Window(EVERY_DAY, start, end).on(BACK)
    assert interval is not None
    assert interval.length == timedelta(minutes=minutes)


def test_a_window_that_ends_before_it_starts_is_refused_in_words() -> None:
    with pytest.raises(WindowError, match="must end after it starts, before midnight; 14:30 to 12:30 does not"):
        Window(MONDAYS, time(14, 30), time(12, 30))
    with pytest.raises(WindowError, match="must end after it starts"):
        Window(MONDAYS, time(9), time(9))


def test_a_window_without_days_is_refused() -> None:
    with pytest.raises(WindowError, match="at least one day"):
        Window(frozenset(), time(9), time(17))


def test_a_window_in_another_zone_is_refused() -> None:
    with pytest.raises(WindowError, match="without a time zone"):
        Window(MONDAYS, time(9, tzinfo=UTC), time(17, tzinfo=UTC))


def test_a_window_that_stops_before_it_begins_is_refused() -> None:
    with pytest.raises(WindowError, match="cannot stop on 2026-01-01, before it begins on 2026-02-01"):
        Window(MONDAYS, time(9), time(17), valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1))


def test_a_wrong_window_is_a_fault_of_configuration_and_a_wrong_value() -> None:
    assert issubclass(WindowError, Misconfigured)
    assert issubclass(WindowError, ValueError)
