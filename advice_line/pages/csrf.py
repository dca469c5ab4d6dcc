"""What was posted, and that it is ours: a change is accepted only from a form that we gave to this very browser.

The token is bound to the sign-in, or before it to a cookie; the browser's own word on where the request came from is
checked as well, and cookies are SameSite=Lax. Any one of the three would do on a good day.
"""

import hmac
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import ImmutableMultiDict

from advice_line.door import Door
from advice_line.errors import Forbidden, Refused
from advice_line.pages.visitor import cookie_name
from advice_line.staff import SignedIn

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
COOKIE = "advice-line-form"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST = 256 * 1024  # bytes
MOST_FIELDS = 500
FORM = "application/x-www-form-urlencoded"
STALE = "This form has been open for too long, or came from somewhere else. Go back, reload the page and send it again."

Fields = ImmutableMultiDict[str, str]


class Stale(Forbidden):
    """A form that was not given to this sign-in: most often the person signed in again since."""


class TooLong(Refused):
    """More than any form of ours can hold."""

    status = 413
    title = "That is too long"


async def posted(request: Request) -> Fields:
    """The fields of a posted form, none for anything else. Files are not taken.

    They are in `request.state.posted`, too, for a page that tells of a fault and shows again what was typed.
    """
    fields = request.state.posted = await _read(request)
    return fields


async def _read(request: Request) -> Fields:
    if not request.headers.get("content-type", "").startswith(FORM):
        return Fields()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise TooLong("What you sent is too long. Go back, shorten it and send it again.")
    try:
        return Fields(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise TooLong("This form has too many fields. Go back and send it again.") from None


Posted = Annotated[Fields, Depends(posted)]


def check(request: Request, door: Door, who: SignedIn | None, form: Fields) -> None:
    """Forbidden unless a changing request came from one of our own pages in this browser."""
    if request.method in SAFE:
        return
    given = form.get(FIELD) or request.headers.get(HEADER)
    expected = expected_token(request, door, who)
    if not expected or not given:
        raise Stale(STALE)
    if not hmac.compare_digest(given.encode(), expected.encode()) or not is_from_here(request, door):
        raise Stale(STALE)


def expected_token(request: Request, door: Door, who: SignedIn | None) -> str | None:
    """What a form of this browser must carry."""
    return who.csrf_token if who else request.cookies.get(cookie_name(door, COOKIE))


def is_from_here(request: Request, door: Door) -> bool:
    """Whether the browser says, or does not deny, that one of our own pages asks."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True  # neither header: no browser of today, and the token was right
    return origin == door.settings.public_url or urlsplit(origin).netloc == request.headers.get("host")
