"""REST resources: calls, recordings and numbers as Twilio's JSON shows them, and the pages of a list."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar
from urllib.parse import urlencode

from advice_line.exchange.call import API_VERSION, Call
from advice_line.exchange.clock import rfc2822
from advice_line.exchange.config import NumberConfig
from advice_line.exchange.recordings import Recording

Resource = dict[str, object]
Item = TypeVar("Item")

USUAL_PAGE = 50
LARGEST_PAGE = 1000


def call_json(call: Call) -> Resource:
    """A Call."""
    uri = f"{call.api_path}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "parent_call_sid": call.parent.sid if call.parent else None,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "phone_number_sid": None,
        "status": call.status,
        "direction": call.direction,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at or call.created_at),
        "start_time": rfc2822(call.answered_at or (call.created_at if call.over else None)),
        "end_time": rfc2822(call.ended_at),
        "duration": str(call.seconds if call.answered_at else 0) if call.over else None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "api_version": API_VERSION,
        "annotation": None,
        "forwarded_from": call.forwarded_from or None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
    }


def recording_json(recording: Recording) -> Resource:
    """A Recording."""
    return {
        "sid": recording.sid,
        "account_sid": recording.call.account_sid,
        "call_sid": recording.call.sid,
        "conference_sid": None,
        "api_version": API_VERSION,
        "status": recording.status,
        "source": "RecordVerb",
        "channels": 1,
        "duration": str(recording.whole_seconds) if recording.status in ("completed", "deleted") else "-1",
        "start_time": rfc2822(recording.started_at),
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.updated_at or recording.started_at),
        "price": None,
        "price_unit": "USD",
        "error_code": recording.error_code,
        "encryption_details": None,
        "uri": f"{recording.path}.json",
        "media_url": recording.url,
        "subresource_uris": {},
    }


def number_json(account_sid: str, e164: str, number: NumberConfig, public_url: Callable[[str], str]) -> Resource:
    """An IncomingPhoneNumber, with the webhooks that its calls go to."""
    sid = f"PN{e164.lstrip('+'):0>32}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "phone_number": e164,
        "friendly_name": number.label or e164,
        "api_version": API_VERSION,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "voice_url": public_url(number.voice_url),
        "voice_method": "POST",
        "voice_fallback_url": public_url(number.voice_fallback_url),
        "voice_fallback_method": "POST",
        "voice_application_sid": "",
        "status_callback": public_url(number.status_callback),
        "status_callback_method": "POST",
        "sms_url": public_url(number.sms_url),
        "sms_method": "POST",
        "sms_fallback_url": "",
        "trunk_sid": None,
        "status": "in-use",
        "uri": f"/{API_VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json",
    }


def page_of(
    key: str, path: str, items: Iterable[Item], shown: Callable[[Item], Resource], query: Mapping[str, str]
) -> Resource:
    """One page of a list, newest first. The page token names the last resource shown: new ones then shift nothing."""
    size = min(int(query.get("PageSize", USUAL_PAGE)), LARGEST_PAGE)
    number = int(query.get("Page", 0))
    rest = _after(map(shown, items), query.get("PageToken", ""))
    if "PageToken" not in query:
        rest = islice(rest, number * size, None)
    resources = list(islice(rest, size + 1))
    page, more = resources[:size], len(resources) > size
    start = number * size
    return {
        key: page,
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(0, len(page) - 1),
        "uri": f"{path}?{urlencode(query)}",
        "first_page_uri": f"{path}?{urlencode({**_without_place(query), 'PageSize': size, 'Page': 0})}",
        "previous_page_uri": None,
        "next_page_uri": _next_page(path, query, number + 1, page) if more else None,
    }


def _after(resources: Iterable[Resource], token: str) -> Iterable[Resource]:
    remaining = iter(resources)
    sid = token.removeprefix("PA")
    return remaining if not sid or any(resource["sid"] == sid for resource in remaining) else iter(())


def _next_page(path: str, query: Mapping[str, str], number: int, shown: Sequence[Resource]) -> str:
    size = query.get("PageSize", str(USUAL_PAGE))
    place = {"PageSize": size, "Page": str(number), "PageToken": f"PA{shown[-1]['sid']}"}
    return f"{path}?{urlencode({**_without_place(query), **place})}"


def _without_place(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if name not in ("Page", "PageToken", "PageSize")}
