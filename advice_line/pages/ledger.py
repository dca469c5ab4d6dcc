"""Unaccounted for: what we do not know the end of, what was found by looking, how far we have looked, and whether the
work in the background goes on."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from advice_line import backlog, workers
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
WORK = {
    "apply_events": "Taking in what the telephone network tells us",
    "fetch_recordings": "Bringing in recordings",
    "look_for_speech": "Listening for speech in recordings",
    "explain_messages": "Asking after messages that did not arrive",
    "reconcile": "Comparing with the telephone network",
    "place_calls": "Ringing back",
    "stop_calls": "Stopping calls that a therapist stopped",
    "look_up_calls": "Asking after calls without an answer",
    "connect_callers": "Ringing therapists on duty",
    "stop_rings": "Stopping rings whose caller has gone",
    "look_up_rings": "Asking after rings without an answer",
    "send_texts": "Sending texts",
    "look_up_texts": "Asking after texts without an answer",
    "alert": "Telling duty leads of flags",
    "share_listening": "Sharing out who listens",
    "want_plans": "Looking whether plans are to be made anew",
    "plan": "Planning calls",
    "watch": "Watching for what you must know of",
    "tell": "Sending emails about what needs your attention",
}


@pages.get("/reports/unaccounted")
def show(who: Lead, session: ForReports, screen: Screen, door: InDoor) -> Response:
    now = door.now()
    here = {"", door.directory().service_by_id(who.service_id).key}
    return screen.show(
        "unaccounted.html",
        missing=ledger.missing(session, who.service_id, now),
        why=WHY,
        found=ledger.found(session, who.service_id, now - FOUND_IN),
        reconciled=reconciliation.state(session, who.service_id),
        workers=sum(not worker.is_silent(now) for worker in workers.known(session)),
        jobs=[job for job in backlog.job_states(session, now) if job.place in here and job.needs_a_look(now)],
        work=WORK,
    )
