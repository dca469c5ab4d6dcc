"""Drafts: what a therapist types into the outcome's form is saved as they type, or by a button without JavaScript."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from advice_line import drafts
from advice_line.enquiries import enquiry as enquiries
from advice_line.errors import Conflict
from advice_line.pages import kept_words, london
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen

pages = APIRouter()


@pages.post("/enquiries/{reference}/outcome/draft")
def save(
    request: Request, reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted
) -> Response:
    by_itself, now = "hx-request" in request.headers, door.now()
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    try:
        drafts.keep(session, one, who.person, kept_words.typed(posted), now)
    except Conflict as refusal:
        if by_itself:
            return screen.show("draft.html", status=refusal.status, problem=str(refusal))
        raise
    if not by_itself:
        return RedirectResponse(f"/enquiries/{reference}/outcome", 303)
    # A screen reader reads aloud whatever is put there anew: once a minute is enough.
    if posted.get("draft_shown") == london.clock_time(now):
        return Response(status_code=204)
    return screen.show("draft.html", saved_at=now)
