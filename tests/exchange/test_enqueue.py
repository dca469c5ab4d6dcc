"""<Enqueue>, <Leave> and <Dial><Queue>, as Twilio's own pages tell of them."""

from collections.abc import Callable
from itertools import count

import httpx
import pytest

from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import ACCOUNT, LINE, TOKEN, Product, Said

VOICE = "/webhooks/voice"
OTHER = "+447700900124"
numbers = (f"+44163296{number:04}" for number in count(700))
names = (f"queue_{number}" for number in count())


@pytest.fixture
def queue(product: Product) -> str:
    """Callers wait here; 2 takes them out, 9 hangs up."""
    name = next(names)
    product.says(VOICE, f'<Enqueue waitUrl="/wait" action="/left">{name}</Enqueue>')
    product.answers["/wait"] = lambda said: (
        '<Response><Gather numDigits="1" timeout="20" action="/key">'
        f"<Say>You are number {said['QueuePosition']}.</Say></Gather></Response>"
    )
    does = {"2": "<Leave/>", "9": "<Say>Goodbye.</Say><Hangup/>"}
    product.answers["/key"] = lambda said: f"<Response>{does.get(said['Digits'], '')}</Response>"
    product.says("/left", "<Say>You left.</Say>")
    return name


@pytest.fixture
def dials(exchange_url: str, caller: PracticePhone, product: Product, queue: str) -> Callable[..., str]:
    """Somebody is rung and dials the queue."""

    def dial(**behaviour: object) -> str:
        therapist = next(numbers)
        caller.behaves(therapist, **behaviour)
        product.says("/answered", f'<Dial action="/done" timeout="5"><Queue url="/connected">{queue}</Queue></Dial>')
        product.says("/connected", "<Say>Somebody is with you.</Say>")
        order = {"To": therapist, "From": LINE, "Url": f"{product.url}/answered"}
        url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
        sid = httpx.post(url, data=order, auth=(ACCOUNT, TOKEN)).raise_for_status().json()["sid"]
        return str(sid)

    return dial


def the_only(told: list[Said]) -> Said:
    (said,) = told
    return said


def test_who_waits_is_asked_for_again_and_told_their_place(caller: PracticePhone, product: Product, queue: str) -> None:
    first = caller.rings(LINE).hears("You are number 1")
    second = caller.rings(LINE, OTHER).hears("You are number 2")
    first.keeps_silent().hears("You are number 1").hangs_up()
    second.keeps_silent().hears("You are number 1").hangs_up()
    waits = [said for said in product.to("/wait") if said["CallSid"] == first.sid]
    assert [(said["QueuePosition"], said["QueueTime"]) for said in waits] == [("1", "0"), ("1", "21")]
    assert {said["QueueSid"] for said in product.to("/wait")} == {waits[0]["QueueSid"]}


def test_who_leaves_goes_on_at_the_action(caller: PracticePhone, product: Product, queue: str) -> None:
    caller.rings(LINE).hears("number 1").presses("2").hears("You left").ended()
    said = the_only(product.to("/left"))
    assert (said["QueueResult"], said["CallStatus"]) == ("leave", "in-progress")


@pytest.mark.parametrize("how", ["hangs up", "is hung up"])
def test_who_hangs_up_is_told_of(caller: PracticePhone, product: Product, queue: str, how: str) -> None:
    call = caller.rings(LINE).hears("number 1")
    call.hangs_up() if how == "hangs up" else call.presses("9").ended()
    said = the_only(product.waits_for("/left"))
    assert (said["QueueResult"], said["CallStatus"]) == ("hangup", "completed")


def test_whoever_dials_the_queue_has_the_first_in_it(
    caller: PracticePhone, product: Product, dials: Callable[..., str]
) -> None:
    first = caller.rings(LINE).hears("number 1")
    second = caller.rings(LINE, OTHER).hears("number 2")
    dialled = dials(talks_seconds=40, hangs_up="other")
    first.hears("Somebody is with you").hears("connected").ended()
    connected, done, left = (the_only(product.waits_for(path)) for path in ("/connected", "/done", "/left"))
    assert (connected["CallSid"], connected["DequeingCallSid"]) == (first.sid, dialled)
    assert (done["DialCallStatus"], done["DialBridged"], done["DialCallDuration"]) == ("completed", "true", "40")
    assert (done["CallSid"], done["DialCallSid"]) == (dialled, first.sid)
    assert (left["CallSid"], left["QueueResult"]) == (first.sid, "bridged")
    second.keeps_silent().hears("number 1").hangs_up()


def test_a_caller_goes_on_when_the_other_end_hangs_up(
    caller: PracticePhone, product: Product, dials: Callable[..., str]
) -> None:
    call = caller.rings(LINE).hears("number 1")
    dials()
    call.hears("connected").hears("You left").ended()
    assert the_only(product.to("/left"))["QueueResult"] == "bridged"


def test_an_empty_queue_is_waited_at_and_then_given_up(
    caller: PracticePhone, product: Product, dials: Callable[..., str]
) -> None:
    caller.rings(LINE).hears("number 1").hangs_up()
    dials()
    said = the_only(product.waits_for("/done"))
    assert (said["DialCallStatus"], said["DialBridged"]) == ("no-answer", "false")


def test_a_recorder_cannot_be_played_to_who_waits(caller: PracticePhone, product: Product, queue: str) -> None:
    product.says("/wait", '<Record action="/key"/>')
    call = caller.rings(LINE).hears("an application error").ended()
    assert caller.log(event="error", call_sid=call.sid)[0]["code"] == 12200


def test_leaving_means_nothing_to_who_is_in_no_queue(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Leave/><Say>Still here.</Say>")
    call = caller.rings(LINE).hears("Still here").ended()
    assert [line["code"] for line in caller.log(event="error", call_sid=call.sid)] == [12200]
