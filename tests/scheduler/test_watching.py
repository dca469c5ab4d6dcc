"""Alarms are raised when something holds that a lead must know of, told by one letter, and end by themselves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, text

from advice_line import alarms, db, staff
from advice_line.alarms import Alarm
from advice_line.errors import OutsideFailed
from advice_line.inbox import reconciliation
from advice_line.lines.directory import Service
from advice_line.staff import Grant
from scheduler.reconciling import reconcile
from scheduler.telling import NOBODY, tell
from scheduler.watching import watch
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop], tmp_path: Path) -> Workshop:
    """Its letters go into a folder of this test."""
    workshop = new_workshop()
    return replace(workshop, settings=workshop.settings.model_copy(update={"advice_line_home": tmp_path}))


@pytest.fixture
def lead(owner: Engine, service: Service, now: datetime) -> str:
    with db.transaction(owner, None) as session:
        grants = [Grant(service.key, "lead")]
        staff.add_person(session, "lead@example.nhs.uk", "Lee Lead", grants, now, password="three quiet rivers")
    return "lead@example.nhs.uk"


def raised(story: Opening, service: Service) -> list[tuple[str, int]]:
    """The open alarms."""
    with story() as session:
        return [(alarm.kind, alarm.count) for alarm in alarms.still_open(session, service.id)]


def letters(home: Path) -> list[EmailMessage]:
    files = sorted((home / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def refused(story: Opening, at: datetime, count: int) -> None:
    with story() as session:
        session.execute(text("INSERT INTO refused_post (at, count) VALUES (:at, :count)"), {"at": at, "count": count})


def test_where_all_is_well_there_is_no_alarm(workshop: Workshop, service: Service, story: Opening) -> None:
    assert watch(workshop, service) == 0
    assert raised(story, service) == []


def test_what_is_unaccounted_for_is_an_alarm_until_it_is_explained(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening
) -> None:
    with story() as session:
        message = factories.an_expected_message(session, service, clock())
    clock.passes(minutes=11)
    assert watch(workshop, service) == 1
    assert raised(story, service) == [("unaccounted", 1)]
    with story() as session:
        session.merge(message).state = "absent"
    assert watch(workshop, service) == 1
    assert raised(story, service) == []


def test_a_message_that_nobody_heard_by_the_standard_is_an_alarm(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening
) -> None:
    with story() as session:
        factories.an_enquiry(session, service, clock())
    clock.time = service.listen_by(clock())
    watch(workshop, service)
    assert raised(story, service) == [("standard_close", 1)]
    clock.passes(seconds=1)
    watch(workshop, service)
    assert raised(story, service) == [("unheard_late", 1)]


def test_promises_close_to_breaking_are_one_alarm_that_is_told_again_for_each_new_one(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening, lead: str, tmp_path: Path
) -> None:
    with story() as session:
        factories.a_heard_enquiry(session, service, clock())
        factories.a_heard_enquiry(session, service, clock() + timedelta(days=1))
    told = []
    for days in (1, 1, 0, 1, 0):
        clock.passes(days=days, hours=5 * (clock().day == 18))
        watch(workshop, service)
        told.append((raised(story, service), tell(workshop, service)))
    close = [("standard_close", 1)], [("standard_close", 2)]
    assert told == [([], 0), (close[0], 1), (close[0], 0), (close[1], 1), (close[1], 0)]
    content = letters(tmp_path)[0].get_content()
    assert "Promises are about to be broken" in content
    assert not any(word in content for word in ("H-0", "7700"))


def test_a_jump_in_refused_signatures_is_an_alarm_until_few_are_refused(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening
) -> None:
    refused(story, clock(), 9)
    assert watch(workshop, service) == 0
    refused(story, clock(), 1)
    watch(workshop, service)
    assert raised(story, service) == [("signatures_refused", 10)]
    clock.passes(minutes=16)
    watch(workshop, service)
    assert raised(story, service) == []


def test_what_is_usual_is_no_jump(workshop: Workshop, service: Service, clock: MovingClock, story: Opening) -> None:
    # Two in every quarter of an hour of the last week: more than ten are too many.
    refused(story, clock() - timedelta(days=1), 2 * 4 * 24 * 7)
    refused(story, clock(), 10)
    assert watch(workshop, service) == 0
    refused(story, clock(), 1)
    assert watch(workshop, service) == 1


def test_lists_that_cannot_be_read_for_an_hour_are_an_alarm(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening, telephone: FakeTelephone
) -> None:
    reconcile(workshop, service)
    for _ in range(5):
        clock.passes(minutes=15)
        telephone.failures["calls_of"].append(OutsideFailed("No."))
        reconcile(workshop, service)
        watch(workshop, service)
    with story() as session:
        state = reconciliation.state(session, service.id)
        assert state
        assert state.through == clock() - timedelta(minutes=75)
    assert raised(story, service) == [("not_reconciled", 5)]
    clock.passes(minutes=15)
    reconcile(workshop, service)
    watch(workshop, service)
    assert raised(story, service) == []


def test_an_alarm_is_one_letter_to_the_leads_and_names_nobody(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening, lead: str, tmp_path: Path
) -> None:
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock(), caller_name="Kit Example", number="+447700900456")
    clock.passes(days=7)
    watch(workshop, service)
    assert [tell(workshop, service) for _ in range(2)] == [2, 0]
    letter, _ = letters(tmp_path)  # the second tells that promises to ring back were broken as well
    assert (letter["To"], letter["Subject"]) == (lead, "Advice Line: Messages have not been heard in time")
    content = letter.get_content()
    assert "How many: 1" in content
    assert "https://advice.example.nhs.uk/reports" in content
    assert not any(word in content for word in ("Kit", "7700", enquiry.reference))


def test_a_letter_that_cannot_be_sent_is_tried_again_and_the_reason_shows(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening, lead: str, tmp_path: Path
) -> None:
    refused(story, clock(), 50)
    watch(workshop, service)
    nowhere = workshop.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})
    assert tell(replace(workshop, settings=nowhere), service) == 0
    with story() as session:
        alarm = session.scalars(select(Alarm)).one()
        assert "could not be reached" in (alarm.mail_problem or "")
    assert tell(workshop, service) == 0
    clock.passes(minutes=1)
    assert tell(workshop, service) == 1
    assert len(letters(tmp_path)) == 1


def test_a_service_without_a_lead_shows_that_nobody_was_told(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening
) -> None:
    refused(story, clock(), 50)
    watch(workshop, service)
    assert tell(workshop, service) == 0
    with story() as session:
        assert session.scalars(select(Alarm)).one().mail_problem == NOBODY
