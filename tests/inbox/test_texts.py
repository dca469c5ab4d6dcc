"""What the network tells of texts: in any order, however often, and never backwards from an end."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from advice_line.lines.directory import Service
from advice_line.texting import owed
from advice_line.texts import text as texts
from advice_line.texts.text import ENDS, MOVES, TextMessage
from tests import factories
from tests.inbox.network import LINE, Event, happens, problems
from tests.properties import THROUGH_THE_DATABASE
from tests.texting.test_claiming import claim
from tests.texting.texts import all_texts, an_agreed_enquiry

SID = "SM" + "7" * 32
RANK = {"sending": 0, "queued": 1, "sent": 2}
STATUSES = ["queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "accepted", "receiving", ""]


def a_text_being_sent(session: Session, herts: Service, now: datetime) -> TextMessage:
    an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    claim(session, herts, now)
    return all_texts(session)[-1]


def status(text: TextMessage, said: str, code: str = "", sid: str = SID) -> Event:
    path = f"/webhooks/message-status?line={LINE}&text={text.id}"
    facts = {"MessageSid": sid, "MessageStatus": said, "ErrorCode": code}
    return Event("text_status", facts, path=path)


@THROUGH_THE_DATABASE
@given(told=st.lists(st.sampled_from(STATUSES), max_size=8))
def test_any_order_and_repetition_only_ever_goes_forwards_and_never_leaves_an_end(
    session: Session, herts: Service, now: datetime, told: Sequence[str]
) -> None:
    text = a_text_being_sent(session, herts, now)
    seen = [text.state]
    for said in told:
        happens(session, herts, [status(text, said, sid=SID[:-6] + f"{text.id:06d}"[-6:])], now)
        seen.append(all_texts(session)[-1].state)
    ends = [state for state in seen if state in ENDS]
    assert len(set(ends)) <= 1
    assert seen[len(seen) - len(ends) :] == ends
    ranks = [RANK[state] for state in seen if state not in ENDS]
    assert ranks == sorted(ranks)
    assert set(problems(session, herts)) <= {None}


def test_what_was_not_delivered_says_why(session: Session, herts: Service, now: datetime) -> None:
    text = a_text_being_sent(session, herts, now)
    happens(session, herts, [status(text, "undelivered", "30003"), status(text, "sent")], now)
    assert (text.state, text.problem) == ("undelivered", "The phone could not be reached: it may be switched off.")
    assert text.ended_at == now


def test_a_status_teaches_us_the_id_of_a_text_whose_answer_was_lost(
    session: Session, herts: Service, now: datetime
) -> None:
    text = a_text_being_sent(session, herts, now)
    texts.move(session, text, "unknown", now)
    happens(session, herts, [status(text, "delivered")], now)
    assert (text.state, text.sid) == ("delivered", SID)


def test_a_status_of_another_text_under_our_address_changes_nothing(
    session: Session, herts: Service, now: datetime
) -> None:
    text = a_text_being_sent(session, herts, now)
    happens(session, herts, [status(text, "sent"), status(text, "failed", sid="SM" + "8" * 32)], now)
    assert (text.state, text.sid) == ("sent", SID)


@pytest.mark.parametrize("path", ["/webhooks/message-status", f"/webhooks/message-status?line={LINE}&text=999999999"])
def test_a_status_of_a_text_that_we_do_not_know_is_no_trouble(
    session: Session, herts: Service, now: datetime, path: str
) -> None:
    said = Event("text_status", {"MessageSid": SID, "MessageStatus": "sent"}, path=path)
    happens(session, herts, [said], now)
    assert problems(session, herts) == [None]


def test_a_text_to_a_service_without_texts_is_kept_and_means_nothing(
    session: Session, herts: Service, now: datetime
) -> None:
    off = Service(herts.id, herts.configuration.model_copy(update={"texts": None}))
    said = Event("text", {"MessageSid": SID, "From": factories.MOBILE, "Body": "Hello"}, path="/webhooks/sms")
    happens(session, off, [said], now)
    assert (all_texts(session), problems(session, herts)) == ([], [None])


def test_a_text_that_came_in_is_applied_once(session: Session, herts: Service, now: datetime) -> None:
    said = Event(
        "text", {"MessageSid": SID, "From": factories.MOBILE, "Body": "Hello & <b>you</b>"}, path="/webhooks/sms"
    )
    happens(session, herts, [said, said], now)
    (text,) = all_texts(session)
    assert (text.words, text.number) == ("Hello & <b>you</b>", factories.MOBILE)


def test_every_state_leads_somewhere_or_is_an_end() -> None:
    assert {"delivered", "undelivered", "failed", "refused", "dropped"} == ENDS
    assert {to for onward in MOVES.values() for to in onward} <= set(MOVES)
