"""Moments in the words of the NHS, in London time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advice_line.pages import london

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "shown"),
    [(9, 30, "9:30am"), (17, 0, "5pm"), (12, 0, "midday"), (0, 0, "midnight"), (12, 5, "12:05pm"), (0, 5, "12:05am")],
)
def test_times_are_written_as_the_nhs_writes_them(hour: int, minute: int, shown: str) -> None:
    assert london.clock_time(datetime(2026, 11, 24, hour, minute, 59, tzinfo=UTC)) == shown


def test_summer_time_is_londons() -> None:
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert london.clock_time(late) == "12:30am"
    assert london.day(late) == "Thursday 2 July 2026"


def test_days_are_written_in_full() -> None:
    assert london.day(NOON) == "Tuesday 24 November 2026"
    assert london.short_day(date(2026, 1, 5)) == "5 January 2026"


@pytest.mark.parametrize(
    ("by", "shown"),
    [
        (timedelta(0), "today at midday"),
        (timedelta(days=1), "tomorrow at midday"),
        (timedelta(hours=-13), "yesterday at 11pm"),
        (timedelta(days=2), "Thursday 26 November at midday"),
        (timedelta(days=60), "Saturday 23 January 2027 at midday"),
    ],
)
def test_near_moments_are_named_by_their_nearness(by: timedelta, shown: str) -> None:
    assert london.near(NOON + by, NOON) == shown


def test_midnight_is_the_end_of_the_day_before() -> None:
    now = datetime(2026, 11, 17, 10, 5, tzinfo=UTC)
    assert london.until(datetime(2026, 11, 18, tzinfo=UTC), now) == "the end of today"
    assert london.until(datetime(2026, 11, 28, tzinfo=UTC), now) == "the end of Friday 27 November"
    assert london.until(datetime(2026, 11, 17, 17, tzinfo=UTC), now) == "today at 5pm"
