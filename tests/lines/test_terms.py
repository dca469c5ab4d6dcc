"""Schools of an area are closed between their terms, and of what lies beyond the file nothing is known."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from advice_line.lines.terms import TermCalendar, of_area
from advice_line.working_time import Interval

HERTS = TermCalendar.model_validate(
    {
        "key": "herts",
        "label": "Hertfordshire schools",
        "postcodes": ["AL", "SG"],
        "terms": [{"start": "2026-09-02", "end": "2026-10-23"}, {"start": "2026-11-02", "end": "2026-12-18"}],
        "closed": ["2026-11-27"],
    }
)
SOUTHEND = HERTS.model_copy(update={"key": "southend", "postcodes": ("SS1", "SS11", "W1A")})


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        (date(2026, 10, 23), False),
        (date(2026, 10, 24), True),
        (date(2026, 11, 1), True),
        (date(2026, 11, 2), False),
        (date(2026, 11, 27), True),
        (date(2026, 8, 3), False),
        (date(2027, 1, 4), False),
    ],
)
def test_a_holiday_lies_between_two_terms_or_is_a_day_off(day: date, closed: bool) -> None:
    assert HERTS.is_holiday(day) == closed


def test_open_time_is_what_the_holidays_leave_also_over_the_clock_change() -> None:
    start, end = datetime(2026, 10, 23, 9, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert HERTS.open_between(start, end) == [
        Interval(start, datetime(2026, 10, 23, 23, tzinfo=UTC)),
        Interval(datetime(2026, 11, 2, 0, tzinfo=UTC), end),
    ]
    assert HERTS.open_between(end, start) == []


def test_the_school_is_back_on_the_first_day_that_is_no_holiday() -> None:
    assert HERTS.first_day_from(date(2026, 10, 26)) == date(2026, 11, 2)
    assert HERTS.first_day_from(date(2026, 11, 3)) == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("postcode", "key"),
    [
        ("SS1 1AA", "southend"),
        ("ss11 2aa", "southend"),
        ("SS2 4AA", "herts"),
        ("AL1 1AA", "herts"),
        ("W1A 1AA", "southend"),
        ("SS1", "southend"),
        ("", "herts"),
        (None, "herts"),
        ("7", "herts"),
    ],
)
def test_the_calendar_is_that_of_the_childs_postcode_else_the_first(postcode: str | None, key: str) -> None:
    found = of_area([HERTS, SOUTHEND], postcode)
    assert found is not None
    assert found.key == key


def test_without_a_calendar_there_is_none() -> None:
    assert of_area([], "SG1 1AA") is None


@pytest.mark.parametrize(
    "change",
    [
        {"terms": []},
        {"terms": [{"start": "2026-09-02", "end": "2026-09-01"}]},
        {"terms": [{"start": "2026-11-02", "end": "2026-12-18"}, {"start": "2026-09-02", "end": "2026-11-02"}]},
        {"postcodes": ["stevenage"]},
    ],
)
def test_a_calendar_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TermCalendar.model_validate({**HERTS.model_dump(mode="json"), **change})
