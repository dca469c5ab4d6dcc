"""What may go out is asked in the statement that takes it: a STOP, a flag or a moved call counts to the last."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.lines.texts import Texts
from advice_line.texting import claiming, owed
from advice_line.texting.claiming import Claim
from advice_line.texts import text as texts
from tests import factories
from tests.inbox.network import Event, tell
from tests.texting.test_owed import plan, try_to_ring
from tests.texting.texts import all_texts, an_agreed_enquiry, outgoing, texts_of, writes


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    """Its caller is owed a confirmation."""
    one = an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    return one


def claim(session: Session, herts: Service, now: datetime, **limits: int) -> Claim | str | None:
    configured: Texts = texts_of(herts).model_copy(update=limits)
    return claiming.next_to_send(session, herts, configured, now)


def test_one_claim_takes_one_text_however_many_wait(session: Session, herts: Service, now: datetime) -> None:
    for _ in range(3):
        an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    claim(session, herts, now)
    assert sorted(state for _, state in outgoing(session)) == ["sending", "to_send", "to_send"]


def test_a_text_is_claimed_by_one_alone(session: Session, herts: Service, enquiry: Enquiry, now: datetime) -> None:
    claimed = claim(session, herts, now)
    assert isinstance(claimed, Claim)
    assert (claimed.number, claimed.line.number, claimed.tries) == (enquiry.caller_number, "+441923470680", 1)
    assert claim(session, herts, now) is None


def test_a_stop_counts_to_the_last_moment(session: Session, herts: Service, enquiry: Enquiry, now: datetime) -> None:
    texts.stop(session, herts.id, enquiry.caller_number or "", now)
    assert claim(session, herts, now) == "The caller asked for no more texts."
    assert outgoing(session) == [("confirmation", "dropped")]


def test_after_start_texts_go_out_again(session: Session, herts: Service, enquiry: Enquiry, now: datetime) -> None:
    for minutes, stopped in ((0, True), (1, False)):
        at = now + timedelta(minutes=minutes)
        texts.stop(session, herts.id, enquiry.caller_number or "", at, stopped=stopped)
    assert isinstance(claim(session, herts, now), Claim)


def test_a_text_that_came_in_and_is_not_applied_yet_goes_first(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    tell(session, [Event("text", {"Body": "STOP", "From": enquiry.caller_number or ""}, path="/webhooks/sms")], now)
    assert claim(session, herts, now) is None
    session.execute(
        sql("UPDATE provider_event SET applied_at = :now WHERE service_id = :id"), {"now": now, "id": herts.id}
    )
    assert isinstance(claim(session, herts, now), Claim)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"flags": ["do_not_leave_message"]}, "A flag says that a text might do harm."),
        ({"priority": "safeguarding"}, "A flag says that a text might do harm."),
        ({"caller_number": "+447700900777"}, "The caller has another number now."),
        ({"caller_texts": False}, "The caller has not agreed to texts."),
    ],
)
def test_what_became_known_since_keeps_a_text_back(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime, changes: dict[str, object], reason: str
) -> None:
    for name, value in changes.items():
        setattr(enquiry, name, value)
    assert claim(session, herts, now) == reason
    assert all_texts(session)[0].problem == reason


def test_a_wrong_number_is_not_texted_again(
    session: Session, herts: Service, enquiry: Enquiry, sam: Therapist, now: datetime
) -> None:
    try_to_ring(session, herts, enquiry, sam, "spoke_wrong_person", now)
    assert claim(session, herts, now) == "A call showed that this is not the caller's number."


def test_a_word_before_a_call_is_dropped_when_the_call_was_moved_or_would_be_over(
    session: Session, herts: Service, enquiry: Enquiry, sam: Therapist, now: datetime
) -> None:
    claim(session, herts, now)
    for minutes, reason in ((30, "The call was moved or made first."), (40, "It would have come too late.")):
        plan(session, enquiry, sam, now + timedelta(minutes=minutes), now)
        owed.owe(session, herts, now)
        if minutes == 30:
            plan(session, enquiry, sam, now + timedelta(minutes=90), now)
        assert claim(session, herts, now + timedelta(minutes=36 if minutes == 40 else 1)) == reason


def test_a_number_gets_so_many_texts_a_day_and_no_more(session: Session, herts: Service, now: datetime) -> None:
    number = factories.a_number()
    for nth in range(3):
        writes(session, herts, "HELP", now + timedelta(seconds=nth), number=number)
    claimed = [claim(session, herts, now + timedelta(minutes=1), a_day_for_each_number=2) for _ in range(4)]
    assert [isinstance(each, Claim) for each in claimed[:2]] == [True, True]
    assert claimed[2:] == ["This number has had all its texts for one day.", None]


def test_a_days_limit_of_the_service_waits_until_the_next_london_day(
    session: Session, herts: Service, now: datetime
) -> None:
    for _ in range(2):
        an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    assert isinstance(claim(session, herts, now, a_day_for_the_service=1), Claim)
    assert claim(session, herts, now, a_day_for_the_service=1) is None
    tomorrow = datetime(2026, 11, 18, 0, 0, tzinfo=UTC)
    assert isinstance(claim(session, herts, tomorrow, a_day_for_the_service=1), Claim)


def test_a_confirmation_is_worth_delivering_for_hours_and_a_word_before_a_call_until_it_is_too_late(
    session: Session, herts: Service, enquiry: Enquiry, sam: Therapist, now: datetime
) -> None:
    first = claim(session, herts, now)
    plan(session, enquiry, sam, now + timedelta(minutes=30), now)
    owed.owe(session, herts, now)
    second = claim(session, herts, now)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert (first.valid_seconds, second.valid_seconds) == (4 * 3600, 25 * 60)
