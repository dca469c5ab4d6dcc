"""REST: requests to the provider's API over one pool of connections, sent once, with what became of each said plainly.

The provider's library builds the requests. Here they get time limits and the address of the settings (whatever host
the library chose, be it from its own environment variables); no redirect is followed, nothing is sent twice, and the
waiting time is kept that the library would drop.
"""

import json
from datetime import timedelta
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx

TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=5.0)
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30.0)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class RestRefused(Exception):
    """An answer that is no success: its HTTP status, the provider's error code, and how long to wait, if it says."""

    def __init__(self, status: int, code: int | None, wait: timedelta | None) -> None:
        super().__init__(f"HTTP {status}, code {code}")
        self.status = status
        self.code = code
        self.wait = wait


class RestUnanswered(Exception):
    """No answer that can be relied on. `sent`: the request may have arrived."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("sent" if sent else "never sent")
        self.sent = sent


class Rest:
    """Requests to one API address, whatever address the library has in mind."""

    def __init__(self, http: httpx.Client, api_url: str) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")

    def send(self, method: str, uri: str, **request: Any) -> httpx.Response:
        """Send one request, once. Raises RestRefused and RestUnanswered; what is returned is a success."""
        asked = urlsplit(uri)
        url = self._api_url + asked.path + (f"?{asked.query}" if asked.query else "")
        try:
            response = self._http.request(method, url, **request)
        except NEVER_SENT:
            raise RestUnanswered(sent=False) from None
        except httpx.HTTPError:
            raise RestUnanswered(sent=True) from None
        if not response.is_success:
            raise RestRefused(response.status_code, _code(response), waiting_time(response))
        if response.status_code != httpx.codes.NO_CONTENT and _object(response) is None:
            raise RestUnanswered(sent=True)
        return response


def new_pool(timeout: httpx.Timeout = TIMEOUT) -> httpx.Client:
    """Connections for one account. The machine's proxy settings are left aside: the address is the operator's word."""
    return httpx.Client(timeout=timeout, limits=LIMITS, follow_redirects=False, trust_env=False, verify=certificates())


@cache
def certificates() -> SSLContext:
    """Whom every pool trusts. Reading all roots takes longer than a request: it is done once in a process."""
    return httpx.create_ssl_context(trust_env=False)


def waiting_time(response: httpx.Response) -> timedelta | None:
    """The answer's Retry-After, if it gives a number of seconds."""
    seconds = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(seconds), 3600)) if seconds.isdecimal() else None


def _object(response: httpx.Response) -> dict[str, object] | None:
    try:
        content = json.loads(response.content)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _code(response: httpx.Response) -> int | None:
    code = (_object(response) or {}).get("code")
    return code if isinstance(code, int) else None
