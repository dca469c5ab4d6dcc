"""A letter of which nobody knows whether it went is sent again, and says so; one that certainly did not go does not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from advice_line import db, staff
from advice_line.alarms import LEASE, Alarm
from advice_line.callbacks import listening
from advice_line.enquiries import alert_notice
from advice_line.enquiries.alert_notice import AlertNotice
from advice_line.lines.directory import Service
from advice_line.mail import PERHAPS_AGAIN
from advice_line.staff import Grant
from scheduler.alerting import alert
from scheduler.telling import tell
from scheduler.watching import watch
from scheduler.workshop import STILL_OURS, Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening
from tests.test_mail import relaying


@dataclass
class Doomed(Workshop):
    """A worker that is killed after its first letter went and before it could write that down."""

    def transaction(self, service: Service | None) -> AbstractContextManager[Session]:
        if letters(self.settings.advice_line_home):
            raise KeyboardInterrupt
        return super().transaction(service)


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop], tmp_path: Path) -> Workshop:
    """Its letters go into a folder of this test."""
    workshop = new_workshop()
    return replace(workshop, settings=workshop.settings.model_copy(update={"advice_line_home": tmp_path}))


@pytest.fixture
def doomed(workshop: Workshop) -> Workshop:
    one = workshop
    return Doomed(one.engine, one.settings, one.vault, one.telephones, one.now)


@pytest.fixture
def alarm(owner: Engine, workshop: Workshop, service: Service, story: Opening, clock: MovingClock) -> None:
    """Something that the one lead must know of."""
    with db.transaction(owner, None) as session:
        grants = [Grant(service.key, "lead")]
        staff.add_person(session, "lead@example.nhs.uk", "Lee Lead", grants, clock(), password="three quiet rivers")
    with story() as session:
        session.execute(text("INSERT INTO refused_post (at, count) VALUES (:at, 50)"), {"at": clock()})
    assert watch(workshop, service) == 1


def letters(home: Path) -> list[EmailMessage]:
    files = sorted((home / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def first_line(home: Path) -> str:
    (letter,) = letters(home)
    return str(letter.get_content()).splitlines()[0]


@pytest.mark.usefixtures("alarm")
def test_the_alarm_of_a_worker_killed_after_its_letter_went_is_told_once_more_and_says_so(
    workshop: Workshop, doomed: Workshop, service: Service, story: Opening, clock: MovingClock, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        tell(doomed, service)
    first = letters(tmp_path)[0]
    assert first_line(tmp_path) != PERHAPS_AGAIN
    with story() as session:
        left = session.scalars(select(Alarm)).one()
        assert (left.mail_claimed_by, left.mail_claimed_at, left.told_at) == (doomed.worker, clock(), None)
    assert tell(workshop, service) == 0
    clock.passes(seconds=LEASE.total_seconds())
    assert [tell(workshop, service) for _ in range(2)] == [1, 0]
    assert (first_line(tmp_path), letters(tmp_path)[0]["Message-ID"]) == (PERHAPS_AGAIN, first["Message-ID"])


def test_the_letter_about_a_flag_of_a_worker_killed_after_it_went_is_sent_once_more_and_says_so(
    workshop: Workshop, doomed: Workshop, service: Service, story: Opening, clock: MovingClock, tmp_path: Path
) -> None:
    clock.passes(hours=12)  # in the evening
    with story() as session:
        listening.flag(session, service, factories.an_enquiry(session, service, clock()), "urgent", TESTER, clock())
    with pytest.raises(KeyboardInterrupt):
        alert(doomed, service)
    assert first_line(tmp_path) != PERHAPS_AGAIN
    with story() as session:
        left = session.scalars(select(AlertNotice).where(AlertNotice.channel == "email")).one()
        assert (left.claimed_by, left.claimed_at, left.state) == (doomed.worker, clock(), "sending")
    assert alert(workshop, service) == 0
    clock.passes(seconds=alert_notice.LEASE.total_seconds())
    assert [alert(workshop, service) for _ in range(2)] == [1, 0]
    assert first_line(tmp_path) == PERHAPS_AGAIN


@pytest.mark.usefixtures("alarm")
def test_a_relay_that_falls_silent_may_have_taken_the_letter_and_one_that_refuses_has_not(
    workshop: Workshop, service: Service, clock: MovingClock
) -> None:
    with relaying("127.0.0.1") as relay:
        by_relay = replace(workshop, settings=workshop.settings.model_copy(update={"smtp_url": relay.url()}))
        told = []
        for answers, hangs_up in (({"mail": "451 later"}, False), ({}, True), ({}, False)):
            relay.answers, relay.hangs_up = answers, hangs_up
            told.append(tell(by_relay, service))
            clock.passes(minutes=2)
    assert told == [0, 0, 1]
    read = [message_from_bytes(letter, policy=policy.default).get_content() for letter in relay.letters]
    assert [PERHAPS_AGAIN in words for words in read] == [False, True]


@pytest.mark.usefixtures("alarm")
def test_a_worker_that_stood_still_before_it_sent_leaves_its_letter_to_the_others(
    workshop: Workshop, service: Service, clock: MovingClock, tmp_path: Path
) -> None:
    @dataclass
    class Slow(Workshop):
        def still_holds(self, claimed_at: object) -> bool:
            clock.passes(seconds=STILL_OURS.total_seconds() + 1)
            return super().still_holds(claimed_at)  # type: ignore[arg-type]

    one = workshop
    assert tell(Slow(one.engine, one.settings, one.vault, one.telephones, one.now), service) == 0
    assert letters(tmp_path) == []
    clock.passes(seconds=LEASE.total_seconds())
    assert tell(workshop, service) == 1
