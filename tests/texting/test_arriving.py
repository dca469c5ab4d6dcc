"""A caller's text reaches a person once; STOP and START are obeyed and reach nobody."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, listening
from advice_line.callbacks.callback import Callback
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.errors import Malformed
from advice_line.lines.directory import Service
from advice_line.texts import text as texts
from tests import factories
from tests.factories import MOBILE, TESTER
from tests.texting.texts import all_texts, an_agreed_enquiry, writes

SWITCHBOARD = "+441632960200"


def all_enquiries(session: Session) -> list[Enquiry]:
    return list(session.scalars(select(Enquiry).order_by(Enquiry.id)))


def test_a_deaf_caller_who_texts_first_is_on_the_list_and_owed_an_answer(
    session: Session, herts: Service, now: datetime
) -> None:
    writes(session, herts, "I am deaf. Please text me.", now)
    (one,) = enquiries.not_heard(session, herts.id)
    assert (one.caller_number, one.caller_texts, one.status) == (MOBILE, True, "new")
    assert callbacks.open_for(session, one)
    (text,) = all_texts(session)
    assert (text.words, text.state, text.needs_reply) == ("I am deaf. Please text me.", "received", True)


def test_a_text_joins_its_senders_open_enquiry_and_makes_it_unheard_again(
    session: Session, herts: Service, now: datetime
) -> None:
    one = factories.a_heard_enquiry(session, herts, now, number=MOBILE)
    writes(session, herts, "Fridays are best.", now)
    assert all_enquiries(session) == [one]
    assert one.heard_at is None
    assert [event.what for event in enquiries.history(session, one)][-2:] == ["texted", "texts_asked_for"]
    assert session.scalar(select(func.count()).select_from(Callback)) == 1


def test_the_same_text_told_twice_is_one(session: Session, herts: Service, now: datetime) -> None:
    for _ in range(2):
        writes(session, herts, "Hello", now, sid="SM" + "4" * 32)
    assert len(all_texts(session)) == len(all_enquiries(session)) == 1


@pytest.mark.parametrize("sender", [SWITCHBOARD, "anonymous", "ParcelShop"])
def test_a_sender_who_is_nobody_is_read_but_never_grouped_and_never_answered_by_text(
    session: Session, herts: Service, now: datetime, sender: str
) -> None:
    for words in ("One", "Two"):
        writes(session, herts, words, now, number=sender)
    assert [(one.caller_number, one.caller_texts) for one in all_enquiries(session)] == [(None, None), (None, None)]


@pytest.mark.parametrize("words", ["STOP", "Stop.", "unsubscribe", "START"])
def test_stop_and_start_open_nothing(session: Session, herts: Service, now: datetime, words: str) -> None:
    writes(session, herts, words, now)
    assert all_enquiries(session) == []
    assert all_texts(session) == []
    assert texts.has_stopped(session, herts.id, MOBILE) is (words != "START")


def test_a_number_that_was_only_keyed_in_is_pointed_out_and_not_joined(
    session: Session, herts: Service, now: datetime
) -> None:
    factories.a_heard_enquiry(
        session, herts, now, number=None, caller_number=MOBILE, number_given=True, caller_withheld=False
    )
    session.flush()
    writes(session, herts, "It was me who rang.", now)
    keyed, written = all_enquiries(session)
    assert (keyed.number_given, written.number_given) == (True, False)
    assert "possible_duplicate" in written.flags


def test_stop_is_in_the_history_and_asks_nobody_to_listen_again(
    session: Session, herts: Service, now: datetime
) -> None:
    one = an_agreed_enquiry(session, herts, now, number=MOBILE)
    writes(session, herts, "STOP", now)
    assert one.heard_at is not None
    assert [event.what for event in enquiries.history(session, one)][-1] == "texts_stopped"


def test_yes_is_an_answer_unless_texts_were_stopped(session: Session, herts: Service, now: datetime) -> None:
    writes(session, herts, "Yes", now)
    assert len(all_texts(session)) == 1
    writes(session, herts, "STOP", now)
    writes(session, herts, "Yes", now + timedelta(minutes=1))
    assert len(all_texts(session)) == 1
    assert not texts.has_stopped(session, herts.id, MOBILE)


def test_an_older_start_does_not_undo_a_later_stop(session: Session, herts: Service, now: datetime) -> None:
    writes(session, herts, "STOP", now)
    writes(session, herts, "START", now - timedelta(minutes=1))
    assert texts.has_stopped(session, herts.id, MOBILE)


def test_who_wrote_help_is_told_what_the_number_is_and_read_by_a_person(
    session: Session, herts: Service, now: datetime
) -> None:
    writes(session, herts, "HELP", now)
    assert len(enquiries.not_heard(session, herts.id)) == 1
    assert [text.purpose for text in all_texts(session)] == [None, "help"]


def test_a_text_does_not_overrule_what_a_person_wrote_down(session: Session, herts: Service, now: datetime) -> None:
    one = factories.a_heard_enquiry(session, herts, now, {"caller": {"texts": False}}, number=MOBILE)
    writes(session, herts, "Hello", now)
    assert one.caller_texts is False


def test_a_new_number_does_not_inherit_the_agreement(session: Session, herts: Service, now: datetime) -> None:
    one = an_agreed_enquiry(session, herts, now)
    other = Triage.model_validate({"caller": {"number": "07700 900555"}})
    listening.triage(session, herts, one, other, TESTER, now)
    assert one.caller_texts is None
    both = Triage.model_validate({"caller": {"number": "07700 900556", "texts": True}})
    listening.triage(session, herts, one, both, TESTER, now)
    assert one.caller_texts is True


@pytest.mark.parametrize("number", [None, "01632 960123"])
def test_texts_cannot_be_agreed_to_without_a_mobile(
    session: Session, herts: Service, now: datetime, number: str | None
) -> None:
    one = factories.an_enquiry(session, herts, now)
    given = Triage.model_validate({"caller": {"number": number, "texts": True, "name": "Kit"}})
    with pytest.raises(Malformed, match="only to UK mobile"):
        listening.triage(session, herts, one, given, TESTER, now)
    assert (one.caller_name, one.caller_texts) == (None, None)


def test_listening_reads_texts_too_and_a_conversation_answers_them(
    session: Session, herts: Service, now: datetime
) -> None:
    writes(session, herts, "Hello", now)
    (one,) = all_enquiries(session)
    listening.heard(session, herts, one, TESTER, now)
    (text,) = all_texts(session)
    assert (text.heard_by_system, text.needs_reply) == ("tests", True)
    calling.keep(session, one, now)
    assert not all_texts(session)[0].needs_reply
