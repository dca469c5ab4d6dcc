"""The live line, for a therapist: go on duty and off, see who waits, land on the enquiry of whoever was answered."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.callbacks import answering, phones
from advice_line.door import Door
from advice_line.errors import Malformed, NotFound
from advice_line.lines import rota
from advice_line.lines.directory import Line, Service
from advice_line.lines.rota import Therapist as OnRota
from advice_line.live import duty as duties
from advice_line.live import offer as offers
from advice_line.live import waiting
from advice_line.live.offer import Offer
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Therapist
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.staff import SignedIn
from advice_line.telephone import numbers

pages = APIRouter()


class DutyForm(Form):
    """Which line somebody answers, and on which phone."""

    def __init__(self, posted: Fields | None, lines: tuple[Line, ...], phone: str) -> None:
        super().__init__(posted)
        self.usual_phone = phone
        keys = [line.key for line in lines]
        self.line = keys[0] if len(keys) == 1 else self.choice("line", keys, missing="Choose the line")
        self.phone = self.text("phone", missing="Enter the phone number that we should ring", longest=30)

    def shown(self, field: str) -> str:
        """A form that nobody has sent offers the phone of the rota."""
        return self.usual_phone if self.posted is None and field == "phone" else super().shown(field)


@dataclass(frozen=True)
class LineShown:
    """One live line: who is on duty, how many wait, and whether it can be answered now or soon."""

    key: str
    label: str
    on_duty: list[str]
    waiting: int
    opens_soon: bool


@dataclass(frozen=True)
class CallShown:
    """The call that reaches this therapist now, or of which they have written nothing down yet.

    `path` leads to the enquiry once they are connected.
    """

    offer_id: int
    is_connected: bool
    is_over: bool
    path: str | None


@dataclass(frozen=True)
class Here:
    """Whose page it is: the service, the therapist if they are one, and the time."""

    service: Service
    me: OnRota | None
    now: datetime


@pages.get("/duty")
def show(request: Request, who: Therapist, session: InService, screen: Screen, door: InDoor) -> Response:
    here = _here(who, session, door)
    call = _call(session, here.me)
    seen = request.query_params.get("seen")
    if seen is not None and "HX-Request" in request.headers and call and call.path and seen != str(call.offer_id):
        return Response(status_code=200, headers={"HX-Redirect": call.path})
    return _page(screen, session, here, call)


@pages.post("/duty/on")
def go_on(who: Therapist, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    here = _here(who, session, door)
    if here.me is None:
        raise NotFound("You are not on the rota of this service. Your lead can add you to it.")
    form = DutyForm(posted, here.service.live_lines, "")
    if not form.faults:
        try:
            duties.go_on(session, here.service.line(form.line), here.me, form.phone, who.actor, here.now)
        except Malformed as refusal:
            form.take(refusal)
    if form.faults:
        return _page(screen, session, here, None, form)
    return RedirectResponse("/duty", 303)


@pages.post("/duty/off")
def go_off(who: Therapist, session: InService, door: InDoor) -> Response:
    here = _here(who, session, door)
    if here.me is not None:
        duties.go_off(session, who.service_id, here.me, who.actor, here.now)
    return RedirectResponse("/duty", 303)


def _here(who: SignedIn, session: Session, door: Door) -> Here:
    service = door.directory().service_by_id(who.service_id)
    if not service.live_lines:
        raise NotFound("This service has no live line.")
    return Here(service, rota.of_person(session, service.id, who.person.id), door.now())


def _page(
    screen: Shown, session: Session, here: Here, call: CallShown | None, form: DutyForm | None = None
) -> Response:
    service, me, now = here.service, here.me, here.now
    duty = duties.last_of(session, service.id, me.id) if me else None
    on_duty = duty is not None and duty.ended_at is None and duty.until > now
    today = phones.numbers_of(me).get(phones.chosen(session, me, now)) if me else None
    usual = numbers.display(today) if today else ""
    return screen.show(
        "duty.html",
        status=422 if form else 200,
        form=form or DutyForm(None, service.live_lines, usual),
        is_on_rota=me is not None,
        lines=[_line(session, line, now) for line in service.live_lines],
        duty=duty if on_duty else None,
        phone=numbers.display(duty.phone) if duty else "",
        was_unattended=duty is not None and duty.why_ended == "not_answering",
        call=call,
    )


def _line(session: Session, line: Line, now: datetime) -> LineShown:
    service_id = line.service.id
    names = [
        rota.by_id(session, service_id, duty.therapist_id).name
        for duty in duties.on_duty(session, service_id, line.key, now)
    ]
    soon = duties.window_end(line, now) is not None
    return LineShown(line.key, line.label, names, waiting.count(session, service_id, line.key, now), soon)


def _call(session: Session, me: OnRota | None) -> CallShown | None:
    if me is None:
        return None
    live: Offer | None = offers.of_therapist(session, me.service_id, me.id)
    # A short call may be over before a page has asked for news of it.
    offer = live or answering.unwritten(session, me.service_id, me.id)
    if offer is None:
        return None
    reference = answering.reference_of(session, offer.service_id, offer.caller_call_sid)
    path = f"/enquiries/{reference}" if reference else None
    return CallShown(offer.id, offer.state == "talking", live is None, path)
