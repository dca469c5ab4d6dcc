"""Outbound calls: the product rings a therapist, who presses 1 and is connected with the caller."""

from itertools import count

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance

from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import ACCOUNT, CALLER, LINE, TOKEN, Product

ALL = ["initiated", "ringing", "answered", "completed"]

numbers = (f"+4477009{number:05}" for number in count(600))


@pytest.fixture
def therapist() -> str:
    return next(numbers)


@pytest.fixture(scope="module")
def twilio(exchange_url: str) -> Client:
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = exchange_url
    return client


@pytest.fixture
def rings(twilio: Client, product: Product, therapist: str) -> CallInstance:
    """What the product does when a therapist rings a caller back."""
    presses_one(product)
    return place(twilio, product, therapist)


def presses_one(product: Product) -> None:
    product.says(
        "/answered",
        '<Gather numDigits="1" action="/accepted" actionOnEmptyResult="true"><Say>A callback. Press 1.</Say></Gather>',
    )
    product.answers["/accepted"] = lambda said: (
        f'<Response><Dial callerId="{LINE}" action="/spoken"><Number statusCallback="/leg">{CALLER}</Number></Dial>'
        "</Response>"
        if said["Digits"] == "1"
        else "<Response><Hangup/></Response>"
    )
    product.says("/spoken", '<Gather numDigits="1" action="/noted"><Say>Press 1 if you spoke.</Say></Gather>')


def place(twilio: Client, product: Product, to: str, **more: object) -> CallInstance:
    return twilio.calls.create(
        to=to,
        from_=LINE,
        url=product.url + "/answered",
        status_callback=product.url + "/attempt",
        status_callback_event=ALL,
        **more,
    )


def states(product: Product, path: str = "/attempt") -> list[str]:
    return [said["CallStatus"] for said in product.to(path)]


def test_press_1_then_dial_connects_the_two(
    caller: PracticePhone, twilio: Client, product: Product, therapist: str
) -> None:
    presses_one(product)
    caller.behaves(therapist, presses="11").behaves(CALLER, talks_seconds=300)
    call = place(twilio, product, therapist)
    assert (call.status, call.direction, call.to) == ("queued", "outbound-api", therapist)
    product.waits_for("/attempt", 4)
    assert states(product) == ["initiated", "ringing", "in-progress", "completed"]
    (spoken,) = product.to("/spoken")
    assert (spoken["DialCallStatus"], spoken["DialBridged"], spoken["DialCallDuration"]) == ("completed", "true", "300")
    assert product.to("/noted")[0]["Digits"] == "1"
    assert {said["CallSid"] for said in product.to("/attempt")} == {call.sid}


def test_therapist_and_caller_both_see_the_line_s_number(
    caller: PracticePhone, rings: CallInstance, product: Product, therapist: str
) -> None:
    product.waits_for("/attempt", 4)
    assert [ring["from"] for ring in caller.rings_of(therapist)] == [LINE]
    (ring,) = (ring for ring in caller.rings_of(CALLER) if ring["parent_call_sid"] == rings.sid)
    assert ring["from"] == LINE


def test_a_person_presses_1_by_hand(caller: PracticePhone, twilio: Client, product: Product, therapist: str) -> None:
    presses_one(product)
    caller.behaves(therapist, answers="person")
    place(twilio, product, therapist)
    caller.picks_up(therapist).hears("Press 1").presses("1").hears("connected").hears("if you spoke").hangs_up()
    assert states(product)[-1] == "completed"


def test_a_voicemail_never_presses_1(caller: PracticePhone, twilio: Client, product: Product, therapist: str) -> None:
    presses_one(product)
    caller.behaves(therapist, answers="voicemail")
    place(twilio, product, therapist)
    product.waits_for("/attempt", 4)
    assert product.to("/accepted")[0]["Digits"] == ""
    assert product.to("/leg") == []


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("no", ["initiated", "ringing", "no-answer"]),
        ("busy", ["initiated", "busy"]),
        ("fail", ["initiated", "failed"]),
    ],
)
def test_a_therapist_who_cannot_be_reached(
    caller: PracticePhone, twilio: Client, product: Product, therapist: str, answers: str, expected: list[str]
) -> None:
    caller.behaves(therapist, answers=answers)
    place(twilio, product, therapist)
    product.waits_for("/attempt", len(expected))
    assert (states(product), product.to("/answered")) == (expected, [])


def test_only_the_events_asked_for_are_told(twilio: Client, product: Product, therapist: str) -> None:
    twilio.calls.create(to=therapist, from_=LINE, url=product.url + "/a", status_callback=product.url + "/attempt")
    product.waits_for("/attempt")
    assert (states(product), product.to("/attempt")[0]["SequenceNumber"]) == (["completed"], "0")


def test_a_ringing_call_can_be_cancelled(
    caller: PracticePhone, twilio: Client, product: Product, therapist: str
) -> None:
    caller.behaves(therapist, answers="person")
    call = place(twilio, product, therapist)
    product.waits_for("/attempt", 2)
    assert call.update(status="canceled").status == "canceled"
    product.waits_for("/attempt", 3)
    assert states(product)[-1] == "canceled"


def test_a_call_that_is_over_cannot_be_ended_again(twilio: Client, product: Product, therapist: str) -> None:
    call = place(twilio, product, therapist)
    product.waits_for("/attempt", 4)
    with pytest.raises(TwilioRestException) as refused:
        call.update(status="completed")
    assert refused.value.code == 21220


def test_a_call_in_progress_can_be_ended(
    caller: PracticePhone, twilio: Client, product: Product, therapist: str
) -> None:
    presses_one(product)
    caller.behaves(therapist, answers="person")
    call = place(twilio, product, therapist)
    person = caller.picks_up(therapist).hears("Press 1")
    call.update(status="completed")
    assert person.ended().status == "completed"


def test_a_call_ends_at_its_time_limit(caller: PracticePhone, twilio: Client, product: Product, therapist: str) -> None:
    product.says("/answered", '<Pause length="600"/>')
    place(twilio, product, therapist, time_limit=45)
    product.waits_for("/attempt", 4)
    assert product.to("/attempt")[-1]["CallDuration"] == "45"


def test_a_slow_telephone_is_given_up_after_the_time_out(
    caller: PracticePhone, twilio: Client, product: Product, therapist: str
) -> None:
    caller.behaves(therapist, answer_after_seconds=31)
    place(twilio, product, therapist, timeout=25)
    product.waits_for("/attempt", 3)
    assert states(product)[-1] == "no-answer"
