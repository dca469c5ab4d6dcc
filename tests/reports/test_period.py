"""Periods of whole London days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_line.errors import Malformed
from advice_line.reports.period import Period

DATES = st.dates(date(2020, 1, 1), date(2035, 12, 31))
NOVEMBER_17 = date(2026, 11, 17)


def test_both_dates_are_included() -> None:
    period = Period(date(2026, 11, 16), NOVEMBER_17)
    assert period.start == datetime(2026, 11, 16, tzinfo=UTC)
    assert period.end == datetime(2026, 11, 18, tzinfo=UTC)
    assert list(period.days()) == [date(2026, 11, 16), NOVEMBER_17]


def test_a_summer_day_begins_at_eleven_at_night_in_utc() -> None:
    assert Period(date(2026, 7, 1), date(2026, 7, 1)).start == datetime(2026, 6, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (NOVEMBER_17, 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    period = Period(day, day)
    assert period.end - period.start == timedelta(hours=hours)


@given(DATES)
def test_two_days_one_after_the_other_meet_without_gap_or_overlap(day: date) -> None:
    next_day = day + timedelta(days=1)
    assert Period(day, day).end == Period(next_day, next_day).start


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Malformed, match="must not be before"):
        Period(NOVEMBER_17, date(2026, 11, 16))


def test_a_period_of_more_than_ten_years_is_refused() -> None:
    with pytest.raises(Malformed, match="ten years"):
        Period(date(2010, 1, 1), NOVEMBER_17)


def test_a_week_is_named_as_iso_names_it_also_around_new_year() -> None:
    weeks = Period(date(2026, 12, 31), date(2027, 1, 4)).keys("week")
    assert weeks == {"2026-W53": "Week of 28 December 2026", "2027-W01": "Week of 4 January 2027"}


def test_days_and_months_are_named_in_words() -> None:
    period = Period(NOVEMBER_17, NOVEMBER_17)
    assert period.keys("day") == {"2026-11-17": "Tuesday 17 November 2026"}
    assert period.keys("month") == {"2026-11": "November 2026"}


def test_every_hour_and_weekday_is_there_whatever_the_period() -> None:
    period = Period(NOVEMBER_17, NOVEMBER_17)
    assert list(period.keys("hour")) == [f"{hour:02d}" for hour in range(24)]
    assert period.keys("hour")["09"] == "09:00 to 09:59"
    assert list(period.keys("weekday")) == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
