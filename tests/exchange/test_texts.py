"""Texts at the practice exchange, over Twilio's own client and the practice phone."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from advice_line.exchange import clock
from advice_line.exchange.phone import PracticeError, PracticePhone
from tests.exchange.product import ACCOUNT, LINE, TOKEN, Product
from tests.exchange.test_rest import client_of

SMS = "/webhooks/sms"
STATUS = "/told"


@pytest.fixture(scope="module")
def twilio(exchange_url: str) -> Client:
    return client_of(exchange_url)


def send(twilio: Client, product: Product, to: str, body: str = "Hello") -> str:
    """Send a text and wait until it is told to be over; returns its SID."""
    told = len(product.to(STATUS))
    sid = twilio.messages.create(to=to, from_=LINE, body=body, status_callback=f"{product.url}{STATUS}?text=1").sid
    product.waits_for(STATUS, told + 2)
    return str(sid)


def code_of(refused: pytest.ExceptionInfo[TwilioRestException]) -> int:
    return int(refused.value.code)


def test_a_text_arrives_and_its_sender_is_told_signed_and_step_by_step(
    twilio: Client, product: Product, caller: PracticePhone
) -> None:
    sid = send(twilio, product, "+447700900401")
    assert [told["MessageStatus"] for told in product.to(STATUS)] == ["sent", "delivered"]
    assert {told["MessageSid"] for told in product.to(STATUS)} == {sid}
    assert all(each.signed_for(product.url) for each in product.sent)
    (text,) = caller.texts_of("+447700900401")
    assert (text["from"], text["text"]) == (LINE, "Hello")
    assert twilio.messages(sid).fetch().status == "delivered"


def test_a_number_that_cannot_be_reached_gets_nothing_and_says_why(
    twilio: Client, product: Product, caller: PracticePhone
) -> None:
    caller.takes_texts("+447700900402", reachable=False)
    send(twilio, product, "+447700900402")
    assert (product.to(STATUS)[-1]["MessageStatus"], product.to(STATUS)[-1]["ErrorCode"]) == ("undelivered", "30003")
    assert caller.texts_of("+447700900402") == []
    caller.takes_texts("+447700900402", reachable=True)
    send(twilio, product, "+447700900402")
    assert len(caller.texts_of("+447700900402")) == 1


def test_a_text_to_a_line_is_told_with_its_words(product: Product, caller: PracticePhone) -> None:
    product.says(SMS)
    caller.texts(LINE, "Hello & goodbye", from_="+447700900403")
    (told,) = product.to(SMS)
    assert (told["From"], told["To"], told["Body"]) == ("+447700900403", LINE, "Hello & goodbye")
    assert (told["AccountSid"], told["SmsStatus"], told["NumMedia"]) == (ACCOUNT, "received", "0")


def test_who_wrote_stop_is_refused_until_they_write_start(
    twilio: Client, product: Product, caller: PracticePhone
) -> None:
    product.says(SMS)
    caller.texts(LINE, "Stop.", from_="+447700900404")
    with pytest.raises(TwilioRestException) as refused:
        send(twilio, product, "+447700900404")
    assert code_of(refused) == 21610
    caller.texts(LINE, "START", from_="+447700900404")
    send(twilio, product, "+447700900404")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": "07700900123"}, 21211),
        ({"body": ""}, 21602),
        ({"body": "a" * 1601}, 21617),
        ({"status_callback": "x"}, 21609),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_networks_code(
    twilio: Client, product: Product, wrong: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(**{"to": "+447700900405", "from_": LINE, "body": "Hello", **wrong})
    assert code_of(refused) == code


def test_texts_are_listed_by_both_numbers_and_by_the_day_they_were_sent(twilio: Client, product: Product) -> None:
    number, today = "+447700900406", clock.now().date()
    sids = [send(twilio, product, number, words) for words in ("One", "Two")]
    found = twilio.messages.list(to=number, from_=LINE, date_sent_after=today)
    assert [each.sid for each in found] == sids[::-1]
    assert [each.body for each in found] == ["Two", "One"]
    assert twilio.messages.list(to=number, from_="+441632960999") == []


def test_another_account_may_not_send(exchange_url: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(exchange_url, password=f"not {TOKEN}").messages.create(to=LINE, from_=LINE, body="x")
    assert code_of(refused) == 20003


def test_a_text_to_nowhere_is_refused_kindly(caller: PracticePhone) -> None:
    with pytest.raises(PracticeError, match="correct this"):
        caller.texts("nowhere", "Hello")
