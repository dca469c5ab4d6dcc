"""Away: a lead says it of anybody, a therapist of themselves; then each of their callbacks is seen in its new home."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.callbacks import handing_on
from advice_line.callbacks.handing_on import Home
from advice_line.callbacks.record import therapists_by_id
from advice_line.clock import from_london, london_date, start_of_day
from advice_line.errors import Malformed, NotFound
from advice_line.lines import away, rota, rota_event
from advice_line.lines.rota import ABSENCE_REASONS, Absence
from advice_line.lines.rota import Therapist as OnRota
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.staff import SignedIn, names

pages = APIRouter()


class AwayForm(Form):
    """Who is away, from when until when, and why. An empty start means now, an empty end that nobody knows yet."""

    def __init__(self, posted: Fields | None, people: list[OnRota], now: datetime) -> None:
        super().__init__(posted)
        self.therapist = self.choice("therapist", [str(one.id) for one in people], missing="Choose who is away")
        self.reason = self.choice("reason", ABSENCE_REASONS, missing="Choose why they are away")
        self.start = _start(self, now)
        self.end = read_end(self)


class EndForm(Form):
    """Until when somebody is away; left empty, nobody knows yet."""

    def __init__(self, posted: Fields | None = None) -> None:
        super().__init__(posted)
        self.end = read_end(self)


@pages.get("/rota/away")
def ask(request: Request, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    form = AwayForm(None, [], door.now())
    return _form(screen, form, _people(session, who), chosen=request.query_params.get("therapist", ""))


@pages.post("/rota/away")
def record(who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    now, people = door.now(), _people(session, who)
    form = AwayForm(posted, people, now)
    if not form.faults:
        try:
            absent = next(one for one in people if str(one.id) == form.therapist)
            made = handing_on.send_away(session, who.actor, absent, form.start, form.end, form.reason, now)
            return RedirectResponse(_address(made), 303)
        except Malformed as refusal:
            form.take(refusal)
    return _form(screen, form, people, chosen=form.therapist, status=422)


@pages.post("/rota/ill")
def fall_ill(who: Clinician, session: InService, door: InDoor, posted: Posted) -> Response:
    """One press: ill from now to the end of the day."""
    absent = next((one for one in _people(session, who) if str(one.id) == posted.get("therapist")), None)
    if absent is None:
        raise NotFound("There is no such therapist for you to speak for.")
    return RedirectResponse(_address(handing_on.ill_for_today(session, who.actor, absent, door.now())), 303)


@pages.get("/rota/absences/{absence_id}")
def show(absence_id: int, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    return _page(screen, session, _absence(session, who, absence_id), door.now())


@pages.post("/rota/absences/{absence_id}/end")
def change_end(
    absence_id: int, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted
) -> Response:
    absence, form = _absence(session, who, absence_id, lock=True), EndForm(posted)
    if not form.faults:
        try:
            handing_on.change_end(session, who.actor, absence, form.end, door.now())
            return RedirectResponse(_address(absence), 303)
        except Malformed as refusal:
            form.take(refusal)
    return _page(screen, session, absence, door.now(), form)


@pages.post("/rota/absences/{absence_id}/back")
def come_back(absence_id: int, who: Clinician, session: InService, door: InDoor) -> Response:
    absence = _absence(session, who, absence_id, lock=True)
    away.back_again(session, who.actor, absence, door.now())
    return RedirectResponse(_address(absence), 303)


@pages.post("/rota/absences/{absence_id}/cancel")
def cancel(absence_id: int, who: Clinician, session: InService, door: InDoor) -> Response:
    absence = _absence(session, who, absence_id, lock=True)
    away.cancel(session, who.actor, absence, door.now())
    return RedirectResponse(_address(absence), 303)


def read_end(form: Form) -> datetime | None:
    """The end that a form gives: a day without a time means all of that day."""
    day, at = form.day("end"), form.clock("end_time")
    if day is None:
        if at is not None:
            form.add("end", "Enter the day as well as the time")
        return None
    return from_london(day, at) if at else start_of_day(day + timedelta(days=1))


def _start(form: Form, now: datetime) -> datetime:
    day, at = form.day("start"), form.clock("start_time")
    if day is None and at is None:
        return now
    day = day or london_date(now)
    return from_london(day, at) if at else start_of_day(day)


def _people(session: Session, who: SignedIn) -> list[OnRota]:
    """Whom this person may speak for: a lead for everybody, a therapist for themselves."""
    if "lead" in who.roles:
        return list(rota.therapists(session))
    me = rota.of_person(session, who.service_id, who.person.id)
    return [me] if me else []


def _absence(session: Session, who: SignedIn, absence_id: int, *, lock: bool = False) -> Absence:
    absence = away.by_id(session, who.service_id, absence_id, lock=lock)
    if "lead" not in who.roles and absence.therapist_id not in {one.id for one in _people(session, who)}:
        raise NotFound("There is no such absence for you to see.")
    return absence


def _form(screen: Shown, form: Form, people: list[OnRota], *, chosen: str, status: int = 200) -> Response:
    chosen = str(people[0].id) if len(people) == 1 else chosen
    reasons = [{"value": key, "text": label} for key, label in ABSENCE_REASONS.items()]
    return screen.show("away.html", status=status, form=form, people=people, chosen=chosen, reasons=reasons)


def _page(screen: Shown, session: Session, absence: Absence, now: datetime, form: Form | None = None) -> Response:
    found = handing_on.homes(session, absence)
    people = therapists_by_id(session, absence.service_id)
    events = rota_event.of_absence(session, absence)
    return screen.show(
        "absence.html",
        status=422 if form else 200,
        form=form or Form(),
        absence=absence,
        address=_address(absence),
        name=people[absence.therapist_id].name,
        is_over=absence.ends_at is not None and absence.ends_at <= now,
        has_begun=absence.starts_at <= now,
        many=len(found),
        being_planned=[_home(one, people) for one in found if one.where == "being_planned"],
        without=[_home(one, people) for one in found if one.where == "without"],
        placed=[_home(one, people) for one in found if one.where == "placed"],
        others=[_home(one, people) for one in found if one.where in {"live", "over"}],
        events=events,
        names=names(session, [event.person_id for event in events]),
    )


def _home(home: Home, people: dict[int, OnRota]) -> dict[str, object]:
    callback = home.callback
    return {
        "reference": home.enquiry.reference,
        "path": f"/enquiries/{home.enquiry.reference}",
        "was_at": home.was_at,
        "promised": callback.promised,
        "is_live": home.where == "live",
        "therapist": people[callback.therapist_id].name if callback.therapist_id else None,
        "starts_at": callback.starts_at,
        "due_at": callback.due_at,
        "is_late": callback.starts_at is not None and callback.starts_at > callback.due_at,
        "reasons": home.reasons,
    }


def _address(absence: Absence) -> str:
    return f"/rota/absences/{absence.id}"
