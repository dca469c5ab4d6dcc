"""Intervals: half-open stretches of UTC, alone and in lists; the lists are checked against plain sets of minutes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_line.working_time import Interval, merged, shared, total, without

NINE = datetime(2026, 11, 17, 9, tzinfo=UTC)


def hours(start: float, end: float) -> Interval:
    """From `start` to `end` hours after nine."""
    return Interval(NINE + timedelta(hours=start), NINE + timedelta(hours=end))


def minutes(intervals: list[Interval]) -> set[int]:
    """The minutes after nine that intervals cover."""
    bounds = [
        ((each.start - NINE) // timedelta(minutes=1), (each.end - NINE) // timedelta(minutes=1)) for each in intervals
    ]
    return {minute for start, end in bounds for minute in range(start, end)}


def is_tidy(intervals: list[Interval]) -> bool:
    return all(before.end < after.start for before, after in pairwise(intervals))


INTERVALS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 30)).map(
        lambda pair: Interval(NINE + timedelta(minutes=pair[0]), NINE + timedelta(minutes=sum(pair)))
    ),
    max_size=8,
)


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    assert NINE in hours(0, 1)
    assert NINE + timedelta(hours=1) not in hours(0, 1)
    assert hours(0, 1).length == timedelta(hours=1)


def test_an_interval_given_in_london_time_is_as_long_as_it_really_is() -> None:
    london = ZoneInfo("Europe/London")
    night = Interval(datetime(2026, 3, 28, 22, tzinfo=london), datetime(2026, 3, 29, 6, tzinfo=london))
    assert night.length == timedelta(hours=7)
    assert night.start.tzinfo is UTC


def test_an_interval_that_does_not_end_after_it_starts_is_refused() -> None:
    for end in (0, -1):
        with pytest.raises(ValueError, match="must end after it starts"):
            hours(0, end)


def test_an_interval_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Interval(NINE.replace(tzinfo=None), NINE + timedelta(hours=1))


def test_two_that_touch_share_nothing() -> None:
    assert not hours(0, 1).overlaps(hours(1, 2))
    assert hours(0, 1).intersection(hours(1, 2)) is None
    assert hours(0, 2).intersection(hours(1, 3)) == hours(1, 2)


def test_one_covers_another_that_lies_wholly_inside() -> None:
    assert hours(0, 2).covers(hours(1, 2))
    assert not hours(0, 2).covers(hours(1, 3))


def test_a_session_meets_windows_and_loses_an_absence() -> None:
    session, windows, absence = [hours(0, 8)], [hours(1, 3), hours(5, 9)], [hours(2, 6)]
    assert shared(session, windows) == [hours(1, 3), hours(5, 8)]
    assert without(shared(session, windows), absence) == [hours(1, 2), hours(6, 8)]
    assert total(without(session, absence)) == timedelta(hours=4)


@given(INTERVALS)
def test_merging_keeps_every_minute_once(intervals: list[Interval]) -> None:
    assert minutes(merged(intervals)) == minutes(intervals)
    assert is_tidy(merged(intervals))
    assert total(intervals) == timedelta(minutes=len(minutes(intervals)))


@given(INTERVALS, INTERVALS)
def test_shared_time_is_the_minutes_in_both(these: list[Interval], those: list[Interval]) -> None:
    assert minutes(shared(these, those)) == minutes(these) & minutes(those)
    assert is_tidy(shared(these, those))


@given(INTERVALS, INTERVALS)
def test_what_is_left_is_the_minutes_in_one_alone(these: list[Interval], those: list[Interval]) -> None:
    assert minutes(without(these, those)) == minutes(these) - minutes(those)
    assert is_tidy(without(these, those))
