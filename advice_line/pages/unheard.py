"""Not yet heard: the whole service's messages that nobody has listened to, oldest first.

Listening comes before everything else a therapist does: a worry about a child's safety may be in any of them.
"""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from advice_line.callbacks import listening
from advice_line.enquiries import enquiry as enquiries
from advice_line.pages import shown
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen

pages = APIRouter()
ONE_PRESS = {"possible_safeguarding": "safeguarding", "urgent": "urgent"}


@pages.get("/unheard")
def show(who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    service = door.directory().service_by_id(who.service_id)
    waiting = enquiries.not_heard(session, who.service_id)
    return screen.show(
        "unheard.html",
        enquiries=shown.enquiries(session, service, waiting, door.now()),
        messages=shown.messages_of(session, waiting),
        listen_by={one.reference: service.listen_by(one.received_at) for one in waiting},
    )


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
