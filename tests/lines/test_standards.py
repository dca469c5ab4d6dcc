"""Standards as a service's file gives them, and when a duty lead is told."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from advice_line import db
from advice_line.clock import from_london, london_date
from advice_line.lines import duty_leads
from advice_line.lines.directory import Service
from advice_line.lines.standards import Alerts
from tests import factories
from tests.lines.files import HERTS, changed, configured, faults, line_of


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, when London's clocks are UTC's."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("urgent_working_days: 0", "urgent_working_days: 3",
         "What is urgent cannot be due after everything else: lower urgent_working_days."),
        ("leads_page_percent: 25", "leads_page_percent: 50",
         "The lists come before the lead’s page: leads_page_percent cannot be more than first_on_lists_percent."),
        ("letter_percent: 15", "letter_percent: 30",
         "The lead’s page comes before a letter: letter_percent cannot be more than leads_page_percent."),
        ("repeat_minutes: 15", "repeat_minutes: 1", "repeat_minutes must be 5 or more."),
        ("minutes_a_day: 10", "minutes_a_day: 90",
         "Listening takes more minutes than it may at most: raise at_most_minutes."),
        ("mobile: 07700 900240", "mobile: 01632 960240",
         "mobile must be a United Kingdom mobile number such as 07700 900123, because we text it."),
    ],
)  # fmt: skip
def test_a_standard_that_cannot_be_meant_gets_a_sentence_on_its_line(old: str, new: str, sentence: str) -> None:
    file = changed((old, new))
    assert f"line {line_of(new, file)}: {sentence}" in faults(file)


def test_a_duty_lead_is_named_once() -> None:
    file = changed(("email: robin.sample@example.nhs.uk", "email: Lee.Example@example.nhs.uk"))
    assert any("Two duty leads have the same e-mail address" in fault for fault in faults(file))


def test_the_file_brings_in_duty_leads_in_its_order_and_only_their_own_service_sees_them(
    owner: Engine, serving: Engine
) -> None:
    assert "change the duty leads" in configured(owner, HERTS)
    assert configured(owner, HERTS) == []
    with db.transaction(owner, None) as session:
        service_id = session.execute(text("SELECT id FROM service")).scalar_one()
    with db.transaction(serving, service_id) as session:
        found = [(one.name, one.mobile) for one in duty_leads.of_service(session, service_id)]
    assert found == [("Lee Example", "+447700900240"), ("Robin Sample", None)]
    with db.transaction(serving, None) as session:
        assert duty_leads.of_service(session, service_id) == []
    assert configured(owner, changed(("name: Lee Example", "name: Lena Example"))) == ["change the duty leads"]


@pytest.mark.parametrize(("days", "by"), [(0, at(17, 17)), (1, at(18, 17)), (2, at(19, 17))])
def test_urgent_is_by_the_end_of_office_hours_of_its_day(owner: Engine, now: datetime, days: int, by: datetime) -> None:
    service = factories.a_service(owner, now, standards={"urgent_working_days": days})
    assert service.urgent_by(at(17, 10, 5)) == by


# Received, in London's wall time, and the second working day after it.
VECTORS = [
    ("2026-11-17 10:05", date(2026, 11, 19)),
    ("2026-08-28 18:40", date(2026, 9, 2)),
    ("2026-11-21 11:00", date(2026, 11, 24)),
    ("2026-12-24 17:30", date(2026, 12, 30)),
    ("2027-03-25 16:00", date(2027, 3, 31)),
    ("2026-10-23 23:59", date(2026, 10, 27)),
    ("2026-05-25 09:00", date(2026, 5, 27)),
    ("2027-12-31 12:00", date(2028, 1, 5)),
]


@pytest.mark.parametrize(("received", "day"), VECTORS)
def test_the_first_attempt_is_due_on_working_day_two_and_listening_on_day_one(
    herts: Service, received: str, day: date, at_london: Callable[[str], datetime]
) -> None:
    moment = at_london(received)
    assert london_date(herts.line("herts_advice_line").due(moment)) == day
    assert london_date(herts.listen_by(moment)) == herts.calendar.last_working_day_before(day)


@pytest.fixture
def at_london() -> Callable[[str], datetime]:
    def moment(written: str) -> datetime:
        wall = datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return from_london(wall.date(), wall.time())

    return moment


@pytest.mark.parametrize(
    ("flagged", "told"),
    [
        (at(17, 10), at(17, 10, 15)),
        (at(17, 16, 50), at(17, 17)),  # the office closes before the minutes are over
        (at(17, 17), at(17, 17)),
        (at(17, 3), at(17, 3)),
        (at(21, 12), at(21, 12)),  # a Saturday
    ],
)
def test_the_duty_lead_is_told_at_once_outside_office_hours(herts: Service, flagged: datetime, told: datetime) -> None:
    assert Alerts().first_told(flagged, herts.office_hours) == told


def test_rounds_come_ever_more_slowly_and_never_stop() -> None:
    pauses = [Alerts(repeat_minutes=10).pause(rounds) / timedelta(minutes=1) for rounds in (1, 2, 3, 4, 99)]
    assert pauses == [10, 20, 40, 40, 40]
