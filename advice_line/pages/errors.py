"""Error pages: one for everything that can go wrong, in plain words, with what to do now.

What was not foreseen gets a reference and no details: the log has the details under that reference.
"""

import secrets
import traceback
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from advice_line.db import sqlstate
from advice_line.errors import Malformed, NotFound, NotSignedIn, OutsideFailed, Refused
from advice_line.pages import caller_screen, csrf, kept_words
from advice_line.pages.addresses import with_next
from advice_line.pages.door import door_of
from advice_line.pages.screen import Shown
from advice_line.pages.visitor import visitor
from advice_line.staff import ServiceNotChosen

log: structlog.stdlib.BoundLogger = structlog.get_logger()

NO_PAGE = "If you typed the address, check it is right. If you followed a link, it may be out of date."
WRONG_WAY = "This address cannot be opened like that. Go back and use the buttons on the page."
OUTSIDE = "The telephone network did not answer as it should. Wait a minute, then try again."


@dataclass(frozen=True)
class Problem:
    """What an error page says."""

    status: int
    title: str
    sentence: str


def add_error_pages(app: FastAPI) -> None:
    """Answer every error of the tree, and the framework's own, with a page."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(ServiceNotChosen, _to_choice)
    app.add_exception_handler(csrf.Stale, _stale)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(OutsideFailed, _outside_failed)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _framework)


class LastResort:
    """Middleware: what nobody foresaw is logged without what it was about, and answered with a reference."""

    def __init__(self, app: ASGIApp, *, pages: FastAPI) -> None:
        self.app = app
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noticing(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noticing)
        except Exception as error:
            reference = secrets.token_hex(4).upper()
            # The message of an error may hold what a caller said or a row of the database: only its places are kept.
            kind = type(error).__name__
            told = {"error": kind, "sqlstate": sqlstate(error), "places": _places(error)}
            log.error("page_failed", reference=reference, **told)  # noqa: TRY400 - see above
            if started:
                raise RuntimeError(f"An answer broke off; see reference {reference}.") from None
            scope["app"] = self.pages
            response = _unforeseen(Request(scope), reference)
            await response(scope, receive, send)


def _unforeseen(request: Request, reference: str) -> Response:
    if caller_screen.is_for_callers(request):
        return caller_screen.problem(request, door_of(request), RuntimeError())
    return _shown(request).show("error_unforeseen.html", status=500, reference=f"{reference[:4]}-{reference[4:]}")


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _to_sign_in(request: Request, error: Exception) -> Response:
    return kept_words.answer(request, error) or _lead_to(request, "/sign-in", 401)


def _to_choice(request: Request, error: Exception) -> Response:
    return kept_words.answer(request, error) or _lead_to(request, "/choose-service", 403)


def _stale(request: Request, error: Exception) -> Response:
    return kept_words.answer(request, error) or _refused(request, error)


def _lead_to(request: Request, page: str, status: int) -> Response:
    if request.headers.get("hx-request"):
        # A part of a page asked: the whole page must go, to come back to where it is.
        return Response(status_code=status, headers={"HX-Redirect": page})
    wanted = "/"
    if request.method == "GET":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(with_next(page, wanted), 303)


def _refused(request: Request, error: Exception) -> Response:
    if caller_screen.is_for_callers(request):
        return caller_screen.problem(request, door_of(request), error)
    status, title = (error.status, error.title) if isinstance(error, Refused) else (500, "")
    if isinstance(error, NotFound):
        return _page(request, Problem(status, "Page not found", NO_PAGE))
    faults = error.faults if isinstance(error, Malformed) else ()
    return _page(request, Problem(status, title, str(error)), faults=faults)


def _outside_failed(request: Request, error: Exception) -> Response:
    log.warning("outside_failed", places=_places(error))
    return _page(request, Problem(502, "That did not go through", OUTSIDE))


def _not_understood(request: Request, error: Exception) -> Response:
    places = {fault["loc"][0] for fault in error.errors()} if isinstance(error, RequestValidationError) else set()
    if "path" in places:
        return _page(request, Problem(404, "Page not found", NO_PAGE))
    return _page(request, Problem(422, "There is a problem with the address", NO_PAGE))


def _framework(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if caller_screen.is_for_callers(request):
        return caller_screen.problem(request, door_of(request), caller_screen.NoPage(status))
    if not hasattr(request.state, "visitor"):
        visitor(request)  # no route was found, so nobody has asked yet who this is
    known = {404: ("Page not found", NO_PAGE), 405: ("Page not found", WRONG_WAY)}
    title, sentence = known.get(status, ("That did not work", "Go back and try again."))
    return _page(request, Problem(status, title, sentence))


def _page(request: Request, problem: Problem, **values: Any) -> Response:
    return _shown(request).show("error.html", status=problem.status, problem=problem, **values)


def _shown(request: Request) -> Shown:
    return Shown(request, door_of(request), getattr(request.state, "visitor", None))
