"""Texts at the telephone door: each telling is kept once, and nothing is said in return."""

import pytest

from tests.webhooks.conftest import ListStore
from tests.webhooks.network import ACCOUNT_SID, CALLER, HERTS, Network
from webhooks.store import NotKept

SID = "SM" + "3" * 32
STATUS = "/webhooks/message-status?line=herts_advice_line&text=7"


def a_text(**changes: str) -> dict[str, str]:
    return {"AccountSid": ACCOUNT_SID, "MessageSid": SID, "From": CALLER, "To": HERTS, "Body": "Hello", **changes}


def test_a_text_is_kept_with_its_line_and_answered_with_an_empty_document(network: Network, store: ListStore) -> None:
    answer = network.posts_form("/webhooks/sms", a_text())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.text.endswith("<Response />")
    assert (store.last.kind, store.last.key, store.last.number) == ("text", f"{SID}/text", HERTS)


def test_the_same_text_told_twice_has_the_same_key(network: Network, store: ListStore) -> None:
    for body in ("Hello", "Hello"):
        network.posts_form("/webhooks/sms", a_text(Body=body))
    assert len({event.key for event in store.events}) == 1


def test_what_becomes_of_a_text_is_kept_each_time_and_answered_with_nothing(network: Network, store: ListStore) -> None:
    tellings = [("sent", ""), ("delivered", ""), ("undelivered", "30003"), ("undelivered", "30005")]
    for status, code in tellings:
        answer = network.posts_form(STATUS, a_text(MessageStatus=status, ErrorCode=code))
        assert (answer.status_code, answer.content) == (204, b"")
    assert len({event.key for event in store.events}) == len(tellings)
    assert {(event.kind, event.line) for event in store.events} == {("text_status", "herts_advice_line")}


@pytest.mark.parametrize("target", ["/webhooks/sms", STATUS])
def test_what_could_not_be_kept_is_asked_for_again(network: Network, store: ListStore, target: str) -> None:
    store.failure = NotKept("away")
    assert network.posts_form(target, a_text(MessageStatus="sent")).status_code == 503


def test_a_text_without_an_id_is_kept_under_its_own_words(network: Network, store: ListStore) -> None:
    for body in ("One", "Two", "Two"):
        network.posts_form("/webhooks/sms", a_text(MessageSid="", Body=body))
    assert len({event.key for event in store.events}) == 2
