"""REST: the part of Twilio's `api_v2010` that the product uses, with Twilio's credentials check and error bodies."""

import base64
import binascii
import hmac
import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, QueryParams

from advice_line.exchange.call import API_VERSION, Call, Watcher
from advice_line.exchange.dial import E164
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.misbehaviour import misbehave, sound
from advice_line.exchange.outbound import DEFAULT_TIMEOUT, OutgoingCall, place_call
from advice_line.exchange.recordings import Recording
from advice_line.exchange.resources import LARGEST_PAGE, Resource, call_json, number_json, page_of, recording_json
from advice_line.exchange.rest_error import RestError, not_found
from advice_line.exchange.schema import CALL_EVENTS

HTTP_URL = re.compile(r"https?://[^/_\s]+(/\S*)?")
LONGEST_RING = 600


def exchange_of(request: Request) -> Exchange:
    """The exchange that the application was made with."""
    exchange = request.app.state.exchange
    assert isinstance(exchange, Exchange)  # noqa: S101 - tells the type checker what app.state cannot
    return exchange


async def authenticated(request: Request, account: str) -> Exchange:
    """Check HTTP basic credentials: the account's own, or one of its API keys. Raises 20003, or as a fault says."""
    exchange = exchange_of(request)
    config = exchange.config
    user, _, password = _basic(request.headers.get("authorization", "")).partition(":")
    secrets = {config.account_sid: config.auth_token, **config.api_keys}
    known = hmac.compare_digest(secrets.get(user, "").encode(), password.encode()) and bool(password)
    exchange.log.write(
        "rest", method=request.method, path=request.url.path, query=request.url.query, authenticated=known
    )
    if not known or account != config.account_sid:
        raise RestError(401, 20003, "Authenticate")
    await misbehave(exchange, request)
    return exchange


Caller = Annotated[Exchange, Depends(authenticated)]

router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account}}")


@router.get(".json")
async def show_account(exchange: Caller) -> Resource:
    """The account itself."""
    sid = exchange.config.account_sid
    return {"sid": sid, "status": "active", "type": "Full", "uri": f"/{API_VERSION}/Accounts/{sid}.json"}


@router.post("/Calls.json")
async def create_call(request: Request, exchange: Caller) -> JSONResponse:
    """Place a call."""
    outgoing = _outgoing(exchange, await request.form())
    return JSONResponse(call_json(place_call(exchange, outgoing, _api_base(request))), 201)


@router.get("/Calls.json")
async def list_calls(request: Request, exchange: Caller) -> Resource:
    """Calls, newest first, by To, From, Status, ParentCallSid and StartTime."""
    query = request.query_params
    calls = [call for call in reversed(exchange.calls.values()) if _call_matches(call, query)]
    return page_of("calls", request.url.path, calls, call_json, page_query(query))


@router.get("/Calls/{sid}.json")
async def show_call(sid: str, exchange: Caller) -> Resource:
    """One call."""
    return call_json(_call(exchange, sid))


@router.post("/Calls/{sid}.json")
async def change_call(request: Request, sid: str, exchange: Caller) -> Resource:
    """Cancel a call that is queued or ringing, or end one."""
    call, form = _call(exchange, sid), await request.form()
    status = form.get("Status")
    if status not in ("canceled", "completed"):
        raise RestError(400, 20001, "The practice exchange can only change Status, to canceled or completed")
    if call.over or (status == "canceled" and call.answered_at):
        raise RestError(400, 21220, "Call is not in a state for that. Cannot change it.")
    if call.status == "queued":
        call.watchers.clear()  # a call cancelled before it was dialled is not told of
    exchange.move(call, "completed" if call.answered_at else "canceled")
    return call_json(call)


@router.get("/Recordings.json")
async def list_recordings(request: Request, exchange: Caller) -> Resource:
    """Recordings, newest first, by CallSid and DateCreated; deleted ones too with IncludeSoftDeleted."""
    query = request.query_params
    all_of_them = exchange.recordings.newest_first(deleted_too=query.get("IncludeSoftDeleted", "").lower() == "true")
    recordings = [each for each in all_of_them if _recording_matches(each, query)]
    return page_of("recordings", request.url.path, recordings, recording_json, page_query(query))


@router.get("/Recordings/{name}")
async def show_recording(request: Request, name: str, exchange: Caller) -> Response:
    """A recording's resource (`.json`) or its sound (no suffix or `.wav`); MP3 is not made here and answers 404."""
    sid, _, suffix = name.partition(".")
    recording = _recording(exchange, sid)
    if suffix == "json":
        return JSONResponse(recording_json(recording))
    if suffix == "mp3":
        raise RestError(404, 20404, "The practice exchange keeps recordings as WAV only; ask for .wav")
    if request.query_params.get("RequestedChannels", "1") != "1":
        raise RestError(400, 20001, "Requested channels exceed the channels of the recording")
    media = recording.media()
    if suffix not in ("", "wav") or media is None:
        raise not_found(request.url.path)
    fault = exchange.faults.take("media", recording.call.sid, "missing", "truncated", "page", "wrong_type")
    return sound(media, fault.does if fault else "", request.url.path)


@router.delete("/Recordings/{sid}.json", status_code=204)
async def delete_recording(sid: str, exchange: Caller) -> None:
    """Delete a recording with its sound; a second time it is not found."""
    exchange.recordings.delete(_recording(exchange, sid))


@router.get("/IncomingPhoneNumbers.json")
async def list_numbers(request: Request, exchange: Caller) -> Resource:
    """The account's own numbers with their webhooks, by PhoneNumber."""
    query, config = request.query_params, exchange.config
    numbers = [
        number_json(config.account_sid, e164, number, exchange.wire.public_url)
        for e164, number in config.numbers.items()
        if query.get("PhoneNumber", "") in e164
    ]
    return page_of("incoming_phone_numbers", request.url.path, numbers, dict, page_query(query))


def _outgoing(exchange: Exchange, form: FormData) -> OutgoingCall:
    to, from_, url = (str(form.get(name, "")) for name in ("To", "From", "Url"))
    if not to:
        raise RestError(400, 21201, "No 'To' number is specified")
    if not E164.fullmatch(to):
        raise RestError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not E164.fullmatch(from_):
        code, message = (21212, f"Invalid From Number (caller ID): {from_}") if from_ else (21213, "No 'From' number")
        raise RestError(400, code, message)
    if not exchange.config.owns(from_):
        raise RestError(400, 21210, f"Source phone number provided, {from_}, is not verified for your account")
    if not HTTP_URL.fullmatch(url):
        raise RestError(400, 21205, f"Url is not a valid URL: {url}")
    return OutgoingCall(
        to=to,
        from_=from_,
        url=url,
        method=str(form.get("Method", "POST")),
        fallback_url=str(form.get("FallbackUrl", "")),
        watcher=_watcher(form),
        timeout=_seconds(form, "Timeout", LONGEST_RING) or DEFAULT_TIMEOUT,
        time_limit=_seconds(form, "TimeLimit", 24 * 3600),
    )


def _watcher(form: FormData) -> Watcher | None:
    url = str(form.get("StatusCallback", ""))
    if not url:
        return None
    events = frozenset(str(event) for event in form.getlist("StatusCallbackEvent")) or frozenset({"completed"})
    if not HTTP_URL.fullmatch(url) or not events <= CALL_EVENTS:
        raise RestError(400, 21205, "StatusCallback or StatusCallbackEvent is not valid")
    return Watcher(url, events, str(form.get("StatusCallbackMethod", "POST")))


def _seconds(form: FormData, name: str, longest: int) -> int | None:
    text = str(form.get(name, ""))
    if not text:
        return None
    if not text.isdecimal() or int(text) > longest:
        raise RestError(400, 21208, f"Invalid {name}: {text}")
    return int(text)


def _basic(header: str) -> str:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _call(exchange: Exchange, sid: str) -> Call:
    call = exchange.calls.get(sid)
    if call is None:
        raise not_found(f"/Calls/{sid}.json")
    return call


def _recording(exchange: Exchange, sid: str) -> Recording:
    recording = exchange.recordings.get(sid)
    if recording is None:
        raise not_found(f"/Recordings/{sid}.json")
    return recording


def _call_matches(call: Call, query: QueryParams) -> bool:
    wanted = {"To": call.to, "From": call.from_, "Status": call.status}
    wanted["ParentCallSid"] = call.parent.sid if call.parent else ""
    same = all(query.get(name, value) == value for name, value in wanted.items())
    return same and in_time(call.answered_at or call.created_at, query, "StartTime")


def _recording_matches(recording: Recording, query: QueryParams) -> bool:
    same = query.get("CallSid", recording.call.sid) == recording.call.sid
    return same and in_time(recording.started_at, query, "DateCreated")


def in_time(moment: datetime, query: QueryParams, name: str) -> bool:
    """Twilio's inequality is part of the name: `StartTime>` is on or after, `StartTime<` on or before."""
    text = moment.replace(microsecond=0)
    after, before, on = (query.get(name + sign) for sign in (">", "<", ""))
    return (
        (not after or text >= _moment(after))
        and (not before or text <= _moment(before))
        and (not on or text.date() == _moment(on).date())
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RestError(400, 20001, f"Not a date: {text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def page_query(query: QueryParams) -> dict[str, str]:
    """Which page of a list is asked for. Raises RestError."""
    given = dict(query)
    for name in ("Page", "PageSize"):
        if name in given and not given[name].isdecimal():
            raise RestError(400, 20001, f"Invalid {name}: {given[name]}")
    if int(given.get("PageSize", "1")) > LARGEST_PAGE:
        raise RestError(400, 20007, f"Page size must be at most {LARGEST_PAGE}")
    return given


def _api_base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
