"""The link to a caller's own page: unguessable, kept as a digest, and good only while its text might still be sent."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from advice_line import db, outcomes
from advice_line.callbacks import calling, listening, own_page
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.said import Said
from advice_line.enquiries.triage import Triage
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.texting import link, owed
from advice_line.texting.claiming import Claim
from advice_line.texts.text import TextMessage
from tests import factories
from tests.factories import TESTER
from tests.texting.test_claiming import claim
from tests.texting.texts import all_texts, an_agreed_enquiry, texts_of

ADDRESS = "https://advice.example.nhs.uk"


def confirmed(session: Session, herts: Service, now: datetime) -> tuple[Enquiry, str, str]:
    """An enquiry whose caller was texted, with the words that went out and the token in them."""
    enquiry = an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    claimed = claim(session, herts, now)
    assert isinstance(claimed, Claim)
    sent = link.fill(session, claimed, texts_of(herts), ADDRESS, now).words
    return enquiry, sent, sent.partition(f"{ADDRESS}/c/")[2].partition(" ")[0]


def good(session: Session, herts: Service, enquiry: Enquiry, token: str, now: datetime) -> bool:
    return link.is_good(session, link.find(session, herts.id, token), enquiry, now)


def test_the_token_is_in_the_text_that_goes_out_and_nowhere_in_the_database(
    session: Session, herts: Service, now: datetime
) -> None:
    _, sent, token = confirmed(session, herts, now)
    assert len(token) == 26
    assert sent == all_texts(session)[0].words.replace("{link}", f"{ADDRESS}/c/{token}")
    for table in ("caller_link", "text_message", "enquiry_event"):
        assert token not in str(session.execute(sql(f"SELECT * FROM {table}")).all())  # noqa: S608


def test_the_text_with_its_link_is_one_message(session: Session, herts: Service, now: datetime) -> None:
    _, sent, _ = confirmed(session, herts, now)
    assert len(sent) <= 160


def test_a_link_leads_to_its_service_and_to_no_other(session: Session, herts: Service, now: datetime) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    db.enter(session, None)
    assert link.service_of(session, token) == herts.id
    assert link.service_of(session, "0" * 26) is None
    assert session.execute(sql("SELECT * FROM caller_link")).all() == []
    db.enter(session, herts.id)
    assert link.enquiry_of(session, link.find(session, herts.id, token)) == enquiry


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0123456789abcdefghjkmnpqrs", "0123456789abcdefghjkmnpqrs"),
        (" O123456789ABCDEFGHJKMNPQRS.", "0123456789abcdefghjkmnpqrs"),
        ("0l23456789abcdefghjkmnpqrs)", "0123456789abcdefghjkmnpqrs"),
        ("0123456789abcdefghjkmnpqr", None),
        ("0123456789abcdefghjkmnpqu!", None),
        ("", None),
        ("\x00" * 26, None),
    ],
)
def test_a_token_is_read_as_people_type_it(typed: str, read: str | None) -> None:
    assert link.read(typed) == read


def test_a_text_that_was_sent_is_known_again_whatever_its_link() -> None:
    words = "Ref (1). Ring: {link} Reply STOP."
    assert link.is_of(words, "Ref (1). Ring: https://a.example/c/x7 Reply STOP.")
    assert not link.is_of(words, "Ref (1). Ring: https://a.example/c/x7 Bye.")
    assert link.is_of("No link.", "No link.")


def test_a_link_is_good_until_its_days_are_over(session: Session, herts: Service, now: datetime) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    assert good(session, herts, enquiry, token, now + timedelta(days=13, hours=23))
    assert not good(session, herts, enquiry, token, now + timedelta(days=14))


def test_a_second_text_has_a_link_of_its_own_and_the_first_stays_good(
    session: Session, herts: Service, now: datetime
) -> None:
    enquiry, _, first = confirmed(session, herts, now)
    (text,) = all_texts(session)
    second = link.make(session, text, now, now + timedelta(days=1))
    assert first != second
    assert good(session, herts, enquiry, first, now)
    assert good(session, herts, enquiry, second, now)


@pytest.mark.parametrize("flag", ["do_not_leave_message", "possible_safeguarding", "emergency_content", "child_caller"])
def test_a_flag_with_which_contact_may_do_harm_closes_the_page(
    session: Session, herts: Service, now: datetime, flag: str
) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    listening.flag(session, herts, enquiry, flag, TESTER, now)
    assert not good(session, herts, enquiry, token, now)


def test_a_closed_enquiry_closes_the_page(session: Session, herts: Service, now: datetime) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    outcomes.close(session, enquiry, "caller_withdrew", "", TESTER, now)
    assert not good(session, herts, enquiry, token, now)


def test_staff_close_the_page_before_its_time(session: Session, herts: Service, now: datetime) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    assert link.has_open(session, enquiry, now)
    link.end_all(session, enquiry, TESTER, now)
    assert not link.has_open(session, enquiry, now)
    assert not good(session, herts, enquiry, token, now)
    assert enquiries.history(session, enquiry)[-1].what == "caller_page_closed"


def test_a_number_that_staff_put_right_takes_its_link_along(session: Session, herts: Service, now: datetime) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    other = Triage.model_validate({"caller": {"number": "07700 900555"}})
    listening.triage(session, herts, enquiry, other, TESTER, now)
    assert not good(session, herts, enquiry, token, now)


def test_a_number_that_the_caller_gave_does_not_close_their_page(
    session: Session, herts: Service, now: datetime
) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    said = Said(number="01632 960123")
    own_page.told(session, herts, enquiry, said, set(), now)
    assert good(session, herts, enquiry, token, now)


def test_a_number_at_which_somebody_else_answered_has_no_page(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    enquiry, _, token = confirmed(session, herts, now)
    attempt = factories.an_attempt(session, enquiry, sam, now)
    calling.finish(session, herts, enquiry, attempt, calling.Result("spoke_wrong_person"), TESTER, now)
    assert not good(session, herts, enquiry, token, now)


def test_a_text_without_a_link_goes_out_as_it_is(session: Session, herts: Service, now: datetime) -> None:
    an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    session.get_one(TextMessage, (herts.id, all_texts(session)[0].id)).words = "Hello"
    claimed = claim(session, herts, now)
    assert isinstance(claimed, Claim)
    assert link.fill(session, claimed, texts_of(herts), ADDRESS, now) == claimed
