"""A flag is told to the duty leads at once outside office hours, again until somebody takes it, and never twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from advice_line import db, staff
from advice_line.callbacks import listening
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.alert import Alert
from advice_line.enquiries.alert_notice import AlertNotice
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import NotNow, Unanswered
from advice_line.lines.directory import Service
from advice_line.staff import Grant
from scheduler.alerting import alert
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening

EVENING = datetime(2026, 11, 17, 19, 30, tzinfo=UTC)
LEE, ROBIN, LEAD = "lee.example@example.nhs.uk", "robin.sample@example.nhs.uk", "lead@example.nhs.uk"
MOBILE = "+447700900240"


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop], tmp_path: Path) -> Workshop:
    """Its letters go into a folder of this test."""
    workshop = new_workshop()
    return replace(workshop, settings=workshop.settings.model_copy(update={"advice_line_home": tmp_path}))


@pytest.fixture
def enquiry(story: Opening, service: Service, clock: MovingClock) -> Enquiry:
    with story() as session:
        facts = {"caller_name": "Kit Example", "number": "+447700900456"}
        return factories.an_enquiry(session, service, clock(), **facts)


def pressed(story: Opening, service: Service, enquiry: Enquiry, key: str, at: datetime) -> None:
    with story() as session:
        one = enquiries.by_id(session, service.id, enquiry.id, lock=True)
        listening.flag(session, service, one, key, TESTER, at)


def letters(home: Path) -> list[EmailMessage]:
    files = sorted((home / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def states(story: Opening) -> list[tuple[int, str, str]]:
    with story() as session:
        found = session.scalars(select(AlertNotice).order_by(AlertNotice.id))
        return [(notice.round, notice.recipient, notice.state) for notice in found]


def test_a_flag_in_the_evening_is_told_to_the_duty_lead_at_once_and_names_nobody(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock,
    telephone: FakeTelephone, tmp_path: Path,
) -> None:  # fmt: skip
    clock.time = EVENING
    pressed(story, service, enquiry, "possible_safeguarding", clock())
    assert [alert(workshop, service) for _ in range(2)] == [2, 0]
    (letter,), (text,) = letters(tmp_path), telephone.texted
    assert (letter["To"], letter["Subject"]) == (LEE, "Advice Line: an enquiry needs you now")
    assert (text.to, text.words) == (
        MOBILE,
        "An enquiry needs you now. Please sign in: https://advice.example.nhs.uk",
    )
    assert not any(word in letter.get_content() for word in ("Kit", "7700", enquiry.reference, "Hertford child"))


@pytest.mark.parametrize(("pressed_at", "told_after"), [((10, 5), 15), ((16, 50), 10), ((8, 0), 0)])
def test_inside_office_hours_staff_have_a_little_time_to_take_it_first(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock,
    pressed_at: tuple[int, int], told_after: int,
) -> None:  # fmt: skip
    clock.time = datetime(2026, 11, 17, *pressed_at, tzinfo=UTC)
    pressed(story, service, enquiry, "urgent", clock())
    clock.passes(minutes=told_after, seconds=-1)
    assert alert(workshop, service) == 0
    clock.passes(seconds=1)
    assert alert(workshop, service) == 2


def test_it_is_told_again_to_one_more_each_time_and_then_to_every_lead(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock, owner: Engine
) -> None:
    with db.transaction(owner, None) as session:
        staff.add_person(
            session, LEAD, "Lena Lead", [Grant(service.key, "lead")], clock(), password="three quiet rivers"
        )
    clock.time = EVENING
    pressed(story, service, enquiry, "possible_safeguarding", clock())
    counts = []
    for minutes in (0, 14, 1, 29, 1, 59, 1):
        clock.passes(minutes=minutes)
        counts.append(alert(workshop, service))
    assert counts == [2, 0, 3, 0, 4, 0, 4]
    third = [recipient for turn, recipient, _ in states(story) if turn == 3]
    assert third == [LEE, ROBIN, LEAD, MOBILE]


def test_whoever_takes_it_is_kept_and_nobody_is_told_any_more(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock
) -> None:
    clock.time = EVENING
    pressed(story, service, enquiry, "possible_safeguarding", clock())
    alert(workshop, service)
    with story() as session:
        alerts.take(
            session, enquiries.by_id(session, service.id, enquiry.id, lock=True), TESTER, clock.passes(minutes=9)
        )
    clock.passes(hours=12)
    assert alert(workshop, service) == 0
    with story() as session:
        taken = session.scalars(select(Alert)).one()
        assert (taken.taken_by_system, taken.taken_at) == ("tests", EVENING.replace(minute=39))
        told = [event.what for event in enquiries.history(session, enquiry) if "alert" in event.what]
    assert told == ["alert_raised", "alert_told", "alert_taken"]


def test_two_workers_send_each_notice_once(
    new_workshop: Callable[[], Workshop], workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry,
    clock: MovingClock, telephone: FakeTelephone, tmp_path: Path,
) -> None:  # fmt: skip
    clock.time = EVENING
    pressed(story, service, enquiry, "urgent", clock())
    rival = replace(new_workshop(), settings=workshop.settings)

    def send_first() -> None:
        del telephone.before["text"]
        alert(rival, service)

    telephone.before["text"] = send_first
    assert alert(workshop, service) == 1  # the rival sent the letter meanwhile
    assert (len(letters(tmp_path)), len(telephone.texted)) == (1, 1)


def test_a_text_without_an_answer_is_not_sent_again_and_one_that_was_not_sent_is(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock, telephone: FakeTelephone
) -> None:
    clock.time = EVENING
    pressed(story, service, enquiry, "urgent", clock())
    telephone.failures["text"].append(NotNow("Busy."))
    telephone.failures["answer to text"].append(Unanswered("No answer."))
    assert [alert(workshop, service), alert(workshop, service)] == [1, 0]
    clock.passes(seconds=15)
    assert alert(workshop, service) == 0
    assert len(telephone.texted) == 1
    assert {(recipient, state) for _, recipient, state in states(story)} == {(LEE, "sent"), (MOBILE, "unknown")}


def test_a_worker_that_died_while_it_sent_leaves_the_letter_to_others_and_the_text_unknown(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock, tmp_path: Path
) -> None:
    clock.time = EVENING
    pressed(story, service, enquiry, "urgent", clock())
    alert(workshop, service)
    with story() as session:
        for notice in session.scalars(select(AlertNotice)):
            notice.state, notice.ended_at, notice.send_after = "sending", None, clock()
    assert alert(workshop, service) == 1
    assert len(letters(tmp_path)) == 1  # the same letter
    assert {state for _, recipient, state in states(story) if recipient == MOBILE} == {"unknown"}


def test_what_is_closed_or_no_longer_urgent_is_not_told(
    workshop: Workshop, story: Opening, service: Service, enquiry: Enquiry, clock: MovingClock
) -> None:
    clock.time = EVENING
    pressed(story, service, enquiry, "urgent", clock())
    with story() as session:
        enquiries.by_id(session, service.id, enquiry.id, lock=True).priority = "routine"
    assert alert(workshop, service) == 0


def test_without_duty_leads_every_lead_has_a_letter_at_once(
    new_workshop: Callable[[], Workshop], owner: Engine, story: Opening, workshop: Workshop, clock: MovingClock,
    tmp_path: Path,
) -> None:  # fmt: skip
    service = factories.a_service(owner, clock(), rota=[], duty_leads=[])
    with db.transaction(owner, None) as session:
        staff.add_person(
            session, LEAD, "Lena Lead", [Grant(service.key, "lead")], clock(), password="three quiet rivers"
        )
    clock.time = EVENING
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock())
    pressed(story, service, enquiry, "possible_safeguarding", clock())
    assert alert(workshop, service) == 1
    assert [letter["To"] for letter in letters(tmp_path)] == [LEAD]
