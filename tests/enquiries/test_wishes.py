"""When callers can be rung, on London's clocks, also across a clock change."""

from datetime import UTC, datetime

import pytest

from advice_line.enquiries.wishes import Wish, wished
from advice_line.working_time import Calendar, Interval, Nation

CALENDAR = Calendar(Nation.ENGLAND_AND_WALES)
# Friday 23 October to the end of Monday 26 October 2026: the clocks go back in between.
START, END = datetime(2026, 10, 22, 23, 0, tzinfo=UTC), datetime(2026, 10, 27, 0, 0, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of October 2026, in UTC."""
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "wishes",
    [
        [],
        ["pref_any_time"],
        ["pref_any_time", "pref_lunch"],
        ["pref_named_days"],
        ["pref_term_time_only"],
        ["unheard_of"],
    ],
)
def test_who_names_no_hours_can_be_rung_at_any_time(wishes: list[Wish]) -> None:
    assert wished(wishes, CALENDAR, START, END) is None


def test_lunch_time_is_lunch_time_before_and_after_the_clocks_change() -> None:
    assert wished(["pref_lunch"], CALENDAR, START, END) == [
        Interval(at(23, 11), at(23, 12, 30)),
        Interval(at(26, 12), at(26, 13, 30)),
    ]


def test_before_school_begins_with_the_day() -> None:
    assert wished(["pref_before_school"], CALENDAR, START, END) == [
        Interval(at(22, 23), at(23, 8)),
        Interval(at(26, 0), at(26, 9)),
    ]


def test_several_wishes_widen_one_another() -> None:
    hours: Wish = {"from": "13:00", "to": "14:00", "days": ["mon"]}
    assert wished(["pref_lunch", hours], CALENDAR, START, END) == [
        Interval(at(23, 11), at(23, 12, 30)),
        Interval(at(26, 12), at(26, 14)),
    ]


def test_hours_without_days_hold_every_working_day() -> None:
    wish: Wish = {"from": "10:00", "to": "10:30", "days": []}
    assert wished([wish], CALENDAR, START, END) == [
        Interval(at(23, 9), at(23, 9, 30)),
        Interval(at(26, 10), at(26, 10, 30)),
    ]


def test_days_alone_mean_those_days_at_any_hour() -> None:
    wish: Wish = {"from": None, "to": None, "days": ["mon"]}
    assert wished([wish, "pref_any_time"], CALENDAR, START, END) == [Interval(at(26, 0), at(26, 23, 59))]


def test_days_alone_narrow_the_wishes_that_name_none_of_their_own() -> None:
    days, hours = {"days": ["mon"]}, {"from": "10:00", "to": "10:30", "days": ["fri"]}
    assert wished(["pref_lunch", days, hours], CALENDAR, START, END) == [
        Interval(at(23, 9), at(23, 9, 30)),
        Interval(at(26, 12), at(26, 13, 30)),
    ]
