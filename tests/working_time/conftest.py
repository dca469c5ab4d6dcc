"""Two lines with hours as different as they come, and London times written as people write them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest

from advice_line.clock import from_london
from advice_line.working_time import MONDAY_TO_FRIDAY, Calendar, Hours, Nation, Weekday, Window

At = Callable[[str], datetime]


@pytest.fixture(scope="session")
def at() -> At:
    """A London time as text, "2026-11-17 10:05", as a moment."""

    def moment(text: str) -> datetime:
        wall = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return from_london(wall.date(), wall.time())

    return moment


@pytest.fixture(scope="session")
def england() -> Calendar:
    return Calendar(Nation.ENGLAND_AND_WALES)


@pytest.fixture(scope="session")
def office(england: Calendar) -> Hours:
    """Monday to Friday, 9 to 5."""
    return Hours(england, (Window(MONDAY_TO_FRIDAY, time(9), time(17)),))


@pytest.fixture(scope="session")
def midday(england: Calendar) -> Hours:
    """Monday to Friday, 12:30 to 14:30."""
    return Hours(england, (Window(MONDAY_TO_FRIDAY, time(12, 30), time(14, 30)),))


@pytest.fixture(scope="session")
def part_week(england: Calendar) -> Hours:
    """Wednesdays and Thursdays alone, mornings and afternoons."""
    days = frozenset({Weekday.WED, Weekday.THU})
    return Hours(england, (Window(days, time(9), time(12)), Window(days, time(13), time(16))))


@pytest.fixture(scope="session")
def ended(england: Calendar) -> Hours:
    """A window that was closed for good at the end of November 2026."""
    return Hours(england, (Window(MONDAY_TO_FRIDAY, time(9), time(17), valid_to=date(2026, 11, 30)),))
