"""Addresses: where to go next, and never to somebody else's site."""

from urllib.parse import quote, urlsplit

FIRST = "/"


def local(wanted: str | None) -> str:
    """The page asked for if it is one of ours, else the first page: a link must not lead from our sign-in elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return FIRST
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in wanted):
        return FIRST
    parts = urlsplit(wanted)
    return FIRST if parts.scheme or parts.netloc else wanted


def with_next(page: str, wanted: str) -> str:
    """A page of ours that leads on to the one that was wanted."""
    return page if local(wanted) == FIRST else f"{page}?next={quote(local(wanted), safe='/')}"
