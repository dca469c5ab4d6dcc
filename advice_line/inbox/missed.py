"""Missed: what the network's lists have and no webhook told us of, put into the inbox as if it had come (hazard hz01).

Each is an event with a natural key of its own, so that finding it twice adds it once; what it means is worked out
where every other event is (applying). Times are those of the network, never those of the finding.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import calls, legs, messages
from advice_line.calls import Call
from advice_line.db import notify
from advice_line.inbox import event as events
from advice_line.legs import Leg
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.listed import ListedCall, ListedRecording

# A post and its tries again end after 15 seconds: what changed earlier than this is no longer on its way to us.
ON_ITS_WAY = timedelta(seconds=30)
PATH = "/reconciliation"
RECEIVE = text("SELECT count(*) FROM receive_events(:events)")

Told = dict[str, str]


@dataclass(frozen=True)
class Listing:
    """What the network lists for one service: its lines' connections by line, and the recordings of its account."""

    calls: Mapping[str, Sequence[ListedCall]]
    recordings: Sequence[ListedRecording]


@dataclass(frozen=True)
class Found:
    """How many calls and recordings were listed for a service, and how many of them were added to the inbox."""

    calls_listed: int = 0
    recordings_listed: int = 0
    calls: int = 0
    recordings: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.calls_listed + other.calls_listed,
            self.recordings_listed + other.recordings_listed,
            self.calls + other.calls,
            self.recordings + other.recordings,
        )


def add_missed(session: Session, service: Service, listing: Listing, now: datetime) -> Found:
    """Put into the inbox what is listed and not known; the caller commits. Two at once take turns."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('missed', :id))"), {"id": service.id})
    line_of = {call.sid: line for line, listed in listing.calls.items() for call in listed}
    listed = {call.sid: call for calls_ in listing.calls.values() for call in calls_}
    waiting = events.calls_with_waiting_events(session, service.id)
    ours = _ours(session, service, listing, {sid: line_of[sid] for sid, call in listed.items() if not call.ours})
    missed = [
        _told(call.sid, "found_call", call.sid, line_of[call.sid], call.body(), call.status, now)
        for call in _missed_calls(session, service, list(listed.values()), now)
        if call.sid not in waiting
    ]
    silent = [
        _told(one.sid, "found_recording", one.call_sid, ours[one.call_sid], one.body(), one.status, now)
        for one in _missed_recordings(
            session, service, [each for each in listing.recordings if each.call_sid in ours], now
        )
        if one.call_sid not in waiting
    ]
    known = sum(each.call_sid in ours for each in listing.recordings)
    return Found(len(listed), known, _received(session, missed), _received(session, silent))


def _ours(session: Session, service: Service, listing: Listing, line_of: Mapping[str, str]) -> Mapping[str, str]:
    """The line of every call of this service that a listed recording belongs to: accounts may be shared."""
    sids = [each.call_sid for each in listing.recordings]
    return {**{sid: call.line_key for sid, call in calls.known(session, service.id, sids).items()}, **line_of}


def _missed_calls(
    session: Session, service: Service, listed: Sequence[ListedCall], now: datetime
) -> Sequence[ListedCall]:
    sids = [call.sid for call in listed]
    incoming, outgoing = calls.known(session, service.id, sids), legs.known(session, service.id, sids)
    settled = [call for call in listed if call.changed_at < now - ON_ITS_WAY]
    return [
        call
        for call in settled
        if (_lacks_leg(outgoing.get(call.sid), call) if call.ours else _lacks_call(incoming.get(call.sid), call))
    ]


def _lacks_call(known: Call | None, listed: ListedCall) -> bool:
    if known is None:
        return True
    nameless = known.from_number is None and not known.withheld
    return nameless or (listed.over and known.ended_at is None)


def _lacks_leg(known: Leg | None, listed: ListedCall) -> bool:
    return known is None or (listed.over and known.ended_at is None)


def _missed_recordings(
    session: Session, service: Service, listed: Sequence[ListedRecording], now: datetime
) -> Sequence[ListedRecording]:
    known = messages.known(session, service.id, [each.sid for each in listed])
    settled = [each for each in listed if each.changed_at < now - ON_ITS_WAY]
    return [each for each in settled if _lacks_recording(known.get(each.sid), each)]


def _lacks_recording(known: Message | None, listed: ListedRecording) -> bool:
    if known is None:
        return True
    if known.ready_at is not None or not listed.over:
        return False
    return known.state == "expected" or listed.status == "completed"


def _told(sid: str, kind: str, call_sid: str, line: str, body: str, status: str, now: datetime) -> Told:
    return {
        "key": f"{sid}/found/{status}",
        "kind": kind,
        "call_sid": call_sid,
        "line": line,
        "number": "",
        "path": PATH,
        "body": body,
        "answer": "",
        "at": now.isoformat(),
    }


def _received(session: Session, told: Sequence[Told]) -> int:
    """How many of these were new."""
    if not told:
        return 0
    notify(session, "event")
    return session.scalar(RECEIVE, {"events": json.dumps(told)}) or 0
