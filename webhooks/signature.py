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
        fields = "".join([name + value for name, value in sorted(set(pairs))])
        tokens = self._tokens.get(_account(pairs), ())
        return any(
            hmac.compare_digest(signature, sign(token, address + target + fields, self._algorithm))
            for address in self._addresses
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
