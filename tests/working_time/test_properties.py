"""What holds of every calendar, every set of windows and every moment of 2024 to 2028."""

import time as clock_time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advice_line.clock import LONDON, london_date
from advice_line.working_time import (
    MONDAY_TO_FRIDAY,
    Calendar,
    Hours,
    Nation,
    Window,
    due,
    due_same_day,
    time_left,
    total,
)

# Generated cases run the same lines again and again: counting them takes as long as running them.
pytestmark = pytest.mark.no_cover

FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
MINUTE = timedelta(minutes=1)

CLOCK_CHANGES = [
    datetime.fromisoformat(f"{day}T01:00Z")
    for day in ("2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31", "2028-03-26", "2028-10-29")
]

any_moment = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
near_a_clock_change = st.builds(
    lambda change, apart: change + apart,
    st.sampled_from(CLOCK_CHANGES),
    st.timedeltas(timedelta(days=-3), timedelta(days=3)),
)
moments = any_moment | near_a_clock_change
walls = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
amounts = st.timedeltas(timedelta(), timedelta(hours=10))
counts = st.integers(1, 12)


briefly = settings(max_examples=30)


@st.composite
def windows(draw: st.DrawFn, *, dated: bool) -> Window:
    start, end = sorted(draw(st.lists(walls, min_size=2, max_size=2, unique=True)))
    days = frozenset(draw(st.lists(st.sampled_from(sorted(MONDAY_TO_FRIDAY)), min_size=1)))
    dates = sorted(draw(st.lists(st.dates(FIRST, LAST), min_size=2, max_size=2))) if dated else (None, None)
    return Window(days, start, end, *dates)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Any calendar; one window that is always valid, so that a line always opens again, and some that come and go."""
    runs = draw(st.lists(st.tuples(st.dates(FIRST, LAST), st.integers(1, 14)), max_size=6))
    closures = frozenset(start + timedelta(days=n) for start, length in runs for n in range(length))
    steady, passing = draw(windows(dated=False)), draw(st.lists(windows(dated=True), max_size=2))
    return Hours(Calendar(draw(st.sampled_from(Nation)), closures), (steady, *passing))


@given(moments, counts, hours())
def test_due_is_the_end_of_a_working_day_and_later_than_receipt(received: datetime, n: int, line: Hours) -> None:
    falls_due = due(received, n, line)
    assert falls_due > received
    assert line.calendar.is_working_day(london_date(falls_due))
    assert falls_due == line.last_end(london_date(falls_due))
    assert line.calendar.working_days_between(london_date(received), london_date(falls_due)) >= n


@given(moments, counts, hours())
def test_due_leaves_no_earlier_day_that_would_do(received: datetime, n: int, line: Hours) -> None:
    first_day = line.calendar.working_day_after(london_date(received), n)
    last_day = london_date(due(received, n, line))
    between = [first_day + timedelta(days=step) for step in range((last_day - first_day).days)]
    assert not any(line.last_end(day) for day in between)


@given(moments, moments, counts, hours())
def test_what_comes_later_is_never_due_earlier(one: datetime, other: datetime, n: int, line: Hours) -> None:
    earlier, later = sorted([one, other])
    assert due(earlier, n, line) <= due(later, n, line)
    assert due_same_day(earlier, line) <= due_same_day(later, line)


@given(moments, counts, hours())
def test_more_working_days_are_never_due_earlier(received: datetime, n: int, line: Hours) -> None:
    assert due(received, n, line) <= due(received, n + 1, line)
    assert due_same_day(received, line) <= due(received, 1, line)


@given(moments, hours())
def test_urgent_is_due_on_an_open_day_after_receipt(received: datetime, line: Hours) -> None:
    falls_due = due_same_day(received, line)
    assert falls_due > received
    assert falls_due == line.last_end(london_date(falls_due))


@given(st.lists(moments, min_size=3, max_size=3).map(sorted), hours())
def test_working_time_adds_up_and_is_never_negative(three: list[datetime], line: Hours) -> None:
    start, middle, end = three
    parts = line.working_between(start, middle), line.working_between(middle, end)
    assert all(timedelta() <= part <= end - start for part in parts)
    assert sum(parts, timedelta()) == line.working_between(start, end)
    assert line.working_between(end, start) == timedelta()


@given(moments, amounts, hours())
def test_adding_working_time_takes_exactly_that_much(start: datetime, amount: timedelta, line: Hours) -> None:
    end = line.add(start, amount)
    assert end >= start
    assert line.working_between(start, end) == amount
    assert not amount or line.working_between(start, end - MINUTE) < amount


@given(moments, moments, hours())
def test_counting_and_adding_undo_each_other(one: datetime, other: datetime, line: Hours) -> None:
    start, end = sorted([one, other])
    arrival = line.add(start, line.working_between(start, end))
    assert arrival <= end
    assert line.working_between(arrival, end) == timedelta()


@given(moments, amounts, amounts, hours())
def test_more_working_time_never_ends_earlier(start: datetime, one: timedelta, other: timedelta, line: Hours) -> None:
    less, more = sorted([one, other])
    assert line.add(start, less) <= line.add(start, more)


@given(moments, moments, hours())
def test_intervals_hold_the_working_time_that_is_counted(one: datetime, other: datetime, line: Hours) -> None:
    start, end = sorted([one, other])
    found = line.intervals(start, end)
    assert total(found) == line.working_between(start, end)
    assert all(before.end < after.start for before, after in pairwise(found))
    assert all(line.calendar.is_working_day(london_date(each.start)) for each in found)


@briefly
@given(moments, st.integers(0, 2 * 24 * 60), hours())
def test_working_time_is_what_a_minute_by_minute_look_at_the_wall_clock_finds(
    start: datetime, length: int, line: Hours
) -> None:
    start = start.replace(second=0, microsecond=0)
    found = sum(is_open_by_the_wall_clock(start + n * MINUTE, line) for n in range(length))
    assert line.working_between(start, start + length * MINUTE) == found * MINUTE
    assert line.is_open(start) == is_open_by_the_wall_clock(start, line)


@given(moments, hours())
def test_the_next_opening_is_open_with_nothing_open_before_it(moment: datetime, line: Hours) -> None:
    opening = line.next_opening(moment)
    assert line.is_open(opening)
    assert line.working_between(moment, opening) == timedelta()


@briefly
@given(moments, counts, amounts, hours())
def test_the_machines_time_zone_changes_nothing(received: datetime, n: int, amount: timedelta, line: Hours) -> None:
    answers = set()
    for zone in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/London"):
        with machine_in(zone):
            falls_due = due(received, n, line)
            left = time_left(falls_due, received, line)
            answers.add((falls_due, due_same_day(received, line), line.add(received, amount), left))
    assert len(answers) == 1


def is_open_by_the_wall_clock(moment: datetime, line: Hours) -> bool:
    wall = moment.astimezone(LONDON)
    holding = [window for window in line.windows if window.is_valid_on(wall.date())]
    return line.calendar.is_working_day(wall.date()) and any(w.start <= wall.time() < w.end for w in holding)


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    """The process as if its machine stood in another zone."""
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("TZ", zone)
        clock_time.tzset()
        yield
    clock_time.tzset()
