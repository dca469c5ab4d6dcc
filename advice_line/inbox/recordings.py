"""What recordings mean to the story: sound opens (or joins) an enquiry, silence is a fact of the call.

An enquiry opens when anything says that sound was recorded, whether or not the audio ever arrives.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import calls, messages
from advice_line.callbacks import callback as callbacks
from advice_line.calls import Call
from advice_line.enquiries import opening
from advice_line.inbox.event import FOUND, ProviderEvent
from advice_line.lines.configuration import Recording
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.told import Told

UNDER_WAY = frozenset({"in-progress", "paused", "stopped", "processing"})


def recorder_ended(
    session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime
) -> None:
    """The recorder stopped: by a key, by silence, or because the caller hung up."""
    if told.recording_sid is None and told.recording_seconds is None:
        return  # nothing is said of a recording: it stays expected, and the network is asked
    quiet = told.quiet(_limits(service, call).silence_end_seconds)
    message = messages.recorded(
        session, call, told.recording_sid, told.recording_seconds, event.received_at, quiet=quiet
    )
    if has_sound(service, call, message):
        open_enquiry(session, service, call, message, now)


def recording_event(
    session: Session, service: Service, call: Call, event: ProviderEvent, told: Told, now: datetime
) -> Message | None:
    """The network tells what became of a recording: ready to fetch, absent, or failed or deleted on its side."""
    if told.recording_sid is None:
        return None
    at = told.recorded_at if event.kind in FOUND and told.recorded_at else event.received_at
    if told.recording_status in UNDER_WAY:
        return messages.recorded(session, call, told.recording_sid, None, at)
    message = messages.recorded(session, call, told.recording_sid, told.recording_seconds, at)
    if told.recording_status == "absent":
        messages.lacking(message)
        return message
    if told.recording_status not in {"failed", "deleted"}:
        messages.ready(message, event.received_at)
    elif message.ready_at is None:
        messages.lost(message)
    if has_sound(service, call, message):
        open_enquiry(session, service, call, message, now)
    return message


def recording_found(
    session: Session, service: Service, call: Call, recording_sid: str, seconds: int | None, now: datetime
) -> None:
    """A recording that no event told us of was found at the provider: take it as if the event had come."""
    message = messages.recorded(session, call, recording_sid, seconds, now)
    messages.ready(message, now)
    if has_sound(service, call, message):
        open_enquiry(session, service, call, message, now)
    settle(session, service, call)


def recording_gone(
    session: Session, service: Service, call: Call, recording_sid: str, seconds: int | None, now: datetime
) -> None:
    """The provider had a recording, and it was deleted there; unless we hold its sound, that is lost."""
    message = messages.recorded(session, call, recording_sid, seconds, now)
    messages.lost(message)
    if has_sound(service, call, message):
        open_enquiry(session, service, call, message, now)


def open_enquiry(session: Session, service: Service, call: Call, message: Message, now: datetime) -> None:
    """The message opens an enquiry, or joins its caller's open one; either way a callback is owed, this once."""
    if message.enquiry_id is not None:
        return
    enquiry, opened = opening.open_or_join(
        session,
        call,
        message,
        reference=service.configuration.reference,
        shared_numbers=service.configuration.switchboard_numbers,
        now=now,
    )
    callbacks.promise(session, service.line(call.line_key), enquiry, call.started_at, now)
    if not opened:
        callbacks.reconsider(session, service, enquiry, now)


def has_sound(service: Service, call: Call, message: Message) -> bool:
    """Whether so much was said that it counts as a message on this line (recording limits)."""
    return message.has_sound(_limits(service, call).min_speech_seconds)


def settle(session: Session, service: Service, call: Call) -> None:
    """Work out the call's end state from what its recordings say."""
    known = messages.of_call(session, call)
    calls.settle(
        call,
        message_left=any(message.enquiry_id is not None for message in known),
        nothing_recorded=any(
            message.state == "absent" or not has_sound(service, call, message)
            for message in known
            if message.recording_sid or message.seconds is not None
        ),
    )


def _limits(service: Service, call: Call) -> Recording:
    return service.line(call.line_key).recording
