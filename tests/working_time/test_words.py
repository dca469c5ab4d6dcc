"""Working time in words on a screen."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from advice_line.working_time import Hours, in_words, time_left

At = Callable[[str], datetime]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (timedelta(hours=1, minutes=20), "1 hour 20 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(hours=26, minutes=1), "26 hours 1 minute"),
    ],
)
def test_an_amount_is_said_in_hours_and_minutes(amount: timedelta, words: str) -> None:
    assert in_words(amount) == words


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-16 09:00", "3 working days left"),
        ("2026-11-17 16:59", "2 working days left"),
        ("2026-11-18 16:00", "9 hours of working time left"),
        ("2026-11-19 15:40", "1 hour 20 minutes of working time left"),
        ("2026-11-19 17:00", "no working time left"),
        ("2026-11-19 17:01", "overdue"),
        ("2026-11-20 09:35", "overdue by 35 working minutes"),
        ("2026-11-20 10:00", "overdue by 1 working hour"),
        ("2026-11-20 11:45", "overdue by 2 working hours"),
        ("2026-11-22 12:00", "overdue by 8 working hours"),
        ("2026-11-23 09:00", "overdue by 2 working days"),
    ],
)
def test_what_is_left_of_a_promise_is_said_in_working_time(now: str, words: str, office: Hours, at: At) -> None:
    assert time_left(at("2026-11-19 17:00"), at(now), office) == words


def test_a_long_weekend_takes_nothing_from_what_is_left(office: Hours, at: At) -> None:
    due = at("2026-09-01 09:30")
    assert time_left(due, at("2026-08-28 18:00"), office) == "30 minutes of working time left"
    assert time_left(due, at("2026-08-31 12:00"), office) == "30 minutes of working time left"
