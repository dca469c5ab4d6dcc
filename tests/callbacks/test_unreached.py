"""After the last attempt an enquiry ends as unable to contact, unless something speaks against it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import outcomes
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, unreached
from advice_line.callbacks.calling import NextWindow, Result
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, WrongState
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import TESTER

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Try = Callable[..., None]


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now)


@pytest.fixture
def tried(session: Session, herts: Service, enquiry: Enquiry, sam: Therapist) -> Try:
    """Sam tries at a time, with this result."""

    def attempt(at: datetime, result: str = "no_answer", **more: object) -> None:
        own = calling.log_own_call(session, enquiry, sam.id, at, TESTER, at)
        calling.finish(session, herts, enquiry, own, Result(result, **more), TESTER, at)  # type: ignore[arg-type]

    return attempt


def test_the_last_attempt_of_the_policy_ends_the_enquiry(
    session: Session, herts: Service, enquiry: Enquiry, tried: Try, now: datetime
) -> None:
    tried(now)
    tried(now + 3 * HOUR)
    assert not unreached.would_be_last(session, herts, enquiry, now + 4 * HOUR)
    assert unreached.would_be_last(session, herts, enquiry, now + DAY)
    tried(now + DAY, "voicemail_message_left")
    assert (enquiry.status, enquiry.closing_reason, enquiry.closed_at) == ("closed", "unable_to_contact", now + DAY)
    callback = callbacks.latest_for(session, enquiry)
    assert callback
    assert callback.state == "dropped"
    assert [event.detail for event in enquiries.history(session, enquiry)][-2:] == ["voicemail_message_left", None]


def test_three_attempts_on_one_day_do_not_end_it(enquiry: Enquiry, tried: Try, now: datetime) -> None:
    for hours in (0, 3, 6):
        tried(now + hours * HOUR)
    assert enquiry.status == "retry_due"
    tried(now + DAY)
    assert enquiry.closing_reason == "unable_to_contact"


@pytest.mark.parametrize("result", ["engaged", "rejected_by_network", "interpreter_failed", "dropped_before_outcome"])
def test_what_does_not_count_ends_nothing(enquiry: Enquiry, tried: Try, now: datetime, result: str) -> None:
    for days in range(5):
        tried(now + days * DAY, result)
    assert enquiry.status == "retry_due"


def test_who_agreed_a_new_time_is_not_given_up(enquiry: Enquiry, tried: Try, now: datetime) -> None:
    tried(now)
    tried(now + DAY)
    agreed = NextWindow(now + 4 * DAY, now + 4 * DAY + HOUR)
    tried(now + 2 * DAY, "not_convenient_rebooked", next_window=agreed)
    assert enquiry.status == "retry_due"


def test_the_therapist_may_keep_it_open(enquiry: Enquiry, tried: Try, now: datetime) -> None:
    for days in range(3):
        tried(now + days * DAY, keep_open=True)
    assert enquiry.status == "retry_due"
    tried(now + 3 * DAY)
    assert enquiry.closing_reason == "unable_to_contact"


@pytest.mark.parametrize("changes", [{"flags": ["possible_safeguarding"]}, {"priority": "safeguarding"}])
def test_attempts_never_end_an_enquiry_while_a_child_may_be_at_risk(
    enquiry: Enquiry, tried: Try, now: datetime, changes: dict[str, object]
) -> None:
    for name, value in changes.items():
        setattr(enquiry, name, value)
    for days in range(6):
        tried(now + days * DAY)
    assert (enquiry.status, unreached.why_kept(enquiry)) == ("retry_due", unreached.NEVER)


def test_nor_does_a_person_close_it_as_unable_to_contact(session: Session, enquiry: Enquiry, now: datetime) -> None:
    enquiry.flags = ["possible_safeguarding"]
    with pytest.raises(Conflict, match="open flag of possible safeguarding"):
        outcomes.close(session, enquiry, "unable_to_contact", "", TESTER, now)


def test_a_message_that_nobody_has_heard_keeps_it_open(enquiry: Enquiry, tried: Try, now: datetime) -> None:
    enquiry.heard_at = None
    for days in range(4):
        tried(now + days * DAY)
    assert (enquiry.status, unreached.why_kept(enquiry)) == ("retry_due", unreached.UNHEARD)


def test_a_further_call_after_they_were_spoken_to_ends_nothing(enquiry: Enquiry, tried: Try, now: datetime) -> None:
    tried(now, "spoke_to_caller")
    for days in range(1, 5):
        tried(now + days * DAY)
    assert enquiry.status == "follow_up_due"


def test_no_other_end_is_opened_again(session: Session, enquiry: Enquiry, now: datetime) -> None:
    outcomes.close(session, enquiry, "caller_withdrew", "", TESTER, now)
    with pytest.raises(WrongState, match="could not be reached"):
        enquiries.reopen(session, enquiry, TESTER, now)
