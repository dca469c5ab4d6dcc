"""Found: what it means that the network's own lists told us of a call or a recording, and no webhook had.

The same as if the events had come, at the times that the network kept, and marked: on the row, in the enquiry's
history and on the audit trail.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import audit, calls, legs
from advice_line.audit import Actor
from advice_line.callbacks import attempt as attempts
from advice_line.calls import Call
from advice_line.enquiries import enquiry as enquiries
from advice_line.inbox import attempts as attempt_events
from advice_line.inbox import event as events
from advice_line.inbox import recordings
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.told import Told

RECONCILIATION = Actor.part("reconciliation")
NOTE = "found_by_reconciliation"


def call_found(session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime) -> None:
    """Somebody rang, or their call ended, and we were not told."""
    calls.reach(call, told.status or "queued")
    if not events.was_told(session, service.id, call.sid):
        call.found_at = call.found_at or event.received_at
    # The list may tell of whom it was put through to before it tells of the call itself.
    call.transferred_at = call.transferred_at or legs.put_through_at(session, call)
    _audit(session, "call found", call, now)


def recording_found(
    session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime
) -> None:
    """There is a recording of which we were not told, or not all."""
    if told.recorded_at is not None:
        call.tone_at = min(call.tone_at or told.recorded_at, told.recorded_at)
    message = recordings.recording_event(session, service, call, event, told, now)
    if message is not None:
        mark(session, call, message, event.received_at)
        _audit(session, "recording found", call, now)


def mark(session: Session, call: Call, message: Message, now: datetime) -> None:
    """Say that this message came to us by looking, and not by being told."""
    if message.found_at is not None or message.stored_at is not None:
        return
    message.found_at = now
    if message.enquiry_id is not None:
        enquiry = enquiries.by_id(session, call.service_id, message.enquiry_id, lock=True)
        enquiries.note(session, enquiry, NOTE, RECONCILIATION, now)


def leg_found(session: Session, service: Service, event: ProviderEvent, told: Told, now: datetime) -> None:
    """A connection of ours is in the network's list; it brings its attempt, or the call put through, to where it is."""
    if told.call_sid is None or event.line_key is None:
        return
    began = told.started_at or event.received_at
    known = attempts.of_connection(session, service.id, told.call_sid, told.parent_sid)
    attempt = attempts.hold(session, service.id, known.id) if known else None
    leg = legs.seen(
        session,
        service.id,
        told.call_sid,
        event.line_key,
        began,
        attempt_id=attempt.id if attempt else None,
        parent_sid=told.parent_sid,
    )
    legs.reach(leg, told.status, told.ended_at or event.received_at, told.seconds)
    if not events.was_told(session, service.id, leg.sid):
        leg.found_at = leg.found_at or event.received_at
    if attempt is not None:
        kind = "attempt_status" if told.parent_sid is None else "attempt_caller_status"
        attempt_events.bring(session, attempt, kind, event, told, now)
    elif told.parent_sid is not None:
        _put_through(session, service, told.parent_sid, began)


def _put_through(session: Session, service: Service, parent_sid: str, at: datetime) -> None:
    call = calls.known(session, service.id, [parent_sid]).get(parent_sid)
    if call is not None:
        call.transferred_at = min(call.transferred_at or at, at)
        recordings.settle(session, service, call)


def _audit(session: Session, action: str, call: Call, now: datetime) -> None:
    audit.record(session, RECONCILIATION, action, f"call {call.id}", now, service_id=call.service_id)
