"""Applying stored events to the story: what each kind of event means."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from advice_line import calls, legs, messages
from advice_line.calls import Call
from advice_line.enquiries import opening
from advice_line.inbox import asked, found, recordings
from advice_line.inbox import attempts as attempt_events
from advice_line.inbox import event as events
from advice_line.inbox import offers as offer_events
from advice_line.inbox import queue as queue_events
from advice_line.inbox import texts as text_events
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Directory, Service
from advice_line.telephone.told import Told, read

log = structlog.get_logger()

Problems = Mapping[int, str | None]


def apply_waiting(session: Session, service: Service, now: datetime, limit: int = 50) -> int:
    """Apply up to `limit` waiting events of one service; returns how many. The caller commits.

    An event that cannot be applied is marked with its problem and stays, whole, in the inbox; the others go on.
    """
    waiting = events.to_apply(session, service.id, limit)
    if waiting:
        service = _knowing_lines_of(session, service, waiting)
        events.applied(session, _all_at_once(session, service, waiting, now), now)
    return len(waiting)


def _knowing_lines_of(session: Session, service: Service, waiting: Sequence[ProviderEvent]) -> Service:
    """The service with the lines that these events name, although one may be newer than what we read."""
    named = {event.line_key for event in waiting if event.line_key is not None}
    return service if named <= service.lines.keys() else Directory.load(session).service_by_id(service.id)


def _all_at_once(session: Session, service: Service, waiting: Sequence[ProviderEvent], now: datetime) -> Problems:
    """What was wrong with each event. The events are applied as one; only if one of them fails, each by itself."""
    try:
        with session.begin_nested():
            for event in waiting:
                _apply(session, service, event, now)
        return dict.fromkeys([event.id for event in waiting])
    except OperationalError:
        raise  # the database is in trouble, not an event: try the whole batch again
    except Exception:
        # Which of them it is, and what is wrong with it, shows when each is applied by itself.
        return {event.id: _by_itself(session, service, event, now) for event in waiting}


def _by_itself(session: Session, service: Service, event: ProviderEvent, now: datetime) -> str | None:
    try:
        with session.begin_nested():
            _apply(session, service, event, now)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("event_not_applied", event_id=event.id, kind=event.kind)
        return type(error).__name__
    return None


def _apply(session: Session, service: Service, event: ProviderEvent, now: datetime) -> None:
    if event.kind in text_events.MEANING:
        text_events.follow(session, service, event, now)
        return
    told = read(event.path, event.body)
    if event.kind in attempt_events.MEANING:
        attempt_events.follow(session, service, event, told, now)
        return
    if event.kind in offer_events.MEANING:
        offer_events.follow(session, service, event, told, now)
        return
    if event.kind == "found_call" and told.ours:
        found.leg_found(session, service, event, told, now)
        return
    if told.call_sid is None or event.line_key is None:
        return
    call = calls.seen(session, service.id, told.call_sid, event.line_key, _when(event, told))
    if told.number or told.withheld:
        # The recording event names no caller; every other event does.
        switchboards = service.configuration.switchboard_numbers
        calls.identify(call, told.number, withheld=told.withheld, forwarded=told.number in switchboards)
        opening.identify(session, call, switchboards, now)
    MEANING[event.kind](session, service, call, event, told, now)
    if told.over and event.kind != "recording":
        calls.end(call, told.status or "completed", told.ended_at or event.received_at, told.seconds)
    messages.make_up(session, call, event.received_at)
    asked.settle(session, service, call, now)


def _when(event: ProviderEvent, told: Told) -> datetime:
    """When what is told took place: now, but for what was only found later."""
    known = told.started_at or told.recorded_at if event.kind in events.FOUND else None
    return known or event.received_at


def _step(session: Session, _service: Service, call: Call, event: ProviderEvent, told: Told, _now: datetime) -> None:
    """The caller was handed the next step: a menu, the recorder, a transfer."""
    calls.reach(call, told.status or "in-progress")
    _handed_out(session, call, event)
    if event.kind == "keys":
        steps = {told.step: told.keys for told in reversed(events.told_of(session, call, "keys"))}
        call.keys = "".join(keys for _, keys in sorted(steps.items()))


def _recorded(session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The recorder stopped; somebody who spoke for long was handed it once more."""
    recordings.recorder_ended(session, service, call, event, told, now)
    _handed_out(session, call, event)


def _transferred(
    session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime
) -> None:
    """The one whom the caller was put through to has hung up, or never answered."""
    _step(session, service, call, event, told, now)
    if told.dial_sid is not None:
        began = event.received_at - timedelta(seconds=told.dial_seconds or 0)
        leg = legs.seen(session, service.id, told.dial_sid, call.line_key, began, parent_sid=call.sid)
        legs.reach(leg, told.dial_status, event.received_at, told.dial_seconds)


def _asked(session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The caller asked to be called, or gave a number."""
    _step(session, service, call, event, told, now)
    if event.answer == "callback":
        calls.request_callback(call, event.received_at)
    if event.kind == "number":
        asked.number_given(session, service, call, now)


def _handed_out(session: Session, call: Call, event: ProviderEvent) -> None:
    what, *where = event.answer.split(" ")
    if what == "record":
        # After the first, each recorder of a call is handed out with its number.
        mailbox, nth = where[0], int(where[1]) if where[1:] else 1
        messages.expect(session, call, mailbox, event.received_at, recorders=nth)
    elif what == "transfer":
        call.transferred_at = min(call.transferred_at or event.received_at, event.received_at)
    elif what == "queue":
        queue_events.entered(session, call, event)


def _left(session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The caller is no longer in the queue; somebody who gave up waiting was handed the next step."""
    queue_events.left(session, service, call, event, told, now)
    _handed_out(session, call, event)


def _status(
    _session: Session, _service: Service, call: Call, _event: ProviderEvent, told: Told, _now: datetime
) -> None:
    """The connection changed its status."""
    calls.reach(call, told.status or "queued")


Meaning = Callable[[Session, Service, Call, ProviderEvent, Told, datetime], object]
MEANING: dict[str, Meaning] = {
    "call": _step,
    "keys": _step,
    "transferred": _transferred,
    "skipped": _step,
    "more": _step,
    "silent": _asked,
    "number": _asked,
    "fallback": _step,
    "recorded": _recorded,
    "recording": recordings.recording_event,
    "waiting": queue_events.waits,
    "waiting_keys": queue_events.pressed,
    "left_queue": _left,
    "status": _status,
    "found_call": found.call_found,
    "found_recording": found.recording_found,
}
