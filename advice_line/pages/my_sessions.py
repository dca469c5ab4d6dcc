"""My sessions: when a therapist is on the rota, when they are away, and the address of their calendar."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.callbacks import calendar_feed
from advice_line.clock import london_date
from advice_line.door import Door
from advice_line.errors import NotFound
from advice_line.lines import away, rota
from advice_line.lines.rota import Therapist as OnRota
from advice_line.pages import rota_shown
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Therapist
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.staff import SignedIn

pages = APIRouter()
DAYS_SHOWN = 28


@pages.get("/my-sessions")
def show(who: Therapist, session: InService, screen: Screen, door: InDoor) -> Response:
    return _page(screen, session, who, door)


@pages.post("/my-sessions/calendar")
def renew_calendar(who: Therapist, session: InService, screen: Screen, door: InDoor) -> Response:
    """The address is on this answer alone: it is kept nowhere, so no page can show it again."""
    secret = calendar_feed.renew(session, who.actor, _me(session, who), door.now())
    return _page(screen, session, who, door, f"{door.settings.public_url}/calendar/{secret}.ics")


@pages.post("/my-sessions/calendar/revoke")
def revoke_calendar(who: Therapist, session: InService, door: InDoor) -> Response:
    calendar_feed.revoke(session, who.actor, _me(session, who), door.now())
    return RedirectResponse("/my-sessions", 303)


def _me(session: Session, who: SignedIn) -> OnRota:
    me = rota.of_person(session, who.service_id, who.person.id)
    if me is None:
        raise NotFound("You are not on the rota of this service. Your lead can add you to it.")
    return me


def _page(screen: Shown, session: Session, who: SignedIn, door: Door, address: str | None = None) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    me = rota.of_person(session, who.service_id, who.person.id)
    today = london_date(now)
    days = [today + timedelta(days=number) for number in range(DAYS_SHOWN)]
    week = rota_shown.week(session, service, days, [me] if me else [])
    absences = [one for one in away.coming(session, service.id, now) if me and one.therapist_id == me.id]
    cells = zip(days, week.rows[0].cells if me else [], strict=False)
    return screen.show(
        "my_sessions.html",
        me=me,
        today=today,
        days=[(day, cell) for day, cell in cells if cell.there or cell.lost or cell.notes],
        absences=absences,
        ill_now=next((one for one in absences if one.reason == "sickness" and one.starts_at <= now), None),
        feed=calendar_feed.current(session, me) if me else None,
        address=address,
    )
