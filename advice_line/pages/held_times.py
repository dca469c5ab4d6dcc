"""The time of one call: promised to the caller, or set by a lead, in a plain form."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import interpreting, promising
from advice_line.callbacks.promising import Given, Place
from advice_line.callbacks.record import records
from advice_line.clock import from_london, to_london
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines import rota
from advice_line.lines.rota import Therapist
from advice_line.pages import arranged, shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.staff import SignedIn
from advice_line.working_time import Interval

pages = APIRouter()
AGREE_FIRST = "Agree the time with the caller first. Only a lead sets a time without them"


class TimeForm(Form):
    """Who rings and when, and whether the caller knows."""

    def __init__(self, posted: Fields | None, people: Sequence[Therapist]) -> None:
        super().__init__(posted)
        by_id = {str(one.id): one for one in people}
        self.therapist = by_id.get(self.choice("therapist", by_id, missing="Choose who rings"))
        day = self.day("day", missing="Enter the day")
        clock = self.clock("time", missing="Enter the time, for example 15:30")
        self.start = from_london(day, clock) if day and clock else None
        self.told = self.shown("told") == "yes"

    def given(self, *, told: bool | None = None) -> Given | None:
        """What was asked for; None while something is missing."""
        if self.faults or self.therapist is None or self.start is None:
            return None
        return Given(self.therapist, self.start, self.told if told is None else told)


class MoveForm(TimeForm):
    """The same for a call that may have been dragged onto a session of the plan, from `time` up to `until`."""

    def __init__(self, posted: Fields | None, people: Sequence[Therapist]) -> None:
        super().__init__(posted, people)
        self.place = self._place()

    def _place(self) -> Place | None:
        """Where the call was dropped; None for a time of its own."""
        until = self.clock("until")
        if self.therapist is None or self.start is None or until is None:
            return None
        end = from_london(to_london(self.start).date(), until)
        if end <= self.start:
            self.add("time", "Choose a session that ends after it starts")
            return None
        return Place(self.therapist, Interval(self.start, end))


@pages.get("/enquiries/{reference}/time")
def ask(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference)
    people = rota.therapists(session)
    form = TimeForm(known(session, who, one, door.now()), people)
    form.faults = []
    return call_page(screen, session, "time.html", one, form, people)


@pages.post("/enquiries/{reference}/time")
def keep(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    people = rota.therapists(session)
    form = MoveForm(posted, people)
    # Onto a session a call is dragged without the caller, whose time is not known before.
    if "lead" not in who.roles and (form.place is not None or not form.told):
        form.add("told", AGREE_FIRST)
    given = form.given()
    if given is not None:
        try:
            if form.place is not None:
                promising.promise_within(session, service, one, form.place, who.actor, now)
                return RedirectResponse(f"/plan?moved={reference}", 303)
            promising.promise(session, service, one, given, who.actor, now)
            return RedirectResponse(f"/enquiries/{reference}", 303)
        except Malformed as refusal:
            form.take(refusal)
    return call_page(screen, session, "time.html", one, form, people, status=422)


@pages.post("/enquiries/{reference}/time/release")
def release(reference: str, who: Clinician, session: InService, door: InDoor) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    promising.release(session, one, who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)


def known(session: Session, who: SignedIn, one: Enquiry, now: datetime) -> Fields:
    """The time and the therapist as they are now; oneself where nobody is chosen yet."""
    callback = callbacks.latest_for(session, one)
    me = rota.of_person(session, who.service_id, who.person.id)
    start = (callback.promised_from or callback.starts_at) if callback else None
    therapist = (callback.promised_therapist_id or callback.therapist_id) if callback else None
    booking = interpreting.current(session, one)
    wall = to_london(start) if start and start > now else None
    return Fields(
        [
            ("therapist", str(therapist or (me.id if me else ""))),
            ("day", f"{wall:%Y-%m-%d}" if wall else ""),
            ("time", f"{wall:%H:%M}" if wall else ""),
            ("told", "yes" if "lead" not in who.roles else ""),
            ("what", "booked" if booking and booking.state == "booked" else ""),
            ("provider", booking.provider if booking else ""),
            ("provider_reference", booking.provider_reference if booking else ""),
        ]
    )


def call_page(
    screen: Shown,
    session: Session,
    template: str,
    one: Enquiry,
    form: Form,
    people: Sequence[Therapist],
    *,
    status: int = 200,
) -> Response:
    """A form about the call of one enquiry, with what is arranged for it."""
    service, now = screen.door.directory().service_by_id(one.service_id), screen.door.now()
    callback = records(session, service.id, [one])[0].callback
    return screen.show(
        template,
        status=status,
        form=form,
        one=shown.enquiries(session, service, [one], now)[0],
        arranged=arranged.arrangements(session, service, [one.id], now).of(one, callback),
        people=[{"value": str(each.id), "text": each.name} for each in people],
    )
