"""The rota for the lead: a week by therapist and day, who is away, what nobody covers, and what was changed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from advice_line.callbacks.record import therapists_by_id
from advice_line.clock import london_date, start_of_day
from advice_line.lines import away, rota, swaps
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.pages import rota_shown
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Lead
from advice_line.pages.screen import InService, Screen

pages = APIRouter()
A_WEEK = timedelta(days=7)
WORKING_DAYS = 5
CHANGES_SHOWN = 10


@pages.get("/rota")
def show(request: Request, who: Lead, session: InService, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    monday = _monday(request.query_params.get("week"), london_date(now))
    people = rota.therapists(session)
    names = {one.id: one.name for one in therapists_by_id(session, service.id).values()}
    return screen.show(
        "rota.html",
        done="done" in request.query_params,
        week=rota_shown.week(session, service, [monday + timedelta(days=n) for n in range(WORKING_DAYS)], people),
        monday=monday,
        earlier=monday - A_WEEK,
        later=monday + A_WEEK,
        on_today=_on_today(session, service, people, now),
        absences=[(one, names[one.therapist_id]) for one in away.coming(session, service.id, now)],
        one_offs=[
            (one.id, rota_shown.one_off_in_words(service, one, names), one.in_exchange_for is not None)
            for one in swaps.coming(session, service.id, now)
        ],
        changes=rota_shown.changes(session, service, CHANGES_SHOWN, names),
    )


def _monday(wanted: str | None, today: date) -> date:
    """The Monday of the week that was asked for; of this week when none was, or nothing that is a day."""
    try:
        day = date.fromisoformat(wanted) if wanted else today
    except ValueError:
        day = today
    # Far away in time there is no rota, and no calendar that reaches there.
    day = min(max(day, today - 52 * A_WEEK), today + 52 * A_WEEK)
    return day - timedelta(days=day.weekday())


def _on_today(session: Session, service: Service, people: Sequence[Therapist], now: datetime) -> list[Therapist]:
    """Who is still to be in session today, and not known to be away."""
    tonight = start_of_day(london_date(now) + timedelta(days=1))
    there = rota.there_between(session, now, tonight, service.calendar)
    return [one for one in people if there[one.id]]
