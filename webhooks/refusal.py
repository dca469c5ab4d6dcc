"""Refusals: why a signature was wrong, in one sentence for the operator, said at most every ten seconds.

What a proxy does to an address, and a wrong setting, look alike from outside: the network is refused and callers hear
an error. So we try what is usually wrong and say what would have been right. Nothing is let in by it, and no field or
number reaches the log: only addresses of ours that a right signature vouches for.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from urllib.parse import unquote, urlsplit

import structlog

from webhooks.post import Post
from webhooks.signature import Guard

EVERY = 10.0  # seconds: guessing costs a few digests, and whoever floods us must not choose how many
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?")

NOT_SIGNED = "It was not signed, so it did not come from the telephone network."
NO_SUCH_ACCOUNT = "It names an account that is not in the settings: check TWILIO_ACCOUNT_SID."
NOTHING_FITS = (
    "No token of its account fits: check TWILIO_AUTH_TOKEN (each region has its own), and that nothing in front of the"
    " product changes the path or the query. `advice-line doctor` tells the two apart."
)

log = structlog.get_logger()
Headers = Iterable[tuple[bytes, bytes]]


class Refusals:
    """Knows the guard that refused, and when it last spoke."""

    def __init__(self, guard: Guard, public_url: str, seconds: Callable[[], float] = monotonic) -> None:
        self._guard, self._public_url, self._seconds = guard, public_url, seconds
        self._quiet_until = float("-inf")
        self._unsaid = 0

    def note(self, kind: str, headers: Headers, post: Post, signature: bytes | None) -> None:
        """A post was refused. `unsaid` in the log is how many were since the last word."""
        if self._seconds() < self._quiet_until:
            self._unsaid += 1
            return
        self._quiet_until = self._seconds() + EVERY
        log.warning("webhook_refused", kind=kind, cause=self.cause(headers, post, signature), unsaid=self._unsaid)
        self._unsaid = 0

    def cause(self, headers: Headers, post: Post, signature: bytes | None) -> str:
        """The likeliest cause, as a sentence that says what to change."""
        if not signature:
            return NOT_SIGNED
        if not self._guard.knows(post.pairs):
            return NO_SUCH_ACCOUNT
        for address in _addresses(self._public_url, headers):
            if self._guard.would_accept(address, post.target, post.pairs, signature):
                return f"The network calls {address}, and PUBLIC_URL is {self._public_url}: make them the same."
        for target in _targets(post.target):
            if self._guard.accepts(target, post.pairs, signature):
                return "What stands in front of the product changes the path or the query: pass them on as they came."
        other = self._guard.signed_otherwise(post.target, post.pairs, signature)
        if other:
            return f"It was signed with {other}: check TWILIO_SIGNATURE_ALGORITHM."
        return NOTHING_FITS


def _addresses(public_url: str, headers: Headers) -> Iterator[str]:
    """Other addresses under which the network may know us: the other scheme, and the host that was asked for."""
    told = {name: value.decode("latin-1") for name, value in headers}
    hosts = [urlsplit(public_url).netloc, told.get(b"x-forwarded-host", ""), told.get(b"host", "")]
    for host in hosts:
        if HOST.fullmatch(host):
            yield from (f"{scheme}://{host}" for scheme in ("https", "http") if f"{scheme}://{host}" != public_url)


def _targets(target: str) -> Iterator[str]:
    """What the path and query may have been before somebody changed them."""
    path, mark, query = target.partition("?")
    yield (path.rstrip("/") if path.endswith("/") else path + "/") + mark + query
    yield unquote(target)
    yield path
