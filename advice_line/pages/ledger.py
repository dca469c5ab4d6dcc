"""Unaccounted for: what we do not know the end of, what was found by looking, and how far we have looked."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from advice_line.inbox import reconciliation
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Lead
from advice_line.pages.screen import ForReports, Screen
from advice_line.reports import ledger

pages = APIRouter()

FOUND_IN = timedelta(days=28)
WHY = {
    "recorder": "The caller was asked to speak after the tone, and we do not know whether a message was left.",
    "found": "This message was found at the telephone network. It is not stored here yet.",
    "no_end": "We were never told how this call ended.",
}


@pages.get("/reports/unaccounted")
def show(who: Lead, session: ForReports, screen: Screen, door: InDoor) -> Response:
    now = door.now()
    return screen.show(
        "unaccounted.html",
        missing=ledger.missing(session, who.service_id, now),
        why=WHY,
        found=ledger.found(session, who.service_id, now - FOUND_IN),
        reconciled=reconciliation.state(session, who.service_id),
    )
