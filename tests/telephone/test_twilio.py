"""What we send to Twilio, and what we make of its answers: every request is looked at on the wire."""

import traceback
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from pydantic import SecretStr

from advice_line.errors import Misconfigured, NotNow, OutsideFailed, Unanswered
from advice_line.settings import Account, Settings
from advice_line.telephone.calling import PlacedCall, Recorded
from advice_line.telephone.twilio import Telephones, TwilioTelephone
from tests.telephone.conftest import ACCOUNT, API, basic

CALL, RECORDING = "CA" + "1" * 32, "RE" + "2" * 32
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
THERAPIST, LINE = "+447700900123", "+441632960001"
URLS = {"answer_url": "https://a.example/answered?line=l", "status_url": "https://a.example/status?line=l#rc=3&rp=all"}


def ring(telephone: TwilioTelephone, to: str = THERAPIST) -> str:
    return telephone.ring(to, LINE, timeout=25, **URLS)


def error(code: int, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": f"The number {THERAPIST} is wrong", "status": 400, **more}


def call(**changes: Any) -> dict[str, Any]:
    created = "Tue, 17 Nov 2026 10:05:00 +0000"
    return {"sid": CALL, "direction": "outbound-api", "date_created": created, "to": THERAPIST, **changes}


def test_ringing_sends_one_request_with_the_lines_number_and_both_addresses(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    route = twilio.post(CALLS).respond(201, json={"sid": CALL, "status": "queued"})
    assert ring(telephone) == CALL
    sent = parse_qs(route.calls.last.request.content.decode())
    assert sent == {
        "To": [THERAPIST],
        "From": [LINE],
        "Url": [URLS["answer_url"]],
        "Method": ["POST"],
        "StatusCallback": [URLS["status_url"]],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["25"],
    }
    assert route.calls.last.request.headers["authorization"] == basic(ACCOUNT, "token")


def test_an_api_key_is_used_where_there_is_one(twilio: respx.MockRouter) -> None:
    route = twilio.post(CALLS).respond(201, json={"sid": CALL})
    key = {"api_key": "SK1", "api_secret": SecretStr("secret")}
    telephone = TwilioTelephone(Account(sid=ACCOUNT, auth_tokens=(SecretStr("token"),), **key), API)
    ring(telephone)
    telephone.close()
    assert route.calls.last.request.headers["authorization"] == basic("SK1", "secret")


def test_the_environment_never_chooses_the_host(twilio: respx.MockRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TWILIO_REGION": "au1", "TWILIO_EDGE": "sydney", "HTTPS_PROXY": "http://p.example:1"}.items():
        monkeypatch.setenv(name, value)
    twilio.post(CALLS).respond(201, json={"sid": CALL})
    telephone = TwilioTelephone(Account(sid=ACCOUNT, auth_tokens=(SecretStr("token"),)), API)
    assert ring(telephone) == CALL
    telephone.close()


def test_a_stand_in_address_with_a_path_is_kept() -> None:
    telephone = TwilioTelephone(Account(sid=ACCOUNT, auth_tokens=(SecretStr("token"),)), "http://127.0.0.1:8010/api/")
    with respx.mock(base_url="http://127.0.0.1:8010/api") as router:
        router.post(CALLS).respond(201, json={"sid": CALL})
        assert ring(telephone) == CALL
    telephone.close()


@pytest.mark.parametrize("to", ["+449012345678", "+15005550006", "07700900123", "+447000900123", "", "client:eve"])
def test_only_an_ordinary_uk_number_is_dialled(telephone: TwilioTelephone, to: str) -> None:
    with respx.mock, pytest.raises(OutsideFailed) as refused:
        ring(telephone, to)
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("no"), NotNow),
        (httpx.ConnectTimeout("no"), NotNow),
        (httpx.PoolTimeout("no"), NotNow),
        (httpx.ReadTimeout("no"), Unanswered),
        (httpx.WriteTimeout("no"), Unanswered),
        (httpx.ReadError("no"), Unanswered),
        (httpx.RemoteProtocolError("no"), Unanswered),
    ],
)
def test_a_request_that_may_have_arrived_is_never_sent_again(
    twilio: respx.MockRouter, telephone: TwilioTelephone, failure: httpx.HTTPError, kind: type[OutsideFailed]
) -> None:
    route = twilio.post(CALLS).mock(side_effect=failure)
    with pytest.raises(kind):
        ring(telephone)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(503, json=error(20503)),
        httpx.Response(201, text="<html>a proxy</html>"),
        httpx.Response(201, json=["no", "call"]),
        httpx.Response(201, json={"status": "queued"}),
    ],
)
def test_an_answer_that_says_nothing_leaves_the_call_unknown(
    twilio: respx.MockRouter, telephone: TwilioTelephone, answer: httpx.Response
) -> None:
    route = twilio.post(CALLS).mock(return_value=answer)
    with pytest.raises(Unanswered):
        ring(telephone)
    assert route.call_count == 1


@pytest.mark.parametrize(("header", "after"), [("7", timedelta(seconds=7)), ("", None), ("soon", None)])
def test_too_many_requests_is_not_now_and_keeps_the_time_to_wait(
    twilio: respx.MockRouter, telephone: TwilioTelephone, header: str, after: timedelta | None
) -> None:
    twilio.post(CALLS).respond(429, json=error(20429), headers={"Retry-After": header})
    with pytest.raises(NotNow) as refused:
        ring(telephone)
    assert refused.value.after == after


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, 21211, "Check it on the rota"),
        (400, 21210, "show the line's number"),
        (400, 21215, "does not allow calls"),
        (401, 20003, "credentials"),
        (403, 20403, "credentials"),
        (400, 29999, "code 29999"),
        (302, 0, "refused the call"),
    ],
)
def test_a_refusal_is_for_good_and_said_without_numbers(
    twilio: respx.MockRouter, telephone: TwilioTelephone, status: int, code: int, words: str
) -> None:
    twilio.post(CALLS).respond(status, json=error(code))
    with pytest.raises(OutsideFailed, match=words) as refused:
        ring(telephone)
    assert refused.value.permanent
    assert THERAPIST not in "".join(traceback.format_exception(refused.value))


def test_a_placed_call_is_found_again_by_its_numbers_and_time(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    others = [call(sid="CA" + "3" * 32, direction="inbound"), call(date_created="Tue, 17 Nov 2026 09:00:00 +0000")]
    route = twilio.get(CALLS).respond(200, json={"calls": [call(), *others], "next_page_uri": None})
    at = datetime(2026, 11, 17, 10, 5, tzinfo=UTC)
    assert telephone.calls_to(THERAPIST, LINE, at + timedelta(seconds=20)) == [PlacedCall(CALL, at)]
    assert dict(route.calls.last.request.url.params) == {"To": THERAPIST, "From": LINE, "PageSize": "20"}


def test_a_list_of_several_pages_is_read_to_its_end(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings.json"
    kinds = [("4", "completed", "31"), ("5", "processing", "-1"), ("6", "absent", "0"), ("7", "new word", None)]
    found = [{"sid": "RE" + n * 32, "status": status, "duration": seconds} for n, status, seconds in kinds]
    twilio.get(path, params={"Page": "1"}).respond(200, json={"recordings": found[2:], "next_page_uri": None})
    first = {"recordings": found[:2], "next_page_uri": f"{path}?Page=1&PageToken=P"}
    twilio.get(path, params={"CallSid": CALL}).respond(200, json=first)
    assert telephone.recordings_of(CALL) == [
        Recorded("RE" + "4" * 32, 31, "ready"),
        Recorded("RE" + "5" * 32, None, "coming"),
        Recorded("RE" + "6" * 32, 0, "none"),
        Recorded("RE" + "7" * 32, None, "coming"),
    ]


def test_hanging_up_completes_the_call(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    route = twilio.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json").respond(200, json=call())
    telephone.hang_up(CALL)
    assert parse_qs(route.calls.last.request.content.decode()) == {"Status": ["completed"]}


@pytest.mark.parametrize(("status", "code"), [(400, 21220), (404, 20404)])
def test_hanging_up_what_is_over_is_no_failure(
    twilio: respx.MockRouter, telephone: TwilioTelephone, status: int, code: int
) -> None:
    twilio.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json").respond(status, json=error(code))
    telephone.hang_up(CALL)
    telephone.stop_ringing(CALL)


def test_a_ring_is_cancelled_which_leaves_a_call_that_was_answered_alone(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    route = twilio.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json").respond(200, json=call())
    telephone.stop_ringing(CALL)
    assert parse_qs(route.calls.last.request.content.decode()) == {"Status": ["canceled"]}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed_with_our_credentials(
    twilio: respx.MockRouter, telephone: TwilioTelephone, status: int
) -> None:
    route = twilio.route().respond(status, headers={"Location": f"{API}/elsewhere"})
    with pytest.raises(OutsideFailed):
        ring(telephone)
    with pytest.raises(OutsideFailed), telephone.recording(RECORDING):
        pass
    assert route.call_count == 2


@pytest.mark.parametrize("sid", ["", "RE1", "../../Calls", "RE" + "2" * 32 + "/../x", "https://elsewhere.example"])
def test_a_sid_that_is_none_is_never_asked_about(telephone: TwilioTelephone, sid: str) -> None:
    with respx.mock:
        for ask in (telephone.delete_recording, telephone.recordings_of, telephone.hang_up, telephone.stop_ringing):
            with pytest.raises(OutsideFailed, match="not the id"):
                ask(sid)
        with pytest.raises(OutsideFailed, match="not the id"), telephone.recording(sid):
            pass


def test_each_account_has_one_telephone_of_its_own() -> None:
    accounts = {name: Account(sid=name, auth_tokens=(SecretStr("t"),)) for name in ("default", "eput")}
    with Telephones(Settings(accounts=accounts, twilio_api_url="http://127.0.0.1:1")) as telephones:
        assert telephones("default") is telephones("default")
        assert telephones("default") is not telephones("eput")
        with pytest.raises(Misconfigured, match="TWILIO_OTHER_ACCOUNT_SID"):
            telephones("other")
