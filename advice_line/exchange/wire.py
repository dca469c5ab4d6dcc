"""The wire to the product: every webhook goes through here, signed, timed, tried again as its URL allows, and logged.

Here too it is dropped, repeated, or its answer lost, when a fault says so.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL

from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.faults import Faults
from advice_line.exchange.log import Log
from advice_line.exchange.overrides import Overrides
from advice_line.exchange.sids import Sids
from advice_line.exchange.signature import sign

MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
IDLE_SECONDS = 2.0
"""Shorter than a server's own patience, so that no request goes into a connection that is just being closed."""


@dataclass(frozen=True)
class Ask:
    """One request to the product: `purpose` is the step of the call (see `faults`), or media for a sound to play."""

    purpose: str
    call_sid: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True)
class Answer:
    """What came back, with the address it finally came from."""

    url: str
    status: int
    content_type: str
    body: bytes
    location: str = ""


class WireError(Exception):
    """The request failed for good, in Twilio's words: an error code, and the kind that a retry policy names."""

    def __init__(self, code: int, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.kind = kind


class Wire:
    """The way from the exchange to the product."""

    def __init__(self, config: ExchangeConfig, log: Log, sids: Sids, faults: Faults) -> None:
        self._faults = faults
        self._config = config
        self._log = log
        self._sids = sids
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def fetch(self, ask: Ask) -> Answer:
        """Ask and wait for a 2xx answer, within Twilio's 15 seconds for all tries together. Raises WireError."""
        url, fragment = _checked(ask.url)
        overrides = Overrides.of(fragment)
        if self._faults.take(ask.purpose, ask.call_sid, "drop"):
            raise WireError(11205, "Could not connect, on purpose", "ct")
        try:
            async with asyncio.timeout(overrides.total_seconds):
                return await self._try(replace(ask, url=self.public_url(url)), overrides)
        except TimeoutError as late:
            raise WireError(11200, f"No answer within {overrides.total_seconds:g} seconds", "rt") from late

    async def tell(self, ask: Ask) -> None:
        """Post a status event, whose answer decides nothing; a failure is an error in the log and the event is lost."""
        try:
            await self.fetch(ask)
        except WireError as error:
            self._log.error(ask.call_sid, error.code, error.message, ask.url)

    def public_url(self, url: str) -> str:
        """The address as the product knows it, which is the one that is signed."""
        return _moved(url, self._config.product_base, self._config.public_base)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _try(self, ask: Ask, overrides: Overrides) -> Answer:
        token = self._sids.new("")
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._follow(ask, overrides, token, attempt)
            except WireError as error:
                if attempt > overrides.retries or error.kind not in overrides.retried:
                    raise

    async def _follow(self, ask: Ask, overrides: Overrides, token: str, attempt: int) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._send(ask, overrides, token, attempt)
            if answer.status not in REDIRECTS or not answer.location:
                return _accepted(answer)
            ask = self._redirected(ask, answer)
        raise WireError(11215, f"More than {MOST_REDIRECTS} redirects")

    async def _send(self, ask: Ask, overrides: Overrides, token: str, attempt: int) -> Answer:
        started = time.monotonic()
        status: int | None = None
        try:
            answer = await self._exchange(ask, overrides, token)
            if self._faults.take(ask.purpose, ask.call_sid, "repeat"):
                answer = await self._exchange(ask, overrides, token)
            if self._faults.take(ask.purpose, ask.call_sid, "unanswered"):
                raise WireError(11200, "The answer was lost, on purpose", "rt")
            status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _transport_error(error) from error
        finally:
            self._log.write(
                "request",
                **vars(ask) | {"params": dict(ask.params)},
                status=status,
                milliseconds=round((time.monotonic() - started) * 1000, 1),
                attempt=attempt,
                token=token,
            )
        return answer

    async def _exchange(self, ask: Ask, overrides: Overrides, token: str) -> Answer:
        get = ask.method == "GET"
        url = _with_query(ask.url, ask.params) if get else ask.url
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": token,
            "X-Twilio-Signature": sign(self._config.auth_token, url, {} if get else ask.params),
        }
        if not get:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        async with self._http.request(
            ask.method,
            URL(_moved(url, self._config.public_base, self._config.product_base), encoded=True),
            data=None if get else urlencode(ask.params).encode(),
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(sock_connect=overrides.connect_seconds, sock_read=overrides.read_seconds),
        ) as response:
            return Answer(
                url=ask.url,
                status=response.status,
                content_type=response.headers.get("Content-Type", ""),
                location=response.headers.get("Location", ""),
                body=await response.read(),
            )

    def _redirected(self, ask: Ask, answer: Answer) -> Ask:
        url = self.public_url(_checked(answer.location, ask.url)[0])
        keeps_method = answer.status in (307, 308)
        lost = "" if keeps_method or ask.method == "GET" else "the POST became a GET and its parameters were dropped"
        self._log.write("redirect", call_sid=ask.call_sid, url=ask.url, to=url, status=answer.status, note=lost)
        return replace(ask, url=url) if keeps_method else replace(ask, url=url, method="GET", params={})


def _checked(url: str, base: str = "") -> tuple[str, str]:
    """An address and its fragment. Raises WireError when it is no address, such as one whose port is none."""
    try:
        address, fragment = urldefrag(urljoin(base, url))
        _ = urlsplit(address).port  # is only looked at, and found wanting, when it is asked for
    except ValueError as error:
        raise WireError(11100, f"Invalid URL format: {url}") from error
    return address, fragment


def _accepted(answer: Answer) -> Answer:
    """The answer, if it is one that Twilio takes. Raises WireError."""
    if not 200 <= answer.status < 300:
        kind = f"{answer.status // 100}xx"
        raise WireError(11200, f"Got HTTP {answer.status} response to {answer.url}", kind)
    if answer.status != 204 and not answer.body and not answer.content_type:
        # An empty 200 without a type reaches Twilio's log as a bad gateway; a 204 is the way to say nothing.
        raise WireError(11200, f"Got HTTP 502 response to {answer.url} (an empty 200 without a Content-Type)", "5xx")
    return answer


def _transport_error(error: aiohttp.ClientError | TimeoutError) -> WireError:
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return WireError(11100, "The URL is not one that can be asked")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return WireError(11205, "Could not connect", "ct")
        case aiohttp.ClientResponseError():
            return WireError(11206, "The answer was not HTTP", "rt")
        case _:
            return WireError(11200, f"The answer did not arrive ({type(error).__name__})", "rt")


def _with_query(url: str, params: Mapping[str, str]) -> str:
    if not params:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(params)


def _moved(url: str, base: str, other_base: str) -> str:
    rest = url.removeprefix(base)
    inside = rest != url and (not rest or rest[0] in "/?#")
    return other_base + rest if inside else url
