"""A random token: handed out once, and known again by its digest, the only thing kept."""

import hashlib
import secrets


def new() -> str:
    """256 random bits, fit for a cookie or a header."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token. A plain digest is enough: a random token leaves nothing to guess."""
    return hashlib.sha256(token.encode()).digest()
