"""The interpreter for one call: asked for, booked with the time of the call, or cancelled."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.callbacks import interpreting
from advice_line.callbacks.interpreting import Agency
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Clinician
from advice_line.pages.held_times import TimeForm, call_page, known
from advice_line.pages.screen import InService, Screen
from advice_line.staff import SignedIn

pages = APIRouter()


class InterpreterForm(TimeForm):
    """Who interprets; and, once a time is booked, who rings and when."""

    def __init__(self, posted: Fields | None, people: Sequence[Therapist]) -> None:
        self.what = "booked"
        super().__init__(posted, people)
        self.what = self.choice("what", ("asked", "booked", "cancelled"), missing="Say how it stands")
        if self.what in {"asked", "cancelled"}:
            self.faults = []  # they have no time
        missing = None if self.what == "cancelled" else "Enter who provides the interpreter"
        self.agency = Agency(
            self.text("provider", missing=missing, longest=200), self.text("provider_reference", longest=200)
        )


@pages.get("/enquiries/{reference}/interpreter")
def ask_interpreter(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference)
    people = rota.therapists(session)
    form = InterpreterForm(known(session, who, one, door.now()), people)
    form.faults = []
    return call_page(screen, session, "interpreter.html", one, form, people)


@pages.post("/enquiries/{reference}/interpreter")
def keep_interpreter(
    reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted
) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    people = rota.therapists(session)
    form = InterpreterForm(posted, people)
    if not form.faults:
        try:
            _arrange(session, service, one, form, who, now)
            return RedirectResponse(f"/enquiries/{reference}", 303)
        except Malformed as refusal:
            form.take(refusal)
    return call_page(screen, session, "interpreter.html", one, form, people, status=422)


def _arrange(
    session: Session, service: Service, one: Enquiry, form: InterpreterForm, who: SignedIn, now: datetime
) -> None:
    given = form.given(told=True)
    if form.what == "asked":
        interpreting.ask(session, one, form.agency, who.actor, now)
    elif form.what == "cancelled":
        interpreting.cancel(session, one, who.actor, now)
    elif given is not None:
        interpreting.book(session, service, one, form.agency, given, who.actor, now)
