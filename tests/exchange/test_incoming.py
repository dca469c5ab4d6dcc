"""Incoming calls: what Twilio says about a caller, and callers who follow a script."""

import base64
import json
from collections.abc import Mapping

import httpx
import pytest

from advice_line.exchange.call_state import CallState
from advice_line.exchange.phone import WITHHELD, PracticeError, PracticePhone, ring_once
from tests.exchange.product import ACCOUNT, CALLER, LINE, Product
from tests.exchange.sounds import hum

VOICE = "/webhooks/voice"
STATUS = "/webhooks/call-status"


def line_with_menus(product: Product) -> None:
    """Two menus and a recording, like a real advice line."""
    product.says(VOICE, '<Gather numDigits="1" action="/menu"><Say>For advice press 3.</Say></Gather><Say>Bye.</Say>')
    product.says("/menu", '<Gather numDigits="1" action="/sub"><Say>For a therapist press 1.</Say></Gather>')
    product.says("/sub", '<Record action="/done" timeout="10" trim="do-not-trim" recordingStatusCallback="/rec"/>')
    product.says("/done", "<Say>Thank you.</Say>")


def follow(exchange_url: str, **order: object) -> CallState:
    lines: list[str] = []
    return ring_once(exchange_url, {"to": LINE, "from": CALLER, **order}, lines.append)


def test_the_first_request_says_all_that_twilio_says(caller: PracticePhone, product: Product) -> None:
    call = caller.rings(LINE, CALLER).ended()
    (said,) = product.to(VOICE)
    assert said["CallSid"] == call.sid
    assert (said["AccountSid"], said["ApiVersion"], said["Direction"]) == (ACCOUNT, "2010-04-01", "inbound")
    assert (said["From"], said["Caller"], said["To"], said["Called"]) == (CALLER, CALLER, LINE, LINE)
    assert said["CallStatus"] == "ringing"


def test_much_is_blank_and_something_is_new(caller: PracticePhone, product: Product) -> None:
    caller.rings(LINE).ended()
    (said,) = product.to(VOICE)
    assert {said[f"{end}{part}"] for end in ("From", "To", "Caller", "Called") for part in ("City", "Zip")} == {""}
    assert "PracticeOnly" in said
    assert "ForwardedFrom" not in said


@pytest.mark.parametrize(("from_", "shown"), [(WITHHELD, "anonymous"), ("+266696687", "+266696687"), ("unknown",) * 2])
def test_a_withheld_caller_comes_as_twilio_sends_them(
    caller: PracticePhone, product: Product, from_: str, shown: str
) -> None:
    caller.rings(LINE, from_).ended()
    assert product.to(VOICE)[0]["From"] == shown


def test_a_forwarded_call_says_from_where(caller: PracticePhone, product: Product) -> None:
    caller.rings(LINE, forwarded_from="+441632960999").ended()
    assert product.to(VOICE)[0]["ForwardedFrom"] == "+441632960999"


def test_the_number_is_told_once_when_the_call_is_over(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Say>Hello there, this is the advice line for you.</Say>")
    caller.rings(LINE).ended()
    (said,) = product.to(STATUS)
    assert (said["CallStatus"], said["SequenceNumber"], said["CallbackSource"]) == (
        "completed",
        "0",
        "call-progress-events",
    )
    assert (said["CallDuration"], said["Duration"], said["SipResponseCode"]) == ("3", "1", "200")
    assert said["Timestamp"].endswith("+0000")


def test_every_request_is_signed(caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    caller.rings(LINE).presses("31").plays(hum(2).wav()).hangs_up()
    assert product.paths() == [VOICE, "/menu", "/sub", "/done", STATUS, "/rec"]
    assert all(sent.signed_for(product.url) for sent in product.sent)


def test_a_script_presses_speaks_and_hangs_up(exchange_url: str, product: Product) -> None:
    line_with_menus(product)
    state = follow(exchange_url, keys="31", audio_base64=base64.b64encode(hum(3).wav()).decode())
    assert (state.status, state.settled) == ("completed", True)
    assert (product.to("/menu")[0]["Digits"], product.to("/sub")[0]["Digits"]) == ("3", "1")
    assert (product.to("/done")[0]["Digits"], product.to("/rec")[0]["RecordingDuration"]) == ("hangup", "3")


def test_a_script_may_speak_words_and_end_with_a_key(exchange_url: str, product: Product) -> None:
    line_with_menus(product)
    state = follow(exchange_url, keys="31", say="Hello, please ring me back.", then_press="#")
    assert state.heard[-1] == "Thank you."
    assert "Said: Hello, please ring me back." in state.transcript


def test_each_line_of_a_scripted_call_is_told_as_it_happens(exchange_url: str, product: Product) -> None:
    line_with_menus(product)
    lines: list[str] = []
    ring_once(exchange_url, {"to": LINE, "from": CALLER, "keys": "3"}, lines.append)
    assert lines == ["Heard: For advice press 3.", "Pressed: 3", "Heard: For a therapist press 1."]


def test_a_script_without_words_hangs_up_at_the_tone(exchange_url: str, product: Product) -> None:
    line_with_menus(product)
    assert follow(exchange_url, keys="31").heard[-1] == "(a tone)"
    assert product.to("/done") == []


def test_a_caller_may_lose_patience_in_the_middle_of_a_menu(exchange_url: str, product: Product) -> None:
    product.says(VOICE, "<Say>Please hold.</Say>", '<Pause length="60"/>', "<Say>Never.</Say>")
    state = follow(exchange_url, hang_up_after=20)
    assert list(state.heard) == ["Please hold."]
    assert product.to(STATUS)[0]["CallDuration"] == "20"


def test_a_number_out_of_service_fails_and_twilio_tells_nobody(product: Product, exchange_with_numbers: str) -> None:
    state = ring_once(exchange_with_numbers, {"to": "+441632960404", "from": CALLER}, lambda line: None)  # noqa: ARG005
    assert (state.status, product.sent) == ("failed", [])


@pytest.mark.parametrize(
    "order",
    [
        {"to": "01632 960111", "from": CALLER},
        {"to": LINE, "from": "07700 900123"},
        {"to": LINE, "from": CALLER, "keys": "3x"},
        {"to": LINE, "from": CALLER, "kyes": "31"},
        {"to": LINE, "from": CALLER, "audio_base64": "?"},
        {"to": LINE, "from": CALLER, "audio_base64": base64.b64encode(b"ID3").decode()},
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_sentence(
    exchange_url: str, product: Product, order: Mapping[str, object]
) -> None:
    with pytest.raises(PracticeError, match="Please"):
        ring_once(exchange_url, order, print)
    assert product.sent == []


def test_an_unknown_call_is_refused_with_a_sentence(caller: PracticePhone) -> None:
    with pytest.raises(PracticeError, match="There is no such call"):
        caller.order("/practice/calls/CA0/press", {"digits": "1"})


def test_the_log_is_in_json_lines(exchange_url: str, caller: PracticePhone, product: Product) -> None:
    call = caller.rings(LINE).ended()
    text = httpx.get(f"{exchange_url}/practice/log", params={"event": "request", "call_sid": call.sid}).text
    entries = [json.loads(line) for line in text.splitlines()]
    assert [(entry["purpose"], entry["url"], entry["status"]) for entry in entries] == [
        ("voice", product.url + VOICE, 204),
        ("fallback", product.url + "/webhooks/voice/fallback", 204),
        ("status", product.url + STATUS, 204),
    ]


def test_health_says_how_much_is_going_on(exchange_url: str, caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    call = caller.rings(LINE).hears("press 3")
    assert httpx.get(f"{exchange_url}/practice/health").json()["live"] == 1
    call.hangs_up()
    assert httpx.get(f"{exchange_url}/practice/health").json()["live"] == 0


def test_many_calls_at_once_are_kept_apart(exchange_url: str, product: Product) -> None:
    line_with_menus(product)
    callers = [f"+4477009{number:05}" for number in range(100)]
    order = {"to": LINE, "keys": "31", "wait": False}
    with httpx.Client(base_url=exchange_url) as client:
        calls = [client.post("/practice/calls", json={**order, "from": number}) for number in callers]
    sids = [call.json()["sid"] for call in calls]
    product.waits_for(STATUS, len(callers))
    assert {said["CallSid"]: said["From"] for said in product.to("/sub")} == dict(zip(sids, callers, strict=True))
