"""Volume: how many calls, messages and enquiries, by time and by what they were about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.lines.directory import Service
from advice_line.reports.period import Period
from advice_line.reports.volume import CHOICES, By, Row, total, volume
from tests.factories import a_call, a_message, an_enquiry
from tests.reports.story import ended
from tests.scene import TUESDAY, Stage

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
WHOLE_YEAR = Period(date(2025, 11, 1), date(2026, 11, 30))


def counted(session: Session, period: Period, by: By) -> dict[str, tuple[int, int, int]]:
    """The rows with anything in them, by key: calls, messages, enquiries."""
    service_id = session.info["service"]
    rows = volume(session, service_id, period, by)
    return {row.key: _figures(row) for row in rows if any(_figures(row))}


def _figures(row: Row) -> tuple[int, int, int]:
    return row.calls, row.messages, row.enquiries


@pytest.fixture(autouse=True)
def _of_hertfordshire(session: Session, herts: Service) -> None:
    session.info["service"] = herts.id


@pytest.mark.parametrize("by", CHOICES)
def test_the_columns_of_a_year_add_up_to_the_same_totals_however_broken_down(year: Stage, by: By) -> None:
    herts = year.scene.herts
    with year.story() as session:
        expected = total(volume(session, herts.id, WHOLE_YEAR, "day"))
        assert total(volume(session, herts.id, WHOLE_YEAR, by)) == expected
    assert expected.calls > expected.messages == expected.enquiries > 500


def test_the_months_of_a_year_are_what_each_month_alone_says(year: Stage) -> None:
    may = Period(date(2026, 5, 1), date(2026, 5, 31))
    with year.story() as session:
        months = {row.key: row for row in volume(session, year.scene.herts.id, WHOLE_YEAR, "month")}
        alone = volume(session, year.scene.herts.id, may, "day")
    assert len(alone) == 31
    assert _figures(months["2026-05"]) == _figures(total(alone)) > (0, 0, 0)


@pytest.mark.parametrize(("by", "rows"), [("day", 7), ("week", 1), ("month", 1), ("hour", 24), ("weekday", 7)])
def test_periods_without_calls_are_there_with_nothing(session: Session, herts: Service, by: By, rows: int) -> None:
    found = volume(session, herts.id, WEEK, by)
    assert len(found) == rows
    assert total(found) == Row("total", "Total", 0, 0, 0)


def test_a_call_just_within_the_first_and_the_last_day_counts(session: Session, herts: Service) -> None:
    moments = [WEEK.start - timedelta(seconds=1), WEEK.start, WEEK.end - timedelta(seconds=1), WEEK.end]
    for moment in moments:
        a_call(session, herts, moment)
    assert counted(session, WEEK, "day") == {"2026-11-16": (1, 0, 0), "2026-11-22": (1, 0, 0)}


def test_hours_and_weekdays_are_those_of_clocks_in_london(session: Session, herts: Service) -> None:
    a_call(session, herts, datetime(2026, 7, 5, 23, 30, tzinfo=UTC))  # Monday 6 July, half past midnight
    july = Period(date(2026, 7, 6), date(2026, 7, 6))
    assert counted(session, july, "hour") == {"00": (1, 0, 0)}
    assert counted(session, july, "weekday") == {"mon": (1, 0, 0)}


def test_the_hour_that_comes_twice_in_october_counts_both_times(session: Session, herts: Service) -> None:
    for hour in (0, 1):
        a_call(session, herts, datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    longest = Period(date(2026, 10, 25), date(2026, 10, 25))
    assert counted(session, longest, "hour") == {"01": (2, 0, 0)}
    assert counted(session, longest, "weekday") == {"sun": (2, 0, 0)}


def test_a_day_of_23_hours_leaves_nothing_out(session: Session, herts: Service) -> None:
    march = Period(date(2026, 3, 29), date(2026, 3, 29))
    for moment in (march.start, march.end - timedelta(seconds=1), march.end):
        a_call(session, herts, moment)
    assert counted(session, march, "hour") == {"00": (1, 0, 0), "23": (1, 0, 0)}


def test_calls_and_messages_count_under_the_main_topic_of_their_enquiry(session: Session, herts: Service) -> None:
    an_enquiry(session, herts, TUESDAY, topics=["feeding", "play"], caller_role="parent", setting="home")
    a_call(session, herts, TUESDAY)
    assert counted(session, WEEK, "topic") == {"feeding": (1, 1, 1), "unknown": (1, 0, 0)}
    assert counted(session, WEEK, "setting") == {"home": (1, 1, 1), "unknown": (1, 0, 0)}


def test_a_recording_without_speech_is_a_call_and_not_a_message(session: Session, herts: Service) -> None:
    a_message(session, herts, TUESDAY, seconds=1)
    assert counted(session, WEEK, "role") == {"unknown": (1, 0, 0)}


def test_outcomes_have_open_ones_and_every_closing_reason(session: Session, herts: Service) -> None:
    an_enquiry(session, herts, TUESDAY)
    ended(session, an_enquiry(session, herts, TUESDAY), TUESDAY, outcome="advice_given")
    ended(session, an_enquiry(session, herts, TUESDAY), TUESDAY, reason="unable_to_contact")
    a_call(session, herts, TUESDAY)
    assert counted(session, WEEK, "outcome") == {
        "open": (1, 1, 1),
        "advice_given": (1, 1, 1),
        "unable_to_contact": (1, 1, 1),
        "unknown": (1, 0, 0),
    }


def test_another_services_calls_are_not_ours(year: Stage) -> None:
    eput = year.scene.eput
    with year.story(eput) as session:
        assert total(volume(session, eput.id, WHOLE_YEAR, "day")) == Row("total", "Total", 0, 0, 0)
