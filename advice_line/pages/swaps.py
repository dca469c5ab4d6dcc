"""One-off sessions and swaps: a lead adds a session on one day, hands one over, or exchanges two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.clock import london_date, start_of_day, to_london
from advice_line.door import Door
from advice_line.errors import Malformed
from advice_line.lines import rota, swaps
from advice_line.lines.configuration import Site
from advice_line.lines.rota import Therapist
from advice_line.lines.swaps import Change, Offer, Stretch
from advice_line.pages import london, rota_shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Lead
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.staff import SignedIn

pages = APIRouter()
DAYS_AHEAD = timedelta(days=29)


@dataclass(frozen=True)
class Held:
    """A session that somebody has, as a form offers it."""

    key: str
    words: str
    therapist: Therapist
    stretch: Stretch

    def offered(self, field: str) -> Offer:
        """The same as something to give away."""
        return Offer(self.therapist, self.stretch, field)


class SessionForm(Form):
    """Who works on which day, from when to when, and at which site if that is said."""

    def __init__(self, posted: Fields | None, people: Sequence[Therapist], sites: Sequence[Site]) -> None:
        super().__init__(posted)
        self.therapist = self.choice("therapist", [str(one.id) for one in people], missing="Choose who works then")
        self.on = self.day("day", missing="Enter the day") or date.max
        self.start = self.clock("start", missing="Enter when the session starts") or time.min
        self.end = self.clock("end", missing="Enter when the session ends") or time.max
        at = self.shown("site")
        self.site = self.choice("site", [site.key for site in sites], missing="Choose the site again") if at else None


class SwapForm(Form):
    """Which session is given, and to whom, or for which session in exchange."""

    def __init__(self, posted: Fields | None, held: Sequence[Held], people: Sequence[Therapist]) -> None:
        super().__init__(posted)
        keys = {one.key: one for one in held}
        self.session = keys.get(self.choice("session", keys, missing="Choose the session"))
        self.other = keys.get(self.shown("other_session"))
        ids = {str(one.id): one for one in people}
        self.taker = ids.get(self.shown("therapist"))
        if self.taker is None and self.other is None:
            self.add("therapist", "Choose who takes it, or the session it is exchanged for")
        if self.taker and self.other and self.other.therapist.id != self.taker.id:
            self.add("other_session", f"Choose a session of {self.taker.name}, or leave out who takes it")


@pages.get("/rota/sessions/add")
def ask(who: Lead, session: InService, screen: Screen, door: InDoor) -> Response:
    people, sites = rota.therapists(session), _sites(who, door)
    return screen.show("session_add.html", form=SessionForm(None, people, sites), people=people, sites=sites)


@pages.post("/rota/sessions/add")
def add(who: Lead, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    people, sites = rota.therapists(session), _sites(who, door)
    form = SessionForm(posted, people, sites)
    if not form.faults:
        try:
            works = next(one for one in people if str(one.id) == form.therapist)
            swaps.add(session, _change(who, door), works, Stretch(form.on, form.start, form.end, form.site))
            return _done(form.on)
        except Malformed as refusal:
            form.take(refusal)
    return screen.show("session_add.html", status=422, form=form, people=people, sites=sites)


@pages.get("/rota/swap")
def ask_swap(who: Lead, session: InService, screen: Screen, door: InDoor) -> Response:
    held, people = _held(session, who, door), rota.therapists(session)
    return _swap_page(screen, SwapForm(None, held, people), held, people)


@pages.post("/rota/swap")
def swap(who: Lead, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    held, people = _held(session, who, door), rota.therapists(session)
    form = SwapForm(posted, held, people)
    if not form.faults:
        try:
            _make(session, _change(who, door), form)
            return _done(form.session.stretch.day if form.session else None)
        except Malformed as refusal:
            form.take(refusal)
    return _swap_page(screen, form, held, people, status=422)


@pages.post("/rota/sessions/{session_id}/cancel")
def cancel(session_id: int, who: Lead, session: InService, door: InDoor) -> Response:
    swaps.cancel(session, _change(who, door), session_id, who.service_id)
    return _done(None)


def _done(day: date | None) -> Response:
    """Back to the rota, to the week of the session that was changed."""
    return RedirectResponse("/rota?done=1" + (f"&week={day.isoformat()}" if day else ""), 303)


def _make(session: Session, change: Change, form: SwapForm) -> None:
    if form.session and form.other:
        swaps.swap(session, change, form.session.offered("session"), form.other.offered("other_session"))
    elif form.session and form.taker:
        swaps.hand_over(session, change, form.session.offered("session"), form.taker)


def _sites(who: SignedIn, door: Door) -> Sequence[Site]:
    return door.directory().service_by_id(who.service_id).configuration.sites


def _change(who: SignedIn, door: Door) -> Change:
    return Change(who.actor, door.directory().service_by_id(who.service_id).calendar, door.now())


def _held(session: Session, who: SignedIn, door: Door) -> list[Held]:
    """Every session of the coming four weeks, by day and name."""
    service, now = door.directory().service_by_id(who.service_id), door.now()
    today = london_date(now)
    times = rota.sessions_between(session, start_of_day(today), start_of_day(today + DAYS_AHEAD), service.calendar)
    found = []
    for therapist in rota.therapists(session):
        for one in times[therapist.id]:
            if one.end <= now:
                continue
            start, end = to_london(one.start), to_london(one.end)
            stretch = Stretch(start.date(), start.time(), end.time())
            words = f"{london.day(one.start)}, {rota_shown.span(one)}: {therapist.name}"
            key = f"{therapist.id} {start:%Y-%m-%d %H:%M} {end:%H:%M}"
            found.append((one.start, Held(key, words, therapist, stretch)))
    return [held for _, held in sorted(found, key=lambda pair: (pair[0], pair[1].therapist.name))]


def _swap_page(
    screen: Shown, form: Form, held: Sequence[Held], people: Sequence[Therapist], status: int = 200
) -> Response:
    return screen.show("swap.html", status=status, form=form, held=held, people=people)
