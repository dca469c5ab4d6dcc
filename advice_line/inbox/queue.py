"""What the network tells of a caller who waits on a live line: that they wait, which key they press, why they left."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from advice_line import calls
from advice_line.callbacks import callback as callbacks
from advice_line.calls import Call
from advice_line.db import notify
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import opening
from advice_line.inbox import recordings
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Service
from advice_line.telephone.told import Told

CONNECTED = frozenset({"bridged", "bridging-in-process"})


def entered(session: Session, call: Call, event: ProviderEvent) -> None:
    """The caller was sent into the queue."""
    calls.wait(call, event.received_at, event.received_at)
    _changed(session, call)


def waits(session: Session, _service: Service, call: Call, event: ProviderEvent, told: Told, _now: datetime) -> None:
    """The caller still waits; said about every half minute."""
    calls.reach(call, told.status or "in-progress")
    began = event.received_at - timedelta(seconds=told.queue_seconds or 0)
    calls.wait(call, call.queued_at or began, event.received_at)
    _changed(session, call)


def pressed(session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The caller pressed a key. With 1 they keep their place: the enquiry is opened, and they are rung back today."""
    calls.reach(call, told.status or "in-progress")
    if not event.answer.startswith("keep_place ") or not calls.request_callback(call, event.received_at):
        return
    enquiry, _opened = opening.open_or_join_live(
        session,
        call,
        reference=service.configuration.reference,
        shared_numbers=service.configuration.switchboard_numbers,
        now=now,
    )
    callbacks.promise_today(session, service.line(call.line_key), enquiry, call.started_at, now)
    callbacks.reconsider(session, service, enquiry, now)
    enquiries.note(session, enquiry, "callback_requested", opening.TELEPHONE, now)
    recordings.settle(session, service, call)  # what they asked for is done
    _changed(session, call)


def left(session: Session, _service: Service, call: Call, event: ProviderEvent, told: Told, _now: datetime) -> None:
    """The caller left the queue. Who was connected left it before: this comes when their talk is over."""
    calls.reach(call, told.status or "in-progress")
    waited = told.queue_seconds if told.queue_result in CONNECTED else None
    if waited is not None and call.queued_at is not None:
        calls.answer(call, call.queued_at + timedelta(seconds=waited))
    else:
        calls.leave_queue(call, event.received_at)
    _changed(session, call)


def _changed(session: Session, call: Call) -> None:
    notify(session, "queue")
    notify(session, f"changed {call.service_id}")
