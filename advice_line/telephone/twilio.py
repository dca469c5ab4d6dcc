"""Twilio: the telephone network that we use, behind the Telephone protocol. The one place that speaks to its REST API.

Words of its errors may hold telephone numbers, so only its codes are passed on, in sentences of ours.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any, Self

import httpx
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from advice_line.errors import NotNow, NotThere, OutsideFailed, Unanswered
from advice_line.lines.numbers import may_be_rung
from advice_line.settings import Account, Settings
from advice_line.telephone import lists
from advice_line.telephone.calling import PlacedCall, Readiness, Recorded, Recording
from advice_line.telephone.listed import ListedCall, ListedRecording
from advice_line.telephone.rest import Rest, RestRefused, RestUnanswered, new_pool, waiting_time
from advice_line.telephone.texting import TextsByRest

SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
CALL_IS_OVER = 21220
CALLS_LOOKED_AT = 20
CLOCKS_APART = timedelta(seconds=30)
LARGEST_RECORDING = 100 * 1024 * 1024  # an hour of it is 58 MB
LONGEST_FETCH = 120.0  # seconds
MEDIA_TIMEOUT = httpx.Timeout(30.0, connect=5.0, pool=5.0)
READINESS: Mapping[str, Readiness] = {"completed": "ready", "absent": "none", "deleted": "gone", "failed": "none"}

WRONG_NUMBER = "The therapist's phone number is not one that can be rung. Check it on the rota."
WRONG_CALLER_ID = "The network does not let us show the line's number. Tell whoever runs the telephone account."
NOT_ALLOWED = "The telephone account does not allow calls to that number. Tell whoever runs it."
NOT_US = "The network does not accept our credentials. Tell whoever runs the telephone account."
SENTENCES = {
    **dict.fromkeys((21201, 21211, 21214, 21217, 13223, 13224), WRONG_NUMBER),
    **dict.fromkeys((21210, 21212, 21213), WRONG_CALLER_ID),
    **dict.fromkeys((21215, 21216, 21219, 13225, 13227), NOT_ALLOWED),
    20003: NOT_US,
}


class TwilioTelephone(TextsByRest):
    """One Twilio account. Safe to share between threads."""

    def __init__(self, account: Account, api_url: str) -> None:
        self._http = new_pool()
        self._api_url = api_url.rstrip("/")
        self._account_sid = account.sid
        self._credentials = account.rest_credentials()
        self._client = Client(
            *self._credentials,
            account.sid,
            http_client=_OverHttpx(Rest(self._http, api_url)),
            # Not empty, or the library would read the process's own environment, region and all.
            environment={"TWILIO_REGION": ""},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ring(self, to: str, from_: str, *, answer_url: str, status_url: str, timeout: int) -> str:
        """See Telephone.ring. Only an ordinary UK number is rung (domain rule R17)."""
        _refuse_uncallable(to)
        try:
            call = self._client.calls.create(
                to=to,
                from_=from_,
                url=answer_url,
                method="POST",
                status_callback=status_url,
                status_callback_method="POST",
                status_callback_event=CALL_EVENTS,
                timeout=timeout,
            )
        except RestRefused as refused:
            raise _not_rung(refused) from None
        except RestUnanswered as unanswered:
            raise _no_answer() if unanswered.sent else _no_connection() from None
        if not SID.fullmatch(str(call.sid)):
            raise _no_answer()
        return str(call.sid)

    def calls_to(self, to: str, from_: str, since: datetime) -> Sequence[PlacedCall]:
        """See Telephone.calls_to. The clocks of the two sides may differ a little."""
        with _asking():
            calls = self._client.calls.list(to=to, from_=from_, limit=CALLS_LOOKED_AT)
        return [
            PlacedCall(str(call.sid), call.date_created)
            for call in calls
            if call.direction == "outbound-api" and call.date_created and call.date_created >= since - CLOCKS_APART
        ]

    def hang_up(self, call_sid: str) -> None:
        """See Telephone.hang_up."""
        self._end(call_sid, "completed")

    def stop_ringing(self, call_sid: str) -> None:
        """See Telephone.stop_ringing. The network leaves a call alone that is not ringing any more."""
        self._end(call_sid, "canceled")

    @contextmanager
    def recording(self, sid: str) -> Iterator[Recording]:
        """See Telephone.recording. The address is made from the sid: none that a webhook names is ever asked."""
        _check(sid)
        url = f"{self._api_url}/2010-04-01/Accounts/{self._account_sid}/Recordings/{sid}.wav"
        headers = {"Accept": "audio/*", "Accept-Encoding": "identity"}
        try:
            with self._http.stream(
                "GET", url, auth=self._credentials, headers=headers, timeout=MEDIA_TIMEOUT
            ) as response:
                yield Recording(_audio_type(response), _limited(response))
        except httpx.HTTPError:
            raise OutsideFailed("The recording could not be fetched: the connection broke or was too slow.") from None

    def delete_recording(self, sid: str) -> None:
        """See Telephone.delete_recording."""
        _check(sid)
        try:
            with _asking():
                self._client.recordings(sid).delete()
        except NotThere:
            return

    def recordings_of(self, call_sid: str) -> Sequence[Recorded]:
        """See Telephone.recordings_of."""
        _check(call_sid)
        with _asking():
            recordings = self._client.recordings.list(call_sid=call_sid, include_soft_deleted=True)
        return [
            Recorded(str(each.sid), lists.seconds(each.duration), READINESS.get(str(each.status), "coming"))
            for each in recordings
        ]

    def calls_of(self, number: str, day: date) -> Sequence[ListedCall]:
        """See Telephone.calls_of."""
        with _asking():
            return lists.calls_of(self._client, number, day)

    def recordings_on(self, day: date) -> Sequence[ListedRecording]:
        """See Telephone.recordings_on."""
        with _asking():
            return lists.recordings_on(self._client, day)

    def _end(self, call_sid: str, status: str) -> None:
        _check(call_sid)
        try:
            with _asking():
                self._client.calls(call_sid).update(status=status)
        except NotThere:
            return


class _OverHttpx(HttpClient):  # type: ignore[misc]  # the library carries no types
    """The library's way to the network, over our own connections."""

    def __init__(self, rest: Rest) -> None:
        super().__init__(logger=None, is_async=False)
        self._rest = rest

    def request(self, method: str, uri: str, **request: Any) -> Response:
        """Send one request; time limits and redirects are ours to decide, not the library's."""
        sent = {name: request.get(name) for name in ("params", "data", "headers", "auth")}
        response = self._rest.send(method, uri, **sent)
        return Response(response.status_code, response.text, dict(response.headers))


class Telephones:
    """The telephones of a process, one for each account that the settings name; made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[str, TwilioTelephone] = {}
        self._one_at_a_time = Lock()

    def __call__(self, account: str) -> TwilioTelephone:
        """The telephone of an account. Misconfigured when its credentials are missing."""
        with self._one_at_a_time:
            if account not in self._made:
                self._made[account] = TwilioTelephone(self._settings.account(account), self._settings.api_url())
            return self._made[account]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for telephone in self._made.values():
            telephone.close()


@contextmanager
def _asking() -> Iterator[None]:
    """Requests that may be repeated without harm: every failure of theirs is said in our words."""
    try:
        yield
    except RestRefused as refused:
        raise _refusal(refused.status, refused.code, refused.wait) from None
    except RestUnanswered:
        raise _no_connection() from None


def _not_rung(refused: RestRefused) -> OutsideFailed:
    if refused.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return _no_answer()
    if refused.status == httpx.codes.TOO_MANY_REQUESTS:
        return NotNow("The telephone network is busy just now.", after=refused.wait)
    code = NOT_US if refused.status in {401, 403} else f"The telephone network refused the call (code {refused.code})."
    return OutsideFailed(SENTENCES.get(refused.code or 0, code), permanent=True)


def _refusal(status: int, code: int | None, wait: timedelta | None) -> OutsideFailed:
    if status == httpx.codes.NOT_FOUND or code == CALL_IS_OVER:
        return NotThere("The telephone network does not have it, or not yet.")
    if status in {401, 403}:
        return OutsideFailed(NOT_US)
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return NotNow(f"The telephone network cannot answer just now (HTTP {status}).", after=wait)
    return OutsideFailed(f"The telephone network refused (HTTP {status}, code {code}).")


def _no_answer() -> Unanswered:
    return Unanswered("The telephone network did not answer, so the call may have been made or not.")


def _no_connection() -> NotNow:
    return NotNow("The telephone network could not be reached.")


def _refuse_uncallable(to: str) -> None:
    if not may_be_rung(to):
        raise OutsideFailed(WRONG_NUMBER, permanent=True)


def _check(sid: str) -> None:
    # Sids come from webhooks: one that is none must not choose the address that we ask with our credentials.
    if not SID.fullmatch(sid):
        raise OutsideFailed("This is not the id of anything at the telephone network.", permanent=True)


def _audio_type(response: httpx.Response) -> str:
    if response.status_code != httpx.codes.OK:
        raise _refusal(response.status_code, None, waiting_time(response))
    content_type = str(response.headers.get("content-type", "")).split(";")[0].strip().lower()
    if not content_type.startswith("audio/"):
        raise OutsideFailed("What came was a page, not a sound.")
    return content_type


def _limited(response: httpx.Response) -> Iterator[bytes]:
    size, started = 0, time.monotonic()
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > LARGEST_RECORDING:
            raise OutsideFailed("The recording is larger than any message can be.")
        if time.monotonic() - started > LONGEST_FETCH:
            raise OutsideFailed("The recording came too slowly.")
        yield chunk
