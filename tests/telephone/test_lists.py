"""Twilio's lists, looked at on the wire: whole days in GMT, page by page, from one host alone, or not at all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import respx

from advice_line.errors import NotNow, OutsideFailed
from advice_line.telephone.listed import ListedCall, ListedRecording
from advice_line.telephone.twilio import TwilioTelephone
from tests.telephone.conftest import ACCOUNT, API

CALLS, RECORDINGS = (f"/2010-04-01/Accounts/{ACCOUNT}/{name}.json" for name in ("Calls", "Recordings"))
LINE, CALLER = "+441632960001", "+447700900123"
DAY = date(2026, 11, 20)
BEGAN, ENDED = datetime(2026, 11, 20, 9, 5, tzinfo=UTC), datetime(2026, 11, 20, 9, 6, tzinfo=UTC)
TEN, PAST = "Fri, 20 Nov 2026 09:05:00 +0000", "Fri, 20 Nov 2026 09:06:00 +0000"
NOTHING: dict[str, Any] = {"calls": [], "next_page_uri": None}


@pytest.fixture
def twilio() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        yield router


def call(sid: str, **changes: Any) -> dict[str, Any]:
    facts = {"direction": "inbound", "status": "completed", "from": CALLER, "to": LINE, "duration": "60"}
    return {"sid": sid, **facts, "date_created": TEN, "start_time": TEN, "end_time": PAST, **changes}


def recording(sid: str, **changes: Any) -> dict[str, Any]:
    return {"sid": sid, "call_sid": "CA1", "status": "completed", "date_created": TEN, "duration": "12", **changes}


def test_a_day_of_a_number_is_asked_for_in_gmt_once_in_each_direction(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    day = {"StartTime>": "2026-11-20T00:00:00Z", "StartTime<": "2026-11-21T00:00:00Z", "PageSize": "500"}
    to = twilio.get(CALLS, params={**day, "To": LINE}).respond(200, json={**NOTHING, "calls": [call("CA1")]})
    outgoing = call("CA2", direction="outbound-dial", parent_call_sid="CA1", status="busy", duration="0")
    from_ = twilio.get(CALLS, params={**day, "From": LINE}).respond(200, json={**NOTHING, "calls": [outgoing]})
    assert telephone.calls_of(LINE, DAY) == [
        ListedCall("CA1", "inbound", "completed", CALLER, BEGAN, ENDED, ENDED, 60),
        ListedCall("CA2", "outbound-dial", "busy", CALLER, BEGAN, ENDED, ENDED, 0, "CA1"),
    ]
    assert (to.call_count, from_.call_count) == (1, 1)


def test_deleted_recordings_are_asked_for_too(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    route = twilio.get(RECORDINGS).respond(200, json={"recordings": [recording("RE1", status="deleted")]})
    assert telephone.recordings_on(DAY) == [ListedRecording("RE1", "CA1", "deleted", BEGAN, BEGAN, 12)]
    asked = dict(route.calls.last.request.url.params)
    assert asked["IncludeSoftDeleted"] == "true"
    assert asked["DateCreated>"] == "2026-11-20T00:00:00Z"


def test_a_call_that_was_never_dialled_and_a_recording_of_no_call_are_passed_by(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    queued = call("CA1", status="queued", start_time=None, date_created=None)
    twilio.get(CALLS).respond(200, json={**NOTHING, "calls": [queued]})
    twilio.get(RECORDINGS).respond(200, json={"recordings": [recording("RE1", call_sid=None)]})
    assert telephone.calls_of(LINE, DAY) == []
    assert telephone.recordings_on(DAY) == []


@pytest.mark.parametrize("link", ["next_page_uri", "next_page_url"])
def test_the_next_page_is_asked_of_our_own_host_whatever_the_page_says(telephone: TwilioTelephone, link: str) -> None:
    elsewhere = f"https://elsewhere.example{RECORDINGS}?Page=1"
    more = (
        {"next_page_uri": f"{RECORDINGS}?Page=1"}
        if link == "next_page_uri"
        else {"meta": {"key": "recordings", "next_page_url": elsewhere}}
    )
    with respx.mock(assert_all_called=False) as router:
        stranger = router.route(host="elsewhere.example").respond(200, json={"recordings": []})
        ours = router.get(f"{API}{RECORDINGS}", params={"Page": "1"}).respond(
            200, json={"recordings": [recording("RE2")]}
        )
        router.get(f"{API}{RECORDINGS}").respond(200, json={"recordings": [recording("RE1")], **more})
        assert [each.sid for each in telephone.recordings_on(DAY)] == ["RE1", "RE2"]
    assert (stranger.call_count, ours.call_count) == (0, 1)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_list_that_breaks_off_on_its_second_page_is_no_list(
    twilio: respx.MockRouter, telephone: TwilioTelephone, status: int
) -> None:
    twilio.get(RECORDINGS, params={"Page": "1"}).respond(status, headers={"Retry-After": "7"})
    twilio.get(RECORDINGS).respond(
        200, json={"recordings": [recording("RE1")], "next_page_uri": f"{RECORDINGS}?Page=1"}
    )
    with pytest.raises(NotNow) as refused:
        telephone.recordings_on(DAY)
    assert refused.value.after is not None
    assert refused.value.after.total_seconds() == 7


@pytest.mark.parametrize("content", [{}, {"recordings": None}, {"recordings": ["x"]}, {"one": [], "two": []}])
def test_a_list_that_cannot_be_read_is_said_to_be_so(
    twilio: respx.MockRouter, telephone: TwilioTelephone, content: dict[str, Any]
) -> None:
    twilio.get(RECORDINGS).respond(200, json=content)
    with pytest.raises(NotNow, match="list cannot be read"):
        telephone.recordings_on(DAY)


@pytest.mark.parametrize("failure", [httpx.ConnectError("no"), httpx.ReadTimeout("no")])
def test_a_network_out_of_reach_is_told(
    twilio: respx.MockRouter, telephone: TwilioTelephone, failure: httpx.HTTPError
) -> None:
    twilio.get(CALLS).mock(side_effect=failure)
    with pytest.raises(OutsideFailed, match="could not be reached"):
        telephone.calls_of(LINE, DAY)


def test_callers_are_not_shown_by_what_is_printed(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    twilio.get(CALLS).respond(200, json={**NOTHING, "calls": [call("CA1")]})
    assert CALLER not in repr(telephone.calls_of(LINE, DAY))
