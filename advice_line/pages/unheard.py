"""Not yet heard: the whole service's messages that nobody has listened to: what is close to breaking a standard first,
then the oldest.

Listening comes before everything else a therapist does: a worry about a child's safety may be in any of them. What was
flagged and nobody took yet stands above them all.
"""

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from advice_line.callbacks import clock as clocks
from advice_line.callbacks import escalation, listening
from advice_line.callbacks.escalation import Close
from advice_line.enquiries import enquiry as enquiries
from advice_line.lines.directory import Service
from advice_line.pages import alerts, shown, turns
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen

pages = APIRouter()
ONE_PRESS = {"possible_safeguarding": "safeguarding", "urgent": "urgent"}


@pages.get("/unheard")
def show(who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    close = escalation.first_of(escalation.close_ones(session, service, now))
    waiting = sorted(enquiries.not_heard(session, who.service_id), key=lambda one: _turn(close.get(one.id)))
    since = escalation.unheard_since(session, service.id)
    return screen.show(
        "unheard.html",
        enquiries=shown.enquiries(session, service, waiting, now),
        alerts=alerts.standing(session, service),
        listens=turns.today(session, service, now),
        messages=shown.messages_of(session, waiting),
        listening={one.reference: _listening(service, since[one.id], now) for one in waiting},
        why_first={one.reference: close[one.id].why(now) for one in waiting if one.id in close},
    )


def _listening(service: Service, since: datetime, now: datetime) -> dict[str, object]:
    clock = clocks.of_listening(service, since)
    return {"due_at": clock.due_at, "left": clock.words(now)}


def _turn(close: Close | None) -> tuple[bool, tuple[int, bool, int, datetime] | None]:
    """What is escalated comes first, by its rank; the others stay in their order."""
    return (True, None) if close is None else (False, close.rank)


@pages.post("/enquiries/{reference}/heard")
def heard(reference: str, who: Clinician, session: InService, door: InDoor, posted: Posted) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    listening.heard(session, service, one, who.actor, door.now())
    onward = Form(posted).shown("onward")
    return RedirectResponse(f"/enquiries/{reference}/details" if onward == "details" else "/unheard", 303)


@pages.post("/enquiries/{reference}/flags")
def flag(reference: str, who: Clinician, session: InService, door: InDoor, posted: Posted) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    form = Form(posted)
    key = form.choice("flag", list(ONE_PRESS), missing="Choose a flag")
    if key:
        listening.flag(session, service, one, key, who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)
