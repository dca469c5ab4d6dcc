"""The screen: a template shown with what every page needs, and the database session of a request.

    def show(who: Lead, session: InService, screen: Screen) -> HTMLResponse:
        return screen.show("reports.html", rows=reports.rows(session, ...))

A session is one transaction within the service the person works in, committed before the answer is sent.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.door import Door
from advice_line.pages import csrf, layout, london
from advice_line.pages.door import InDoor
from advice_line.pages.guard import working
from advice_line.pages.static_files import Static
from advice_line.pages.visitor import Visitor, keep_cookie
from advice_line.staff import SignedIn, random_token


@cache
def templates() -> Environment:
    """The templates: ours, and the NHS.UK components under `nhsuk/`. What templates are given is always escaped."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("advice_line.pages"), PackageLoader("nhsuk_frontend_jinja")]),
        autoescape=True,
        undefined=ChainableUndefined,  # the NHS.UK components ask for options that nobody gave
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        day=london.day,
        short_day=london.short_day,
        clock_time=london.clock_time,
        near=london.near,
        until=london.until,
        sentence=_sentence,
    )
    return made


class Shown:
    """Templates for one request. Use it through `Screen` or `BareScreen`."""

    # Without a session the counts of the navigation are left out, or counted in a transaction of their own.
    def __init__(
        self,
        request: Request,
        door: Door,
        who: SignedIn | None,
        session: Session | None = None,
        *,
        counts_alone: bool = False,
    ) -> None:
        self.request = request
        self.door = door
        self.who = who
        self.session = session
        self.counts_alone = counts_alone

    def show(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page. `values` are plain presented values: templates neither ask the database nor add up."""
        token = csrf.expected_token(self.request, self.door, self.who)
        fresh = None if token else random_token.new()
        context = self._every_page(token or fresh or "") | values
        response = HTMLResponse(templates().get_template(template).render(context), status)
        if fresh:
            keep_cookie(response, self.door, csrf.COOKIE, fresh)
        return response

    def _every_page(self, token: str) -> dict[str, Any]:
        now = self.door.now()
        static: Static = self.request.app.state.static
        return {
            "static": static.address,
            "now": now,
            "who": self.who,
            "navigation": self._navigation(self.who, now) if self.who else [],
            "cspNonce": self.request.state.csp_nonce,
            "csrf_token": token,
            "csrf_field": Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, token),
        }

    def _navigation(self, who: SignedIn, now: datetime) -> list[layout.NavigationItem]:
        path, places = self.request.url.path, self._places(who)
        if self.session is None and self.counts_alone and who.membership:
            with db.transaction(self.door.engine, who.service_id) as session:
                return layout.navigation(who, path, session, now, places)
        return layout.navigation(who, path, self.session, now, places)

    def _places(self, who: SignedIn) -> list[layout.Place]:
        # A page that tells of a fault asks for nothing that may itself be at fault.
        may_ask = self.session is not None or self.counts_alone
        has_live_line = (
            may_ask
            and who.membership is not None
            and bool(self.door.directory().service_by_id(who.service_id).live_lines)
        )
        return [place for place in layout.PLACES if has_live_line or not place.live_line_only]


def _sentence(words: str) -> str:
    """Words as they begin a sentence; names of months and days keep their capitals."""
    return words[:1].upper() + words[1:]


def session_in_service(door: InDoor, visitor: Visitor) -> Iterator[Session]:
    """A transaction within the visitor's service; nobody else gets one."""
    with db.transaction(door.engine, working(visitor).service_id) as session:
        yield session


def session_for_reports(door: InDoor, visitor: Visitor) -> Iterator[Session]:
    """The same on the connections for reports, so that a slow one delays nobody."""
    with db.transaction(door.reports_engine, working(visitor).service_id) as session:
        yield session


def session_outside(door: InDoor) -> Iterator[Session]:
    """A transaction within no service: for sign-in and the account, which belong to none."""
    with db.transaction(door.engine, None) as session:
        yield session


# scope="function": the commit comes before the answer. Otherwise a failed one would still show "saved".
InService = Annotated[Session, Depends(session_in_service, scope="function")]
ForReports = Annotated[Session, Depends(session_for_reports, scope="function")]
OutsideServices = Annotated[Session, Depends(session_outside, scope="function")]


def _in_service(request: Request, door: InDoor, visitor: Visitor, session: InService) -> Shown:
    return Shown(request, door, visitor, session)


def _for_reports(request: Request, door: InDoor, visitor: Visitor, session: ForReports) -> Shown:
    return Shown(request, door, visitor, session)


def _bare(request: Request, door: InDoor, visitor: Visitor) -> Shown:
    return Shown(request, door, visitor, counts_alone=True)


Screen = Annotated[Shown, Depends(_in_service)]
ReportScreen = Annotated[Shown, Depends(_for_reports)]
BareScreen = Annotated[Shown, Depends(_bare)]
