"""Who could not be reached and gets in touch again finds their enquiry where it was left, and is tried afresh."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import outcomes
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks.calling import Result
from advice_line.callbacks.record import records
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.reopening import REOPENS_WITHIN
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import MOBILE, TESTER
from tests.inbox.network import Event, Ring, happens
from tests.texting.texts import writes

DAY = timedelta(days=1)


def silent_request(ring: Ring) -> list[Event]:
    """Nothing was said, and 1 pressed to be called."""
    asked = ring.asked("silent", "1", 4, "callback")
    return [ring.began(), ring.pressed("1", 2), ring.recorded(0, answer="ask again"), asked, ring.ended()]


@pytest.fixture
def ended(session: Session, herts: Service, sam: Therapist, now: datetime) -> Enquiry:
    """Tried in vain on three days."""
    enquiry = factories.a_heard_enquiry(session, herts, now, number=MOBILE)
    for days in range(3):
        at = now + days * DAY
        own = calling.log_own_call(session, enquiry, sam.id, at, TESTER, at)
        calling.finish(session, herts, enquiry, own, Result("no_answer"), TESTER, at)
    assert enquiry.closing_reason == "unable_to_contact"
    return enquiry


def count(session: Session) -> int:
    return len(session.scalars(select(Enquiry.id)).all())


def leaves_a_message(session: Session, herts: Service, at: datetime) -> None:
    happens(session, herts, Ring().with_message(), at)


def asks_to_be_called(session: Session, herts: Service, at: datetime) -> None:
    happens(session, herts, silent_request(Ring()), at)


def sends_a_text(session: Session, herts: Service, at: datetime) -> None:
    writes(session, herts, "Please try again after four.", at)


@pytest.mark.parametrize("gets_in_touch", [leaves_a_message, asks_to_be_called, sends_a_text])
def test_they_find_the_same_enquiry_open_again_with_a_new_promise(
    session: Session, herts: Service, ended: Enquiry, now: datetime, gets_in_touch: Callable[..., None]
) -> None:
    before, at = count(session), now + 3 * DAY
    gets_in_touch(session, herts, at)
    assert count(session) == before
    assert (ended.status, ended.closing_reason, ended.closed_at, ended.heard_at) == ("new", None, None, None)
    callback = callbacks.open_for(session, ended)
    assert callback
    assert (callback.state, callback.due_at) == ("waiting", herts.line(ended.line_key).due(at))
    assert "reopened" in [event.what for event in enquiries.history(session, ended)]


def test_the_attempts_are_counted_from_the_start_and_stay_on_record(
    session: Session, herts: Service, ended: Enquiry, now: datetime
) -> None:
    leaves_a_message(session, herts, now + 3 * DAY)
    (shown,) = records(session, herts.id, [ended])
    assert (attempts.counted(session, ended), shown.attempts_counted) == (0, 0)
    assert len(attempts.of_enquiry(session, ended)) == 3


def test_a_message_while_it_is_open_resets_the_count_as_well(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    enquiry = factories.a_heard_enquiry(session, herts, now, number=MOBILE)
    own = calling.log_own_call(session, enquiry, sam.id, now, TESTER, now)
    calling.finish(session, herts, enquiry, own, Result("no_answer"), TESTER, now)
    assert attempts.counted(session, enquiry) == 1
    leaves_a_message(session, herts, now + DAY)
    assert (attempts.counted(session, enquiry), enquiry.status) == (0, "retry_due")


def test_after_four_weeks_it_is_a_new_question_with_the_old_one_beside_it(
    session: Session, herts: Service, ended: Enquiry, now: datetime
) -> None:
    before = count(session)
    leaves_a_message(session, herts, now + 2 * DAY + REOPENS_WITHIN)
    assert (count(session), ended.status) == (before + 1, "closed")


@pytest.mark.parametrize("reason", ["caller_withdrew", "wrong_number"])
def test_no_other_end_is_opened_again(session: Session, herts: Service, now: datetime, reason: str) -> None:
    enquiry = factories.a_heard_enquiry(session, herts, now, number=MOBILE)
    outcomes.close(session, enquiry, reason, "", TESTER, now)
    leaves_a_message(session, herts, now + DAY)
    assert enquiry.status == "closed"


def test_a_number_that_somebody_keyed_in_opens_nobodys_enquiry(
    session: Session, herts: Service, ended: Enquiry, now: datetime
) -> None:
    ended.number_given = True
    leaves_a_message(session, herts, now + 3 * DAY)
    assert ended.status == "closed"
