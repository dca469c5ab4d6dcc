"""Who could not be reached gets one last text, if they agreed to texts, and not once they rang again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.texting import owed
from advice_line.texting.claiming import Claim
from tests.factories import TESTER
from tests.texting.test_claiming import claim
from tests.texting.test_owed import try_to_ring
from tests.texting.texts import all_texts, an_agreed_enquiry


def ends_unreached(session: Session, herts: Service, one: Enquiry, sam: Therapist, now: datetime) -> datetime:
    """Three attempts in vain, a day apart; returns when the last was made."""
    for days in (2, 1, 0):
        at = now - timedelta(days=days)
        try_to_ring(session, herts, one, sam, "no_answer", at)
    assert one.closing_reason == "unable_to_contact"
    return now


def test_who_could_not_be_reached_gets_one_last_word(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    one = an_agreed_enquiry(session, herts, now - timedelta(days=3))
    ends_unreached(session, herts, one, sam, now)
    assert [owed.owe(session, herts, now) for _ in range(2)] == [1, 0]
    (text,) = all_texts(session)
    assert (text.purpose, text.number) == ("unable_to_contact", one.caller_number)
    assert "could not reach you" in text.words
    claimed = claim(session, herts, now)
    assert isinstance(claimed, Claim)
    assert claimed.text_id == text.id


def test_the_last_word_is_not_sent_to_somebody_who_rang_again(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    one = an_agreed_enquiry(session, herts, now - timedelta(days=3))
    ends_unreached(session, herts, one, sam, now)
    owed.owe(session, herts, now)
    enquiries.reopen(session, one, TESTER, now)
    assert claim(session, herts, now) == "The caller got in touch first."


@pytest.mark.parametrize("changes", [{"caller_texts": None}, {"flags": ["do_not_leave_message"]}])
def test_the_last_word_needs_an_agreement_like_any_other(
    session: Session, herts: Service, sam: Therapist, now: datetime, changes: dict[str, object]
) -> None:
    one = an_agreed_enquiry(session, herts, now - timedelta(days=3), **changes)
    ends_unreached(session, herts, one, sam, now)
    assert owed.owe(session, herts, now) == 0
