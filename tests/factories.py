"""One-line makers of everything in the story, through the house's own doors where it has them.

Each makes a valid thing; a test names only what it is about. Numbers are those kept for examples.
"""

import io
import json
import wave
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any
from uuid import uuid4

import yaml
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from advice_line import calls, db, inbox, messages
from advice_line.audit import Actor
from advice_line.callbacks import calling, listening
from advice_line.callbacks.attempt import Attempt
from advice_line.calls import Call
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.lines import configure
from advice_line.lines.directory import Directory, Service
from advice_line.lines.reading import Reading
from advice_line.lines.rota import RotaSession, Therapist, want_planning
from advice_line.messages import Message

MOBILE = "+447700900123"
TESTER = Actor.part("tests")
EVERY_DAY = (0, 1, 2, 3, 4)
_numbers = count(200)


def a_sid(prefix: str) -> str:
    """A sid as the network makes them: CA… for a call, RE… for a recording."""
    return prefix + uuid4().hex


def a_number() -> str:
    """A mobile number that no other thing of the test has."""
    return f"+447700900{next(_numbers) % 1000:03d}"


def a_sound(seconds: float = 12.0) -> bytes:
    """A WAV file as the network makes them."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x01\x02" * round(8000 * seconds))
    return file.getvalue()


@cache
def example_file(name: str) -> Mapping[str, Any]:
    """What stands in one of the example files; not to be changed."""
    file = files("advice_line").joinpath(f"examples/{name}.yaml")
    content: Mapping[str, Any] = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return content


def a_file(example: str, **changes: Any) -> Reading:
    """One of the example files, with parts of it replaced."""
    content = {**example_file(example), **changes}
    written = json.dumps(content, default=str)  # JSON is YAML, and borrows nothing by & and *
    return a_reading(written)


def a_service(owner: Engine, now: datetime, example: str = "herts_cot", **changes: Any) -> Service:
    """The service of one of the example files, with parts of it replaced: `a_service(owner, now, rota=[])`."""
    with db.transaction(owner, None) as session:
        configure.apply(session, a_file(example, **changes), now)
        session.flush()
        return Directory.load(session).service(example)


def a_therapist(
    owner: Engine,
    service: Service,
    key: str = "test_therapist",
    *,
    days: tuple[int, ...] = EVERY_DAY,
    hours: tuple[time, time] = (time(9), time(17)),
    site: str | None = None,
    **changes: Any,
) -> Therapist:
    """Somebody on the rota beside those of the file: 9am to 5pm every day unless told otherwise (0 is Monday)."""
    facts = {"name": key.replace("_", " ").title(), "phone": "+447700900199", "languages": ["en"], "skills": []}
    with db.transaction(owner, service.id) as session:
        therapist = Therapist(service_id=service.id, key=key, **{**facts, **changes})
        session.add(therapist)
        session.flush()
        session.add_all(
            RotaSession(
                service_id=service.id,
                therapist_id=therapist.id,
                weekday=day,
                starts=hours[0],
                ends=hours[1],
                site=site,
            )
            for day in days
        )
        return therapist


def a_call(session: Session, service: Service, now: datetime, *, number: str | None = MOBILE, **changes: Any) -> Call:
    """A call that is in progress; None withholds its number."""
    call = _a_call(session, service, now, number)
    _change(call, changes)
    session.flush()
    return call


def an_expected_message(session: Session, service: Service, now: datetime, **changes: Any) -> Message:
    """A recorder was handed out in a call that is over since; nothing more is known."""
    _, message = _a_call_that_expects(session, service, now, **changes)
    session.flush()
    return message


def a_message(session: Session, service: Service, now: datetime, *, seconds: int = 12, **changes: Any) -> Message:
    """A message with sound that waits to be fetched, with the enquiry that it opened or joined."""
    call, message = _a_call_that_expects(session, service, now, **changes)
    inbox.recording_found(session, service, call, a_sid("RE"), seconds, now)
    session.flush()
    return message


def an_enquiry(session: Session, service: Service, now: datetime, **changes: Any) -> Enquiry:
    """An enquiry as a message opens it, nobody has heard it yet; its callback is owed."""
    message = a_message(session, service, now, number=changes.pop("number", a_number()))
    assert message.enquiry_id is not None
    enquiry = enquiries.by_id(session, service.id, message.enquiry_id)
    if changes:
        _change(enquiry, changes)
        want_planning(session, service.id, now)
        session.flush()
    return enquiry


def a_heard_enquiry(
    session: Session, service: Service, now: datetime, given: Mapping[str, Any] | None = None, **changes: Any
) -> Enquiry:
    """An enquiry that somebody listened to; `given` is what they noted down, as the API takes it."""
    enquiry = an_enquiry(session, service, now - timedelta(minutes=5), **changes)
    listening.triage(session, service, enquiry, Triage.model_validate(given or {}), TESTER, now)
    return enquiry


def an_attempt(
    session: Session, enquiry: Enquiry, therapist: Therapist, now: datetime, actor: Actor = TESTER
) -> Attempt:
    """The live attempt of an enquiry: somebody pressed “call”, and nothing is dialled yet."""
    return calling.ring_back(session, enquiry, therapist, actor, now)


@cache
def a_reading(written: str) -> Reading:
    """What a file says. Many tests begin with the same one, which is read and understood once."""
    return Reading.of(written.encode())


def _a_call(session: Session, service: Service, now: datetime, number: str | None) -> Call:
    call = calls.seen(session, service.id, a_sid("CA"), next(iter(service.lines)), now)
    calls.identify(call, number, withheld=number is None, forwarded=False)
    calls.reach(call, "in-progress")
    return call


def _a_call_that_expects(session: Session, service: Service, now: datetime, **changes: Any) -> tuple[Call, Message]:
    call = _a_call(session, service, now, changes.pop("number", a_number()))
    mailbox = next(iter(service.line(call.line_key).configuration.mailboxes))
    message = messages.expect(session, call, mailbox, now)
    calls.end(call, "completed", now, 30)
    _change(message, changes)
    return call, message


def _change(thing: object, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(thing, name, value)
