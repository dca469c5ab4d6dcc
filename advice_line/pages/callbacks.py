"""My callbacks: a therapist's planned calls in order, today's first, each with the reason why it is theirs."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from advice_line.callbacks import callback as callbacks
from advice_line.clock import london_date
from advice_line.lines import rota
from advice_line.pages import shown
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Therapist
from advice_line.pages.screen import InService, Screen

pages = APIRouter()
HORIZON = timedelta(days=14)


@pages.get("/callbacks")
def show(who: Therapist, session: InService, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    me = rota.of_person(session, who.service_id, who.person.id)
    mine = [
        one for callback, one in callbacks.all_open(session, who.service_id) if me and callback.therapist_id == me.id
    ]
    listed = shown.enquiries(session, service, mine, now)
    sessions = rota.there_between(session, now, now + HORIZON, service.calendar).get(me.id, []) if me else []
    return screen.show(
        "callbacks.html",
        is_on_rota=me is not None,
        today=[one for one in listed if one.starts_at and london_date(one.starts_at) <= london_date(now)],
        later=[one for one in listed if one.starts_at and london_date(one.starts_at) > london_date(now)],
        next_session=sessions[0].start if sessions else None,
    )
