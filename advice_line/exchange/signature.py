"""X-Twilio-Signature, from the signer's side: base64 of HMAC-SHA1 over the address and the sorted parameters."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit


def sign(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """The signature of a form-encoded POST of `params` to `url`; for a GET give no params, they are in the URL."""
    text = signed_url(url) + "".join(name + params[name] for name in sorted(params))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signed_url(url: str) -> str:
    """The address as Twilio's voice side signs it: no user, no fragment, and over HTTPS no port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
