"""The named therapist of one enquiry: offered to them by anybody who listens, accepted or declined by themselves."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from advice_line.callbacks import named
from advice_line.enquiries import enquiry as enquiries
from advice_line.errors import NotFound
from advice_line.lines import rota
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician, Therapist
from advice_line.pages.held_times import call_page
from advice_line.pages.screen import InService, Screen

pages = APIRouter()
ANSWERS = {"accept": named.accept, "decline": named.decline}


@pages.get("/enquiries/{reference}/named")
def ask_named(reference: str, who: Clinician, session: InService, screen: Screen) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference)
    return call_page(screen, session, "named.html", one, Form(), rota.therapists(session))


@pages.post("/enquiries/{reference}/named")
def offer_named(
    reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted
) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    people = rota.therapists(session)
    form = Form(posted)
    by_id = {str(each.id): each for each in people}
    chosen = by_id.get(form.choice("therapist", by_id, missing="Choose the named therapist"))
    if chosen is None:
        return call_page(screen, session, "named.html", one, form, people, status=422)
    named.offer(session, service, one, chosen, who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)


@pages.post("/enquiries/{reference}/named/{answer}")
def answer_named(reference: str, answer: str, who: Therapist, session: InService, door: InDoor) -> Response:
    me = rota.of_person(session, who.service_id, who.person.id)
    if answer not in ANSWERS or me is None:
        raise NotFound("There is no page with this address.")
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    ANSWERS[answer](session, one, me, who.actor, door.now())
    return RedirectResponse("/callbacks", 303)
