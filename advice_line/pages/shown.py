"""How the story is shown to people: plain values with words for keys, so that templates neither ask nor add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from advice_line import messages, taxonomy
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import clock as clocks
from advice_line.callbacks import waits
from advice_line.callbacks.record import Record, records
from advice_line.enquiries.enquiry import Enquiry, EnquiryEvent
from advice_line.enquiries.pause import Reason
from advice_line.enquiries.said import CALLER
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.pages import texts_shown
from advice_line.pages.london import near
from advice_line.telephone import numbers
from advice_line.texts import text as texts
from advice_line.working_time import spoken_day

PRIORITY_COLOURS = {"safeguarding": "red", "urgent": "orange", "soon": "yellow", "routine": "grey"}
STATES = {
    "expected": "The recording is on its way.",
    "absent": "The recorder ran, but nothing reached us. Ring the caller all the same.",
    "failed": "The recording was lost by the network. Ring the caller all the same.",
    "deleted": "The recording was deleted after its time.",
}
NO_RESULT = "Called: no result yet"
# Seconds of speech under which we say that a machine heard nobody. People listen all the same.
LEAST_SPEECH = 0.5
HAPPENED = {
    "opened": "Message received",
    "called_again": "Called again",
    "answered_live": "Answered on the live line",
    "callback_requested": "Kept their place: to be rung back today",
    "asked_to_be_called": "Asked to be called, without a message",
    "number_given": "Keyed in a number to call",
    "texted": "Text received",
    "text_wanted": "Text to the caller",
    "texts_asked_for": "Caller texted us, so texts are welcome",
    "texts_stopped": "Caller wants no more texts",
    "texts_started": "Caller wants texts again",
    "caller_told": "Changed by the caller",
    "caller_sorted": "The caller says it is sorted",
    "caller_page_closed": "The caller’s page closed",
    "heard": "Listened to",
    "triaged": "Details noted",
    "flagged": "Flag raised",
    "priority_raised": "Priority raised",
    "alert_raised": "Duty lead alerted",
    "alert_told": "Duty lead told, round",
    "alert_taken": "“I am dealing with this”",
    "pause_noted": "Waits",
    "pause_ended": "Waits no longer",
    "escalated": "Close to breaking a standard",
    "planned": "Callback planned",
    "slot_moved": "Callback moved",
    "slot_lost": "Callback has no time any more",
    "time_promised": "Time promised to the caller",
    "time_set": "Time set",
    "time_released": "Time released",
    "named_offered": "Offered to the named therapist",
    "named_accepted": "Taken on by the named therapist",
    "named_declined": "Not taken on by the named therapist",
    "named_expired": "Named therapist did not answer in time",
    "interpreter_asked": "Interpreter asked for",
    "interpreter_booked": "Interpreter booked",
    "interpreter_cancelled": "Interpreter cancelled",
    "interpreter_failed": "Interpreter did not come about",
    "moved": "Status changed",
    "attempted": "Attempt recorded",
    "attempt_abandoned": "Call not made",
    "closing_note": "Closing note",
    "reopened": "Opened again: the caller got in touch",
    "found_by_reconciliation": "Found at the telephone network, which had not told us",
}


@dataclass(frozen=True)
class Shown:
    """One enquiry with its words. `lacks_result`: its call is over, and nobody has said what came of it."""

    reference: str
    path: str
    status: str
    priority: str
    priority_colour: str
    is_raised: bool
    flags: list[str]
    caller: str
    number: str
    topic: str
    received_at: datetime
    due_at: datetime | None
    left: str
    is_overdue: bool
    waits_for: str
    therapist: str | None
    starts_at: datetime | None
    reasons: list[str]
    attempts: int
    outcome: str | None
    is_open: bool
    changed_by_caller: str
    is_sorted: bool
    lacks_result: bool


def enquiries(session: Session, service: Service, found: Sequence[Enquiry], now: datetime) -> list[Shown]:
    """Enquiries for a list, in their order."""
    known = records(session, service.id, found)
    why = waits.reasons(session, service.id, [(record.enquiry, record.callback) for record in known], now)
    over = attempts.without_result(session, service.id, [one.id for one in found])
    return [
        _enquiry(record, service, now, why.get(record.enquiry.id), lacks_result=record.enquiry.id in over)
        for record in known
    ]


def _enquiry(record: Record, service: Service, now: datetime, waits_for: Reason | None, *, lacks_result: bool) -> Shown:
    one, callback = record.enquiry, record.callback
    clock = clocks.of_callback(service, one, callback, record.first_attempt_at) if callback else None
    return Shown(
        reference=one.reference,
        path=f"/enquiries/{one.reference}",
        status=NO_RESULT if lacks_result else taxonomy.label("enquiry_statuses", one.status),
        priority=taxonomy.label("priorities", one.priority),
        priority_colour=PRIORITY_COLOURS[one.priority],
        is_raised=one.priority != "routine",
        flags=[taxonomy.label("triage_flags", flag) for flag in one.flags],
        caller=caller(one),
        number=number(one),
        topic=taxonomy.label("topics", one.topics[0]) if one.topics else "",
        received_at=one.received_at,
        due_at=callback.due_at if callback else None,
        left=clock.words(now) if clock else "",
        is_overdue=clock is not None and clock.met_at is None and clock.is_late(now),
        waits_for=_waits(waits_for),
        therapist=record.therapist.name if record.therapist else None,
        starts_at=callback.starts_at if callback else None,
        reasons=list(callback.reasons) if callback else [],
        attempts=record.attempts_counted,
        outcome=end(one),
        is_open=one.is_open,
        changed_by_caller=f"Changed by the caller {near(one.caller_changed_at, now)}" if one.caller_changed_at else "",
        is_sorted=one.sorted_at is not None,
        lacks_result=lacks_result,
    )


def caller(one: Enquiry) -> str:
    """Who rang, as far as we know."""
    role = taxonomy.label("caller_roles", one.caller_role) if one.caller_role else ""
    return ", ".join(part for part in (one.caller_name, role) if part) or "Caller not yet known"


def number(one: Enquiry) -> str:
    """The caller's number as people read it, or why there is none."""
    if one.caller_number:
        own = f"; their own is {numbers.display(one.own_number)}" if one.own_number else ""
        return numbers.display(one.caller_number) + (f" (given by the caller{own})" if one.number_given else "")
    return "Number withheld" if one.caller_withheld else "No number of their own"


def end(one: Enquiry) -> str | None:
    """How an enquiry ended."""
    if one.outcome:
        return taxonomy.label("outcomes", one.outcome)
    return taxonomy.label("closing_reasons", one.closing_reason) if one.closing_reason else None


def sounds(found: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages for the player."""
    return [
        {
            "id": message.id,
            "at": message.at,
            "seconds": message.seconds,
            "is_stored": message.state == "stored",
            "state": STATES.get(message.state, ""),
            "is_wordless": message.speech_seconds is not None and message.speech_seconds < LEAST_SPEECH,
            "heard_at": message.heard_at,
        }
        for message in found
    ]


def left_by(session: Session, one: Enquiry) -> list[dict[str, Any]]:
    """Everything that was said and written on an enquiry, oldest first."""
    spoken = sounds(messages.of_enquiry(session, one.service_id, one.id))
    written = texts_shown.written(texts.of_enquiry(session, one.service_id, one.id))
    return sorted([*spoken, *written], key=lambda message: message["at"])


def messages_of(session: Session, found: Sequence[Enquiry]) -> dict[str, list[dict[str, Any]]]:
    """What was said and written on several enquiries, by reference."""
    return {one.reference: left_by(session, one) for one in found}


def history(events: Sequence[EnquiryEvent], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """What happened, newest first."""
    return [
        {
            "at": event.at,
            "what": _what(event),
            "detail": _detail(event),
            "by": names.get(event.person_id or 0) or _part(event.system),
        }
        for event in reversed(events)
    ]


def options(list_name: str, offered: Sequence[str] | None = None) -> list[dict[str, str]]:
    """The choices of a list for a form, those offered by the service if it chose."""
    choices = taxonomy.choices(list_name)
    return [{"value": key, "text": choices[key].label} for key in (offered or choices)]


def _waits(reason: Reason | None) -> str:
    if reason is None:
        return ""
    return reason.label + (f", until {spoken_day(reason.until)}" if reason.until else "")


def _what(event: EnquiryEvent) -> str:
    if event.what == "moved" and event.to_status:
        return taxonomy.label("enquiry_statuses", event.to_status)
    return HAPPENED.get(event.what, event.what.replace("_", " ").capitalize())


def _part(system: str | None) -> str:
    return "The caller, by their page" if system == CALLER.system else f"Advice Line ({system})"


def _detail(event: EnquiryEvent) -> str:
    detail = event.detail or ""
    if event.what == "text_wanted":
        return texts_shown.PURPOSES.get(detail, detail)
    for list_name in ("attempt_results", "triage_flags", "priorities", "pause_reasons"):
        if detail in taxonomy.choices(list_name):
            return taxonomy.label(list_name, detail)
    return detail
