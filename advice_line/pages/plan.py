"""The plan, for the lead: what has no time and why, what is late, and the choices: move, borrow, extend hours, text."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.audit import record
from advice_line.db import LARGEST_ID
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines import extra_windows
from advice_line.lines.directory import Service
from advice_line.lines.extra_windows import Hours
from advice_line.pages import plan_shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Lead
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.texting import owed

pages = APIRouter()
WHY_NOT_TEXTED = (
    "they have not agreed, have no mobile, wrote STOP, were told today, or a flag says that a text might do harm. "
    "Ring them."
)
MOST_CHOSEN = 1000
ExtraId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class HoursForm(Form):
    """Further hours of one line on one day."""

    def __init__(self, posted: Fields | None, service: Service) -> None:
        super().__init__(posted)
        keys = [*service.lines]
        self.line = keys[0] if len(keys) == 1 else self.choice("line", keys, missing="Choose the line")
        day = self.day("day", missing="Enter the day")
        start, end = self.clock("start", missing="Enter the start"), self.clock("end", missing="Enter the end")
        self.hours = Hours(day, start, end) if day and start and end else None


@pages.get("/plan")
def show(request: Request, who: Lead, session: InService, screen: Screen, door: InDoor) -> Response:
    service = door.directory().service_by_id(who.service_id)
    return _page(screen, session, service, HoursForm(None, service), told=_told(request))


@pages.post("/plan/hours")
def extend(who: Lead, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    form = HoursForm(posted, service)
    if not form.faults and form.hours is not None:
        try:
            extra_windows.add(session, service.line(form.line), form.hours, who.actor, now)
            return RedirectResponse("/plan#hours", 303)
        except Malformed as refusal:
            form.take(refusal)
    return _page(screen, session, service, form, status=422)


@pages.post("/plan/hours/{extra_id}/withdraw")
def withdraw(extra_id: ExtraId, who: Lead, session: InService, door: InDoor) -> Response:
    extra_windows.withdraw(session, who.service_id, extra_id, who.actor, door.now())
    return RedirectResponse("/plan#hours", 303)


@pages.post("/plan/texts")
def text(who: Lead, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    chosen = set(posted.getlist("enquiry")[:MOST_CHOSEN])
    if not chosen:
        form = Form(posted)
        form.add("texts", "Choose the callers to text")
        return _page(screen, session, service, HoursForm(None, service), texts=form, status=422)
    waiting = select(Enquiry).where(Enquiry.service_id == service.id, Enquiry.reference.in_(chosen))
    enquiries = session.scalars(waiting.order_by(Enquiry.id).with_for_update()).all()
    wanted = owed.delayed(session, service, [one.id for one in enquiries], now)
    for one in enquiries:
        record(session, who.actor, "delay told", f"enquiry {one.id}", now, service_id=service.id)
    return RedirectResponse(f"/plan?texted={wanted}&chosen={len(enquiries)}", 303)


def _page(
    screen: Shown,
    session: Session,
    service: Service,
    form: HoursForm,
    *,
    texts: Form | None = None,
    told: str = "",
    status: int = 200,
) -> Response:
    now: datetime = screen.door.now()
    moved = screen.request.query_params.get("moved", "")[:20]
    configured, plan = service.configuration.texts, plan_shown.plan(session, service, now)
    return screen.show(
        "plan.html",
        status=status,
        form=texts if texts is not None else form,
        hours=form,
        plan=plan,
        lines=[{"value": line.key, "text": line.label} for line in service.lines.values()],
        extra=extra_windows.coming(session, service.id, now),
        label={line.key: line.label for line in service.lines.values()},
        may_text=configured is not None and configured.delay is not None,
        told=told or _in_words(moved, plan.time_of(moved)),
    )


def _in_words(moved: str, time: str) -> str:
    """What became of a call that was just moved; nothing when it has no time of its own any more."""
    if not time:
        return ""
    return f"{moved}: {time}. It stays there until its time is changed or released. The plan is being made anew."


def _told(request: Request) -> str:
    """What came of the texts that were asked for."""
    figures = [request.query_params.get(name, "") for name in ("texted", "chosen")]
    if not all(figure.isdigit() and len(figure) < 6 for figure in figures):
        return ""
    texted, chosen = map(int, figures)
    if texted >= chosen:
        return "We text the caller that you chose." if chosen == 1 else f"We text all {chosen} callers that you chose."
    if chosen == 1:
        return f"The caller that you chose cannot be texted: {WHY_NOT_TEXTED}"
    return (
        f"We text {texted} of the {chosen} callers that you chose. {chosen - texted} cannot be texted: {WHY_NOT_TEXTED}"
    )
