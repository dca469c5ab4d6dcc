"""My callbacks: a therapist's planned calls in order, each with the reason why it is theirs: first those that are close
to breaking a standard, then today's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import escalation, named, phones, slot_change
from advice_line.clock import london_date, start_of_day
from advice_line.enquiries import enquiry as enquiries
from advice_line.errors import Malformed, NotFound
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist as OnRota
from advice_line.pages import arranged, attempts_shown, shown
from advice_line.pages import turns as turns_shown
from advice_line.pages.arranged import Arrangements
from advice_line.pages.csrf import Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Therapist
from advice_line.pages.screen import InService, Screen
from advice_line.pages.shown import Shown
from advice_line.telephone import numbers

pages = APIRouter()
HORIZON = timedelta(days=14)
LABELS: dict[phones.Which, str] = {"usual": "My usual phone", "desk": "My desk phone"}


@dataclass(frozen=True)
class Moved:
    """A call that came to this therapist, or went from them, and why. Times in words come from the template."""

    path: str
    reference: str
    was_at: datetime
    was_mine: bool
    was_with: str
    now_at: datetime | None
    is_mine: bool
    now_with: str
    why: str


@pages.get("/callbacks")
def show(who: Therapist, session: InService, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    me = rota.of_person(session, who.service_id, who.person.id)
    pairs = [pair for pair in callbacks.all_open(session, who.service_id) if me and pair[0].therapist_id == me.id]
    mine = [one for _, one in pairs]
    close = escalation.first_of(escalation.close_ones(session, service, now))
    first = escalation.to_ring_first(mine, close)
    listed = shown.enquiries(session, service, [one for one in mine if one.id not in close], now)
    known = arranged.arrangements(session, service, [one.id for one in mine], now)
    sessions = rota.there_between(session, now, now + HORIZON, service.calendar).get(me.id, []) if me else []
    return screen.show(
        "callbacks.html",
        is_on_rota=me is not None,
        listens=turns_shown.mine_today(session, me, now) if me else None,
        in_hand=_in_hand(session, who.person.id, me, service, now),
        first=shown.enquiries(session, service, first, now),
        why_first={one.reference: close[one.id].why(now) for one in first},
        today=[one for one in listed if one.starts_at and london_date(one.starts_at) <= london_date(now)],
        later=[one for one in listed if one.starts_at and london_date(one.starts_at) > london_date(now)],
        next_session=sessions[0].start if sessions else None,
        my_phones=_my_phones(me) if me else [],
        rung_today=phones.chosen(session, me, now) if me else "",
        arranged={one.reference: known.of(one, callback) for callback, one in pairs},
        offers=_offers(session, me, service, now) if me else [],
        moved=_moved(session, me, service, known, now) if me else [],
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


def _in_hand(
    session: Session, person_id: int, me: OnRota | None, service: Service, now: datetime
) -> list[tuple[Shown, dict[str, Any]]]:
    """Their calls without a result: whoever left the page of one finds the way back to it here."""
    live = attempts.in_hand(session, service.id, person_id, me.id if me else None)
    found = [enquiries.by_id(session, service.id, one.enquiry_id) for one in live]
    called = (attempts_shown.live(one) or {} for one in live)
    return list(zip(shown.enquiries(session, service, found, now), called, strict=True))


def _my_phones(me: OnRota) -> list[dict[str, str]]:
    """Their own telephones, for a form; none when there is nothing to choose."""
    theirs = phones.numbers_of(me)
    items = [{"value": which, "text": f"{LABELS[which]}: {numbers.display(theirs[which])}"} for which in theirs]
    return items if len(items) > 1 else []


def _offers(session: Session, me: OnRota, service: Service, now: datetime) -> list[tuple[datetime, Shown]]:
    """What they are to accept or decline as the named therapist, and by when."""
    offered = named.to_answer(session, service.id, me.id)
    listed = shown.enquiries(session, service, [enquiry for _, enquiry in offered], now)
    return [(offer.answer_by, one) for (offer, _), one in zip(offered, listed, strict=True)]


def _moved(session: Session, me: OnRota, service: Service, known: Arrangements, now: datetime) -> list[Moved]:
    """What moved since the last session of theirs that began before today: the latest move of each call."""
    since = _since(session, me, service, now)
    latest: dict[int, Moved] = {}
    for change, callback, enquiry in slot_change.of_therapist(session, service.id, me.id, since):
        latest.setdefault(
            callback.id,
            Moved(
                path=f"/enquiries/{enquiry.reference}",
                reference=enquiry.reference,
                was_at=change.from_starts_at,
                was_mine=change.from_therapist_id == me.id,
                was_with=known.name(change.from_therapist_id),
                now_at=change.to_starts_at,
                is_mine=change.to_therapist_id == me.id,
                now_with=known.name(change.to_therapist_id),
                why=change.why,
            ),
        )
    return list(latest.values())


def _since(session: Session, me: OnRota, service: Service, now: datetime) -> datetime:
    today = start_of_day(london_date(now))
    before = rota.sessions_between(session, today - HORIZON, today, service.calendar).get(me.id, [])
    return before[-1].start if before else today
