"""Ringing back from the page, and saying what came of the call."""

from datetime import datetime, time

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling, limits
from advice_line.clock import LONDON
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines import rota
from advice_line.lines.rota import Therapist
from advice_line.pages import attempts_shown, shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen
from advice_line.staff import SignedIn

pages = APIRouter()


class ResultForm(Form):
    """What came of a call, when it was, and a new time if one was agreed."""

    def __init__(self, posted: Fields | None, now: datetime) -> None:
        super().__init__(posted)
        self.result = self.choice("result", taxonomy.ATTEMPT_RESULTS, missing="Say what happened on the call")
        self.note = self.text("note", longest=10_000)
        self.at = self._moment("at", now)
        self.next_window: calling.NextWindow | None = None
        if self.result == "not_convenient_rebooked":
            start, end = self._moment("next_from", None), self._moment("next_to", None, day_of="next_from")
            if start and end:
                self.next_window = calling.NextWindow(start, end)
            else:
                self.add("next_from-time", "Enter the day and the times that you agreed, for example 15:30 to 16:00")

    def _moment(self, field: str, default: datetime | None, day_of: str | None = None) -> datetime | None:
        """A London day and time; `default` when neither is given."""
        day, clock = self.text(f"{day_of or field}-date"), self.text(f"{field}-time")
        if not day and not clock:
            return default
        try:
            wall = datetime.combine(datetime.fromisoformat(day).date(), time.fromisoformat(clock), LONDON)
        except ValueError:
            self.add(f"{field}-time", "Enter a day and a time, for example 15:30")
            return default
        return wall.astimezone(default.tzinfo if default else LONDON)


@pages.post("/enquiries/{reference}/call")
def ring(reference: str, who: Clinician, session: InService, door: InDoor, posted: Posted) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    limits.refuse_too_many(session, service, one.caller_number, door.now())
    calling.ring_back(session, one, _caller_for(session, who, one, Form(posted)), who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)


@pages.get("/enquiries/{reference}/attempt")
def ask(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference)
    return _form(screen, session, one, ResultForm(None, door.now()))


@pages.post("/enquiries/{reference}/attempt")
def keep(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    form = ResultForm(posted, now)
    result = calling.Result(form.result, form.note, form.next_window)
    if not form.faults:
        try:
            result.check(now)
        except Malformed as refusal:
            form.take(refusal)
    if form.faults:
        return _form(screen, session, one, form, status=422)
    attempt = attempts.live(session, one, lock=True)
    if attempt is None:
        own = rota.of_person(session, who.service_id, who.person.id)
        attempt = calling.log_own_call(session, one, own.id if own else None, form.at or now, who.actor, now)
    calling.finish(session, service, one, attempt, result, who.actor, now)
    onward = "outcome" if form.result == "spoke_to_caller" else ""
    return RedirectResponse(f"/enquiries/{reference}/{onward}".rstrip("/"), 303)


def _form(screen: Screen, session: Session, one: Enquiry, form: Form, *, status: int = 200) -> Response:
    return screen.show(
        "attempt.html",
        status=status,
        form=form,
        one=one,
        number=shown.number(one),
        call_now=attempts_shown.live(attempts.live(session, one)),
        results=shown.options("attempt_results"),
    )


def _caller_for(session: Session, who: SignedIn, one: Enquiry, form: Form) -> Therapist | None:
    """Who makes the call: the therapist that was chosen, else oneself, else whose it is."""
    chosen = form.shown("therapist")
    if chosen.isdigit() and len(chosen) < 19:
        return rota.by_id(session, who.service_id, int(chosen))
    own = rota.of_person(session, who.service_id, who.person.id)
    return own or (rota.by_id(session, who.service_id, one.therapist_id) if one.therapist_id else None)
