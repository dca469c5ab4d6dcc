"""The screen of callers: pages for somebody who is not signed in and has nothing but the address of their own page.

No cookie is set or looked at, no script is sent, nothing leads to the pages of staff. The address is a secret: it is
told to no other site, kept by nobody on the way, and found in no search.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from advice_line.door import Door
from advice_line.errors import Refused
from advice_line.lines.directory import Line
from advice_line.pages.screen import templates
from advice_line.pages.static_files import Static
from advice_line.texting.link import PATH

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}
UNFORESEEN = "Sorry, something went wrong. What you sent was not kept. Try again in a few minutes, or ring us"


class NoPage(Refused):
    """There is no open page at this address. `line` is whom to ring instead, None when nobody can tell."""

    def __init__(self, status: int, line: Line | None = None) -> None:
        super().__init__("This page is not open.")
        self.status = status
        self.line = line


def show(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for callers. `values` are plain presented values."""
    static: Static = request.app.state.static
    page = templates().get_template(template).render({"static": static.address} | values)
    return HTMLResponse(page, status, HEADERS)


def is_for_callers(request: Request) -> bool:
    """Whether it is a caller who meets an error here, rather than somebody of the staff."""
    return request.url.path.startswith(PATH)


def problem(request: Request, door: Door, error: Exception) -> Response:
    """What a caller sees when something went wrong: what to do, whom to ring, and the emergency numbers."""
    if isinstance(error, NoPage):
        lines = [error.line] if error.line else list(_all_lines(door))
        return show(request, "caller_no_page.html", status=error.status, lines=lines, is_known=error.line is not None)
    status = error.status if isinstance(error, Refused) else 500
    sentence = str(error) if isinstance(error, Refused) else UNFORESEEN
    return show(request, "caller_problem.html", status=status, sentence=sentence)


def _all_lines(door: Door) -> Iterator[Line]:
    yield from door.directory().lines.values()
