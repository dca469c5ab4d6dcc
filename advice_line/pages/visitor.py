"""The visitor: who is asking, from the cookie of the request. Before: door. After: guard."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from advice_line import db, staff
from advice_line.door import Door
from advice_line.pages.door import door_of, is_secure
from advice_line.staff import SignedIn

SIGN_IN = "advice-line"


def cookie_name(door: Door, name: str) -> str:
    """By https the name itself tells browsers that no other host and no plain http may set the cookie."""
    return f"__Host-{name}" if is_secure(door) else name


def keep_cookie(response: Response, door: Door, name: str, value: str) -> None:
    """Give the browser a cookie until it is closed: out of the reach of scripts and of forms on other sites."""
    response.set_cookie(cookie_name(door, name), value, path="/", secure=is_secure(door), httponly=True, samesite="lax")


def drop_cookie(response: Response, door: Door, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(cookie_name(door, name), path="/", secure=is_secure(door), httponly=True, samesite="lax")


def visitor(request: Request) -> SignedIn | None:
    """Who asks, if they are signed in; remembered for the error pages."""
    door = door_of(request)
    token = request.cookies.get(cookie_name(door, SIGN_IN))
    request.state.visitor = None
    if token:
        with db.transaction(door.engine, None) as session:
            request.state.visitor = staff.signed_in(session, token, door.now(), present=_is_present(request))
    found: SignedIn | None = request.state.visitor
    return found


def _is_present(request: Request) -> bool:
    # A screen left on keeps asking for its lists and its events: that must not keep its sign-in open.
    by_itself = request.headers.get("hx-request") or request.headers.get("accept") == "text/event-stream"
    return request.method != "GET" or not by_itself


Visitor = Annotated[SignedIn | None, Depends(visitor)]
