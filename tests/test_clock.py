"""The clock: moments in UTC, London's wall clock, and the two days a year on which it changes."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from time import time as seconds_since_1970

import pytest

from advice_line.clock import LONDON, from_london, london_date, now, start_of_day, to_london, to_utc


def test_now_is_this_moment_in_utc() -> None:
    before, moment, after = seconds_since_1970(), now(), seconds_since_1970()
    assert moment.tzinfo is UTC
    assert before <= moment.timestamp() + 0.001
    assert moment.timestamp() <= after + 0.001


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        pytest.param("2026-10-23T12:30", "2026-10-23T11:30", id="the Friday before the clocks go back"),
        pytest.param("2026-10-26T12:30", "2026-10-26T12:30", id="the Monday after the clocks go back"),
        pytest.param("2026-03-30T12:30", "2026-03-30T11:30", id="the Monday after the clocks go forward"),
    ],
)
def test_a_london_time_is_the_right_moment_on_either_side_of_a_clock_change(local: str, utc: str) -> None:
    wall = datetime.fromisoformat(local)
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert from_london(wall.date(), wall.time()) == moment
    assert to_london(moment) == wall.replace(tzinfo=LONDON)
    assert to_london(moment).time() == wall.time()


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26)])
def test_the_day_on_which_the_clocks_go_forward_lasts_23_hours(day: date) -> None:
    assert start_of_day(day + timedelta(days=1)) - start_of_day(day) == timedelta(hours=23)


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29)])
def test_the_day_on_which_the_clocks_go_back_lasts_25_hours(day: date) -> None:
    assert start_of_day(day + timedelta(days=1)) - start_of_day(day) == timedelta(hours=25)


@pytest.mark.parametrize("wall", [time(1), time(1, 15), time(1, 59, 59)])
def test_a_time_that_spring_skips_is_the_moment_of_the_change(wall: time) -> None:
    assert from_london(date(2026, 3, 29), wall) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_time_that_comes_twice_in_autumn_is_its_first_coming_unless_folded() -> None:
    assert from_london(date(2026, 10, 25), time(1, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert from_london(date(2026, 10, 25), time(1, 30, fold=1)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_half_an_hour_before_midnight_utc_in_summer_london_is_already_in_tomorrow() -> None:
    assert london_date(datetime(2026, 7, 14, 23, 30, tzinfo=UTC)) == date(2026, 7, 15)
    assert london_date(datetime(2026, 1, 14, 23, 30, tzinfo=UTC)) == date(2026, 1, 14)


def test_a_moment_given_in_another_zone_is_the_same_moment() -> None:
    in_new_york = datetime(2026, 7, 14, 19, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert to_utc(in_new_york).isoformat() == "2026-07-14T23:30:00+00:00"
    assert london_date(in_new_york) == date(2026, 7, 15)


def test_a_time_without_a_zone_is_refused_rather_than_read_in_the_machines_zone() -> None:
    for reading in (to_utc, to_london, london_date):
        with pytest.raises(ValueError, match="no time zone"):
            reading(datetime(2026, 7, 14, 9))  # noqa: DTZ001
