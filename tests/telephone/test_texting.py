"""What we send to the network when we text, and what we make of its answers: every request is looked at on the wire."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
import respx

from advice_line.errors import NotNow, OptedOut, OutsideFailed, Unanswered
from advice_line.telephone.told_text import read
from advice_line.telephone.twilio import TwilioTelephone
from tests.telephone.conftest import ACCOUNT

TEXT = "SM" + "1" * 32
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
MOBILE, LINE = "+447700900123", "+441632960001"
STATUS = "https://a.example/webhooks/message-status?line=l&text=7#rc=3&rp=all"
AT = datetime(2026, 11, 17, 10, 5, tzinfo=UTC)


def text(telephone: TwilioTelephone, to: str = MOBILE) -> str:
    return telephone.text(to, LINE, "Hello", status_url=STATUS, valid_seconds=600)


def error(code: int) -> dict[str, object]:
    return {"code": code, "message": f"The number {MOBILE} is wrong", "status": 400}


def test_a_text_is_one_request_with_the_lines_number_and_its_own_address(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    route = twilio.post(MESSAGES).respond(201, json={"sid": TEXT, "status": "queued"})
    assert text(telephone) == TEXT
    assert parse_qs(route.calls.last.request.content.decode()) == {
        "To": [MOBILE], "From": [LINE], "Body": ["Hello"], "StatusCallback": [STATUS], "ValidityPeriod": ["600"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "to", ["+441632960123", "+447000900123", "+447600900123", "+447624900123", "+15005550006", "07700900123", ""]
)
def test_only_a_uk_mobile_is_texted(telephone: TwilioTelephone, to: str) -> None:
    with respx.mock, pytest.raises(OutsideFailed, match="only to UK mobile"):
        text(telephone, to)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(httpx.ConnectError("no"), NotNow), (httpx.ReadTimeout("no"), Unanswered), (httpx.ReadError("no"), Unanswered)],
)
def test_a_request_that_may_have_arrived_is_never_sent_again(
    twilio: respx.MockRouter, telephone: TwilioTelephone, failure: httpx.HTTPError, kind: type[OutsideFailed]
) -> None:
    route = twilio.post(MESSAGES).mock(side_effect=failure)
    with pytest.raises(kind):
        text(telephone)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (429, 20429, NotNow, "busy"),
        (400, 21610, OptedOut, "no more texts"),
        (400, 21614, OutsideFailed, "cannot get texts"),
        (400, 21606, OutsideFailed, "cannot send texts"),
        (400, 21408, OutsideFailed, "does not allow"),
        (401, 20003, OutsideFailed, "credentials"),
        (400, 99999, OutsideFailed, "code 99999"),
        (503, 20503, Unanswered, "sent or not"),
    ],
)
def test_a_refusal_is_told_in_our_words_and_without_the_number(
    twilio: respx.MockRouter, telephone: TwilioTelephone, status: int, code: int, kind: type[Exception], said: str
) -> None:
    twilio.post(MESSAGES).respond(status, json=error(code))
    with pytest.raises(kind, match=said) as failure:
        text(telephone)
    assert MOBILE not in str(failure.value)


def test_the_time_that_a_busy_network_asks_for_is_kept(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    twilio.post(MESSAGES).respond(429, json=error(20429), headers={"Retry-After": "7"})
    with pytest.raises(NotNow) as busy:
        text(telephone)
    assert busy.value.after == timedelta(seconds=7)


def test_an_answer_without_an_id_is_no_answer(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    twilio.post(MESSAGES).respond(201, json={"sid": "", "status": "queued"})
    with pytest.raises(Unanswered):
        text(telephone)


def test_our_own_texts_since_a_moment_are_listed(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    def listed(minute: int, direction: str) -> dict[str, object]:
        created = f"Tue, 17 Nov 2026 10:{minute:02}:00 +0000"
        return {"sid": TEXT, "direction": direction, "date_created": created, "status": "sent", "body": "Hello"}

    messages = [listed(5, "outbound-api"), listed(5, "inbound"), listed(1, "outbound-api")]
    route = twilio.get(MESSAGES).respond(200, json={"messages": messages, "next_page_uri": None})
    (found,) = telephone.texts_to(MOBILE, LINE, AT)
    assert (found.sid, found.at, found.status, found.words) == (TEXT, AT, "sent", "Hello")
    assert dict(route.calls.last.request.url.params)["To"] == MOBILE


@pytest.mark.parametrize(
    ("words", "stops", "starts", "helps"),
    [
        ("STOP", True, False, False),
        (" Stop. ", True, False, False),
        ("S T O P", True, False, False),
        ("please stop", False, False, False),
        ("START", False, True, False),
        ("Yes", False, False, False),
        ("help!", False, False, True),
        ("I need help", False, False, False),
        ("", False, False, False),
    ],
)
def test_orders_are_one_word(words: str, stops: bool, starts: bool, helps: bool) -> None:
    told = read("/webhooks/sms", urlencode({"MessageSid": TEXT, "From": MOBILE, "Body": words}))
    assert (told.stops, told.starts(stopped=False), told.asks_for_help) == (stops, starts, helps)


def test_yes_starts_texts_again_for_those_who_stopped_them() -> None:
    told = read("/webhooks/sms", urlencode({"MessageSid": TEXT, "From": MOBILE, "Body": "YES"}))
    assert told.starts(stopped=True)


@pytest.mark.parametrize("body", ["", "MessageSid=&Body=&From=", "MessageSid=%00&ErrorCode=x&MessageStatus=later"])
def test_an_odd_event_says_nothing_and_raises_nothing(body: str) -> None:
    told = read("/webhooks/message-status?text=abc", body)
    assert (told.sid, told.state, told.error_code, told.text_id, told.number) == (None, None, None, None, None)
