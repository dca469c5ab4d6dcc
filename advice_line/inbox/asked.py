"""What callers ask without words: to be called, at a number that they key in; and what it means that they say nothing.

Who presses 1 after silence is owed a callback, without any recording (edge case E13). Who reaches the tone twice on one
day and says nothing is shown to a person, for it may be a child, or somebody who cannot speak freely.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from advice_line import calls
from advice_line.callbacks import callback as callbacks
from advice_line.calls import Call
from advice_line.clock import london_date, start_of_day
from advice_line.enquiries import opening
from advice_line.inbox import event as events
from advice_line.inbox import recordings
from advice_line.lines.directory import Service
from advice_line.telephone import numbers
from advice_line.telephone.told import Told

ANSWERED = frozenset({"callback_requested", "message", "answered_live"})  # ends with which a callback is owed already


def number_given(session: Session, service: Service, call: Call, now: datetime) -> None:
    """The caller keyed in a number. Of several that we may ring, the one of the latest step stays."""
    told = sorted(events.told_of(session, call, "number"), key=lambda one: one.step)
    given = [number for number in map(_callable, told) if number]
    if given:
        opening.give_number(session, call, given[-1], service.configuration.switchboard_numbers, now)


def settle(session: Session, service: Service, call: Call, now: datetime) -> None:
    """Work out the call's end state, and open what its caller asks for without words."""
    if call.callback_requested_at is not None and call.end_state not in ANSWERED:
        _call_back(session, service, call, now)
    recordings.settle(session, service, call)
    if call.end_state == "hung_up_tone" and call.enquiry_id is None:
        _show_silence(session, service, call, now)


def _call_back(session: Session, service: Service, call: Call, now: datetime) -> None:
    shared = service.configuration.switchboard_numbers
    enquiry = opening.request(session, call, reference=service.configuration.reference, shared_numbers=shared, now=now)
    if enquiry is not None:
        callbacks.promise(session, service.line(call.line_key), enquiry, call.started_at, now)
        callbacks.reconsider(session, service, enquiry, now)


def _show_silence(session: Session, service: Service, call: Call, now: datetime) -> None:
    shared = service.configuration.switchboard_numbers
    if call.from_number is None or call.from_number in shared:
        return  # nobody's own number: the calls may be of different people
    today = london_date(call.started_at)
    before = calls.silent_before(session, call, start_of_day(today), start_of_day(today + timedelta(days=1)))
    if before:
        opening.show_silence(
            session, [call, *before], reference=service.configuration.reference, shared_numbers=shared, now=now
        )


def _callable(told: Told) -> str | None:
    try:
        return numbers.callable_number(told.keys)
    except ValueError:
        return None
