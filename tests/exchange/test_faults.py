"""What the exchange does wrong on purpose: each fault is done, told in the log, and over when it should be."""

import time
from collections.abc import Iterator

import httpx
import pytest

from advice_line.exchange.phone import PhoneCall, PracticeError, PracticePhone
from tests.exchange.product import ACCOUNT, CALLER, LINE, TOKEN, Product
from tests.exchange.sounds import base64_of, hum
from tests.exchange.test_rest import media

VOICE, MENU, DONE, REC, STATUS = "/webhooks/voice", "/menu", "/done", "/rec", "/webhooks/call-status"
PATHS = {"voice": VOICE, "keys": MENU, "recorded": DONE, "recording": REC, "status": STATUS}
TELLING = ["voice", "keys", "recorded", "recording", "status"]


@pytest.fixture(autouse=True)
def a_line(product: Product, caller: PracticePhone) -> Iterator[None]:
    """A menu, a recorder, a word of thanks; afterwards everything goes right again."""
    product.says(VOICE, f'<Gather numDigits="1" action="{MENU}#rc=2&amp;rp=all"><Say>Press 3.</Say></Gather>')
    product.says(MENU, f'<Record action="{DONE}#rc=2&amp;rp=all" recordingStatusCallback="{REC}#rc=2&amp;rp=all"/>')
    product.says(DONE, "<Say>Thank you.</Say>")
    yield
    caller.goes_right()


def message(caller: PracticePhone, step: str, does: str, **how: object) -> PhoneCall:
    """A scripted call with one fault, to its end."""
    call = caller.rings(LINE, keys="3", audio_base64=base64_of(hum(3)), faults=[{"step": step, "does": does, **how}])
    return call.ended()


def done(caller: PracticePhone, call: PhoneCall) -> list[tuple[object, object]]:
    """What the log says was done wrong."""
    return [(entry["step"], entry["does"]) for entry in caller.log(event="fault_done", call_sid=call.sid)]


@pytest.mark.parametrize("step", TELLING)
def test_what_is_dropped_never_arrives_and_what_can_goes_on(caller: PracticePhone, product: Product, step: str) -> None:
    call = message(caller, step, "drop")
    assert product.to(PATHS[step]) == []
    assert done(caller, call) == [(step, "drop")]
    assert ("/webhooks/voice/fallback" in product.paths()) == (step in ("voice", "keys"))


@pytest.mark.parametrize("step", TELLING)
def test_what_is_repeated_arrives_twice_in_the_same_words(caller: PracticePhone, product: Product, step: str) -> None:
    call = message(caller, step, "repeat")
    first, second = product.to(PATHS[step])
    assert first == second
    assert done(caller, call) == [(step, "repeat")]


@pytest.mark.parametrize("step", ["keys", "recorded", "recording"])
def test_an_answer_that_is_lost_is_asked_for_again(caller: PracticePhone, product: Product, step: str) -> None:
    call = message(caller, step, "unanswered")
    assert len(product.to(PATHS[step])) == 2
    assert done(caller, call) == [(step, "unanswered")]


@pytest.mark.parametrize("step", TELLING)
def test_what_is_delayed_comes_late_but_comes(caller: PracticePhone, product: Product, step: str) -> None:
    began = time.monotonic()
    call = message(caller, step, "delay", seconds=0.2)
    assert time.monotonic() - began >= 0.2
    assert len(product.to(PATHS[step])) == 1
    assert done(caller, call) == [(step, "delay")]


@pytest.mark.parametrize(
    ("step", "overtakers"), [("recorded", {REC, STATUS}), ("recording", {STATUS}), ("status", {REC})]
)
def test_what_is_reordered_comes_after_something_else(
    caller: PracticePhone, product: Product, step: str, overtakers: set[str]
) -> None:
    call = message(caller, step, "reorder")
    paths = product.paths()
    assert overtakers & set(paths[: paths.index(PATHS[step])])
    assert done(caller, call) == [(step, "reorder")]


def test_a_recording_that_the_network_loses_is_told_as_failed(
    caller: PracticePhone, product: Product, exchange_url: str
) -> None:
    message(caller, "recording", "lost")
    (told,) = product.to(REC)
    assert (told["RecordingStatus"], told["ErrorCode"]) == ("failed", "16104")
    assert media(exchange_url, told["RecordingSid"]).status_code == 404


@pytest.mark.parametrize(
    ("does", "status", "kind", "whole"),
    [
        ("busy", 429, "application/json", False),
        ("error", 500, "application/json", False),
        ("missing", 404, "application/json", False),
        ("truncated", 200, "audio/x-wav", False),
        ("page", 200, "application/xml", False),
        ("wrong_type", 200, "text/plain; charset=utf-8", True),
        ("slow", 200, "audio/x-wav", True),
    ],
)
def test_a_sound_is_served_badly_once_and_then_well(
    caller: PracticePhone, product: Product, exchange_url: str, does: str, status: int, kind: str, whole: bool
) -> None:
    message(caller, "media", does, seconds=0.1)
    sid = product.to(REC)[0]["RecordingSid"]
    bad, good = media(exchange_url, sid), media(exchange_url, sid)
    assert (bad.status_code, bad.headers["content-type"], bad.content == good.content) == (status, kind, whole)
    assert bad.headers.get("retry-after") == ("1" if does == "busy" else None)
    assert good.headers["content-type"] == "audio/x-wav"


@pytest.mark.parametrize(("does", "status"), [("busy", 429), ("error", 500)])
def test_rest_is_busy_or_broken_as_often_as_it_was_told_to_be(
    caller: PracticePhone, exchange_url: str, does: str, status: int
) -> None:
    caller.goes_wrong("rest", does, times=2, seconds=7)
    url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    answers = [httpx.get(url, auth=(ACCOUNT, TOKEN)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers.get("retry-after") == ("7" if does == "busy" else None)


def test_what_is_asked_for_is_done_although_the_answer_is_lost(caller: PracticePhone, exchange_url: str) -> None:
    caller.goes_wrong("rest", "unanswered")
    url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(url, auth=(ACCOUNT, TOKEN), data={"To": CALLER, "From": LINE, "Body": "Thank you."})
    texts = httpx.get(url, auth=(ACCOUNT, TOKEN), params={"To": CALLER, "From": LINE}).json()["messages"]
    assert [text["body"] for text in texts] == ["Thank you."]


def test_a_deletion_that_fails_deletes_nothing(caller: PracticePhone, product: Product, exchange_url: str) -> None:
    message(caller, "deletion", "error")
    sid = product.to(REC)[0]["RecordingSid"]
    url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}.json"
    assert httpx.delete(url, auth=(ACCOUNT, TOKEN)).status_code == 500
    assert media(exchange_url, sid).status_code == 200
    assert httpx.delete(url, auth=(ACCOUNT, TOKEN)).status_code == 204


def test_a_fault_of_one_call_is_not_done_to_another(caller: PracticePhone, product: Product) -> None:
    call = caller.rings(LINE, from_=CALLER, faults=[{"step": "status", "does": "drop", "times": 0}])
    other = caller.rings(LINE, from_=CALLER).hears("Press 3").hangs_up()
    call.hears("Press 3").hangs_up()
    assert [told["CallSid"] for told in product.to(STATUS)] == [other.sid]


def test_every_time_lasts_until_it_is_cleared(caller: PracticePhone, product: Product) -> None:
    caller.goes_wrong("status", "drop", times=0)
    for _ in range(2):
        caller.rings(LINE).hears("Press 3").hangs_up()
    assert product.to(STATUS) == []
    caller.goes_right().rings(LINE).hears("Press 3").hangs_up()
    assert len(product.to(STATUS)) == 1


def test_what_cannot_be_done_at_a_step_is_refused_with_what_can(caller: PracticePhone) -> None:
    with pytest.raises(PracticeError, match="truncated cannot be done at voice"):
        caller.goes_wrong("voice", "truncated")
