"""The signature: whether a request comes from the telephone network, under an account of ours.

The network signs the address it called and every posted field with the account's auth token. We make the same
signature over `PUBLIC_URL` and the raw path and query: what a proxy makes of the address is never trusted, and nothing
in the request chooses the algorithm.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import urlsplit

from advice_line.settings import Settings

HEADER = b"x-twilio-signature"
ALGORITHMS = ("sha1", "sha256")
DEFAULT_PORTS = {"https": 443, "http": 80}
Pairs = list[tuple[str, str]]


class Guard:
    """Knows our public address and the tokens of every account; built once."""

    def __init__(self, settings: Settings) -> None:
        self._addresses = _with_and_without_port(settings.public_url)
        self._algorithm = settings.twilio_signature_algorithm
        self._tokens: dict[str, tuple[bytes, ...]] = {}
        for account in settings.accounts.values():
            tokens = tuple(token.get_secret_value().encode() for token in account.auth_tokens)
            self._tokens[account.sid] = self._tokens.get(account.sid, ()) + tokens

    def accepts(self, target: str, pairs: Pairs, signature: bytes | None) -> bool:
        """Whether `signature` is right for the raw path and query `target` and the posted fields, in any order.

        The token must be one of the account named in the fields; an unknown account is refused.
        """
        if not signature:
            return False
        return self._fits(self._addresses, target, pairs, signature, self._algorithm)

    def knows(self, pairs: Pairs) -> bool:
        """Whether the account that the fields name is one of ours."""
        return _account(pairs) in self._tokens

    def would_accept(self, public_url: str, target: str, pairs: Pairs, signature: bytes) -> bool:
        """Whether it would be right if our public address were this one. For hints alone: nothing is let in by it."""
        return self._fits(_with_and_without_port(public_url), target, pairs, signature, self._algorithm)

    def signed_otherwise(self, target: str, pairs: Pairs, signature: bytes) -> str | None:
        """The algorithm with which it would be right, when it is not the one of the settings. For hints alone."""
        others = [one for one in ALGORITHMS if one != self._algorithm]
        return next((one for one in others if self._fits(self._addresses, target, pairs, signature, one)), None)

    def _fits(self, addresses: Iterable[str], target: str, pairs: Pairs, signature: bytes, algorithm: str) -> bool:
        fields = "".join([name + value for name, value in sorted(set(pairs))])
        tokens = self._tokens.get(_account(pairs), ())
        return any(
            hmac.compare_digest(signature, sign(token, address + target + fields, algorithm))
            for address in addresses
            for token in tokens
        )


def sign(token: bytes, text: str, algorithm: str) -> bytes:
    """The signature of an address followed by the sorted names and values of its fields."""
    # A field that is no valid UTF-8 was read with surrogates: they turn back into the very bytes that were signed.
    return b64encode(hmac.digest(token, text.encode("utf-8", "surrogateescape"), algorithm))


def _account(pairs: Iterable[tuple[str, str]]) -> str:
    return next((value for name, value in pairs if name == "AccountSid"), "")


def _with_and_without_port(public_url: str) -> tuple[str, str]:
    """The network leaves the port out of some signatures and puts it into others, whatever the address says."""
    if urlsplit(public_url).port:
        return public_url, re.sub(r":\d+$", "", public_url)
    return public_url, f"{public_url}:{DEFAULT_PORTS[urlsplit(public_url).scheme]}"
