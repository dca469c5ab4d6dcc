"""What the telephone network tells of one call, event by event, as the telephone door keeps it in the inbox."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.inbox import apply_waiting
from advice_line.lines.directory import Service
from tests import factories

LINE = "herts_advice_line"
_keys = count()


@dataclass(frozen=True)
class Event:
    """One thing that was told.."""

    kind: str
    said: Mapping[str, str]
    answer: str = ""
    path: str = "/webhooks/voice"
    line: str = LINE

    @property
    def body(self) -> str:
        return urlencode(self.said)


@dataclass
class Ring:
    """One call to a line, as the network tells of it."""

    number: str = factories.MOBILE
    sid: str = field(default_factory=partial(factories.a_sid, "CA"))
    recording: str = field(default_factory=partial(factories.a_sid, "RE"))

    def began(self, answer: str = "menu root") -> Event:
        return self.of("call", answer, CallStatus="ringing")

    def pressed(self, keys: str, step: int = 1, answer: str = "record herts_advice") -> Event:
        event = self.of("keys", answer, CallStatus="in-progress", Digits=keys)
        return replace(event, path=f"/webhooks/voice/{LINE}/root?n={step}&r=0")

    def asked(self, kind: str, keys: str, step: int, answer: str) -> Event:
        """What a caller pressed when we asked around the recorder."""
        event = self.of(kind, answer, CallStatus="in-progress", Digits=keys)
        return replace(event, path=f"/webhooks/voice/{LINE}/advice_line/{kind}?n={step}&part=1&as=first&max=270")

    def recorded(self, seconds: int | None = 12, recording: str | None = None, answer: str = "goodbye") -> Event:
        length = {} if seconds is None else {"RecordingDuration": str(seconds)}
        sid = self.recording if recording is None else recording
        return self.of("recorded", answer, CallStatus="in-progress", RecordingSid=sid, Digits="hangup", **length)

    def recording_is(self, status: str, seconds: int | None = None, recording: str | None = None) -> Event:
        """What became of a recording. This event alone names neither caller nor line number."""
        said = {"CallSid": self.sid, "RecordingSid": recording or self.recording, "RecordingStatus": status}
        length = {} if seconds is None else {"RecordingDuration": str(seconds)}
        return Event("recording", {**said, **length}, path=f"/webhooks/recording-status?line={LINE}")

    def status(self, status: str, **more: str) -> Event:
        return self.of("status", "", CallStatus=status, **more)

    def ended(self, seconds: int = 40) -> Event:
        return self.status("completed", CallDuration=str(seconds))

    def of(self, kind: str, answer: str = "", **said: str) -> Event:
        known = {"CallSid": self.sid, "From": self.number, "To": "+441923470680", "Direction": "inbound"}
        return Event(kind, {**known, **said}, answer)

    def with_message(self, seconds: int = 12) -> list[Event]:
        """Somebody presses 3, then 1, speaks, and hangs up."""
        return [
            self.began(),
            self.pressed("3", 1, "menu ot_menu"),
            self.pressed("1", 2),
            self.recorded(seconds),
            self.ended(),
            self.recording_is("completed", seconds),
        ]


def tell(session: Session, events: Iterable[Event], at: datetime) -> datetime:
    """The door keeps these events, a second apart, in one write; returns the time after the last."""
    rows = []
    for event in events:
        row = {
            "key": f"test/{next(_keys):09}",  # the database numbers what is written together in the order of the keys
            "kind": event.kind,
            "call_sid": event.said.get("CallSid", "").replace("\0", ""),
            "line": event.line,
            "number": event.said.get("To", ""),
            "path": event.path,
            "body": event.body,
            "answer": event.answer,
            "at": at.isoformat(),
        }
        rows.append(row)
        at += timedelta(seconds=1)
    session.execute(text("SELECT receive_events(:events)"), {"events": json.dumps(rows)})
    return at


def happens(session: Session, service: Service, events: Iterable[Event], now: datetime) -> int:
    """The door keeps these events, and the clock applies them; returns how many."""
    tell(session, events, now)
    return apply_waiting(session, service, now)


def problems(session: Session, service: Service) -> list[str | None]:
    """What was wrong with each event that is applied, oldest first."""
    statement = text("SELECT problem FROM provider_event WHERE service_id = :id AND applied_at IS NOT NULL ORDER BY id")
    return list(session.scalars(statement, {"id": service.id}))
