"""A line is too quiet when it is quiet for twice as long, in office hours, as it was in its last four weeks."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.lines.directory import Service
from advice_line.reports.rhythm import is_silent, too_quiet
from tests.factories import a_call

# Two calls on every working day for three weeks, the last on Friday 20 November 2026 at 15:00: 4 hours apart at the
# most in Hertfordshire's office hours from 09:00 to 17:00.
DAYS = [datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=day) for day in range(19)]
CALLS = [day + timedelta(hours=hour) for day in DAYS if day.weekday() < 5 for hour in (11, 15)]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_the_office_hours_are_what_this_file_reckons_with(herts: Service) -> None:
    assert herts.office_hours.working_between(at(20, 0), at(21, 0)) == timedelta(hours=8)


def test_twice_the_longest_stretch_is_still_usual(herts: Service) -> None:
    assert not too_quiet(CALLS, herts.office_hours, at(23, 15))
    assert too_quiet(CALLS, herts.office_hours, at(23, 15, 1))


def test_a_weekend_and_a_night_are_no_silence(herts: Service) -> None:
    assert not too_quiet(CALLS, herts.office_hours, at(22, 23))


def test_a_busy_line_is_given_two_hours(herts: Service) -> None:
    busy = [at(2, 9) + timedelta(minutes=1) * minute for minute in range(0, 60 * 24 * 18, 5)]
    assert busy[-1] == at(20, 8, 55)
    assert not too_quiet(busy, herts.office_hours, at(20, 10, 59))
    assert too_quiet(busy, herts.office_hours, at(20, 11, 1))


@pytest.mark.parametrize("calls", [[], CALLS[-19:], [at(20, 9) + timedelta(minutes=n) for n in range(40)]])
def test_with_little_history_there_is_no_rhythm(herts: Service, calls: list[datetime]) -> None:
    assert not too_quiet(calls, herts.office_hours, at(30, 12))


def test_a_call_that_was_only_found_later_breaks_no_silence(session: Session, herts: Service) -> None:
    (line,) = herts.lines.values()
    for began in CALLS:
        a_call(session, herts, began)
    a_call(session, herts, at(23, 12), found_at=at(23, 12))
    assert not is_silent(session, line, at(23, 15))
    assert is_silent(session, line, at(23, 16))
    a_call(session, herts, at(23, 15))
    assert not is_silent(session, line, at(23, 16))
