"""The caller's own page, `/c/{token}`: when may we ring, what do they need, or is it sorted.

Whoever has the address, which is in a text that we sent, may use it. That address is also what a forged form lacks:
there is no cookie and no sign-in that another site could borrow, and who knows the address needs no forged form. To
look changes nothing, since phones look by themselves to show what a link leads to. Guesses of an address are counted
and, after some, refused without being looked up; an address that is right is always served, so that nobody can shut
callers out by guessing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.callbacks import own_page
from advice_line.door import Door
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines.directory import Line
from advice_line.pages.caller_form import NEEDS, CallerForm, Offer
from advice_line.pages.caller_screen import NoPage, show
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.guard import LinkHolder
from advice_line.pages.password_checks import address_of
from advice_line.staff import tries
from advice_line.texting import link

log: structlog.stdlib.BoundLogger = structlog.get_logger()
pages = APIRouter()
NOT_FOUND, GONE, TOO_MANY = 404, 410, 429


@dataclass(frozen=True)
class Held:
    """What the holder of a good link is let to: one enquiry, within one transaction of its service."""

    session: Session
    enquiry: Enquiry
    line: Line


def held(token: str, request: Request, door: InDoor) -> Iterator[Held]:
    """The enquiry behind a good link, locked when it may be changed. Raises NoPage for any other address."""
    read = link.read(token)
    service_id = _service_of(door, read) if read else None
    if read is None or service_id is None:
        raise NoPage(_guessed(door, address_of(request)) if read else NOT_FOUND)
    service = door.directory().service_by_id(service_id)
    with db.transaction(door.engine, service_id) as session:
        found = link.find(session, service_id, read)
        enquiry = link.enquiry_of(session, found, lock=request.method == "POST")
        line = service.line(enquiry.line_key)
        if not link.is_good(session, found, enquiry, door.now()):
            raise NoPage(GONE, line)
        yield Held(session, enquiry, line)


# scope="function": the commit comes before the answer. Otherwise a failed one would still show "noted".
ByLink = Annotated[Held, Depends(held, scope="function")]


@pages.get("/c/{token}")
def look(request: Request, _holder: LinkHolder, by: ByLink, door: InDoor) -> Response:
    now = door.now()
    own_page.looked_at(by.session, by.enquiry, now)
    if "sorted" in request.query_params:
        return _show(request, by, "caller_sorted.html")
    return _ask(request, by, CallerForm(None, Offer.of(by.line, now)))


@pages.post("/c/{token}")
def tell(request: Request, _holder: LinkHolder, posted: Posted, by: ByLink, door: InDoor) -> Response:
    now = door.now()
    if posted.get("sorted") == "yes":
        own_page.told_sorted(by.session, by.line.service, by.enquiry, now)
        return _show(request, by, "caller_thanks.html", noted=["You no longer need us to ring."], is_sorted=True)
    form = CallerForm(posted, Offer.of(by.line, now))
    if form.said is not None:
        try:
            our_lines = {line.number for line in door.directory().lines.values()}
            own_page.told(by.session, by.line.service, by.enquiry, form.said, our_lines, now)
        except Malformed as refusal:
            form.take(refusal)
    if form.faults or form.said is None:
        return _ask(request, by, form, status=422)
    has_times = bool(form.when)  # to name the line's usual hours beside them would take them back
    return _show(request, by, "caller_thanks.html", noted=form.in_words(), has_times=has_times, is_sorted=False)


def _ask(request: Request, by: Held, form: CallerForm, *, status: int = 200) -> Response:
    return _show(request, by, "caller_page.html", status=status, form=form, offer=form.offer, needs=NEEDS)


def _show(request: Request, by: Held, template: str, *, status: int = 200, **values: object) -> Response:
    service = by.line.service.configuration
    return show(
        request,
        template,
        status=status,
        service=service.name,
        reference=by.enquiry.reference,
        ring=by.line.display,
        we_will=service.texts.page_words if service.texts else "",
        privacy=service.privacy_address.url,
        **values,
    )


def _service_of(door: Door, token: str) -> int | None:
    with db.transaction(door.engine, None) as session:
        return link.service_of(session, token)


def _guessed(door: Door, address: str) -> int:
    """Count a wrong address that looks like a right one; the status to answer with."""
    counted = [tries.guesser(address, door.settings.secret("secret_key"))]
    with db.transaction(door.engine, None) as session:
        if not tries.too_many(session, counted, door.now()):
            tries.count_failure(session, counted, door.now())
            return NOT_FOUND
    log.warning("caller_pages_guessed")
    return TOO_MANY
