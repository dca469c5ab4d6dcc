"""My callbacks: a therapist's planned calls in order, each with the reason why it is theirs: first those that are close
to breaking a standard, then today's.
"""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import escalation, phones
from advice_line.clock import london_date
from advice_line.errors import Malformed, NotFound
from advice_line.lines import rota
from advice_line.lines.rota import Therapist as OnRota
from advice_line.pages import shown
from advice_line.pages import turns as turns_shown
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Therapist
from advice_line.pages.screen import InService, Screen
from advice_line.telephone import numbers

pages = APIRouter()
HORIZON = timedelta(days=14)
LABELS: dict[phones.Which, str] = {"usual": "My usual phone", "desk": "My desk phone"}


@pages.get("/callbacks")
def show(who: Therapist, session: InService, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    me = rota.of_person(session, who.service_id, who.person.id)
    mine = [
        one for callback, one in callbacks.all_open(session, who.service_id) if me and callback.therapist_id == me.id
    ]
    close = escalation.first_of(escalation.close_ones(session, service, now))
    first = sorted((one for one in mine if one.id in close), key=lambda one: close[one.id].rank)
    listed = shown.enquiries(session, service, [one for one in mine if one.id not in close], now)
    sessions = rota.sessions_between(session, now, now + HORIZON, service.calendar).get(me.id, []) if me else []
    return screen.show(
        "callbacks.html",
        is_on_rota=me is not None,
        listens=turns_shown.mine_today(session, me, now) if me else None,
        first=shown.enquiries(session, service, first, now),
        why_first={one.reference: close[one.id].why(now) for one in first},
        today=[one for one in listed if one.starts_at and london_date(one.starts_at) <= london_date(now)],
        later=[one for one in listed if one.starts_at and london_date(one.starts_at) > london_date(now)],
        next_session=sessions[0].start if sessions else None,
        my_phones=_my_phones(me) if me else [],
        rung_today=phones.chosen(session, me, now) if me else "",
    )


@pages.post("/callbacks/phone")
def choose_phone(who: Therapist, session: InService, door: InDoor, posted: Posted) -> Response:
    me = rota.of_person(session, who.service_id, who.person.id)
    if me is None:
        raise NotFound("You are not on the rota of this service. Your lead can add you to it.")
    form = Form(posted)
    which = form.choice("phone", LABELS, missing="Choose the phone that we should ring")
    if form.faults:
        raise Malformed(form.faults)
    phones.choose(session, me, "desk" if which == "desk" else "usual", who.actor, door.now())
    return RedirectResponse("/callbacks", 303)


def _my_phones(me: OnRota) -> list[dict[str, str]]:
    """Their own telephones, for a form; none when there is nothing to choose."""
    theirs = phones.numbers_of(me)
    items = [{"value": which, "text": f"{LABELS[which]}: {numbers.display(theirs[which])}"} for which in theirs]
    return items if len(items) > 1 else []
