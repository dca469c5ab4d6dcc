"""What the network told us in one event, as facts: read leniently from the stored body.

Fields may be blank, missing, repeated or new; nothing here raises. Only this file and the door `webhooks/` know the
network's names for things.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs

from advice_line.telephone import numbers

OFFER_PATH = re.compile(r"^/webhooks/offers/(\d{1,18})/")
ATTEMPT_PATH = re.compile(r"^/webhooks/attempts/(\d{1,18})/")
SID = re.compile(r"[0-9A-Za-z]{2,64}")
RECORDING_IN_URL = re.compile(rf"/Recordings/(RE{SID.pattern})")
LONGEST = 3600  # seconds, where the address does not say when the recorder stops: as the network has it
OVER = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})


@dataclass(frozen=True, slots=True)
class Told:
    """The facts of one event. None where the event did not say.

    `longest` is after how many seconds the recorder stops, as the address says that we handed out with it.
    """

    call_sid: str | None
    status: str | None
    number: str | None
    withheld: bool
    forwarded: bool
    seconds: int | None
    keys: str
    step: int
    hung_up: bool
    longest: int | None
    recording_sid: str | None
    recording_status: str | None
    recording_seconds: int | None
    attempt_id: int | None
    dial_status: str | None
    dial_sid: str | None
    dial_seconds: int | None
    dial_bridged: bool
    direction: str | None
    parent_sid: str | None
    started_at: datetime | None
    ended_at: datetime | None
    recorded_at: datetime | None
    offer_id: int | None
    queue_result: str | None
    queue_seconds: int | None
    dequeuing_sid: str | None
    sip_code: str | None

    @property
    def over(self) -> bool:
        """Whether this event says that its call has ended."""
        return self.status in OVER

    @property
    def ours(self) -> bool:
        """Whether it is of a connection that we asked for, and not of somebody who rings us."""
        return (self.direction or "").startswith("outbound")

    @property
    def cut_off(self) -> bool:
        """Whether the recorder stopped at its limit, in the middle of what was said."""
        return self._by_itself and (self.recording_seconds or 0) >= (self.longest or LONGEST) - 1

    def quiet(self, silence: int) -> int:
        """Seconds of the recording that are the silence which ended it: nought, or `silence` for which it waits."""
        return min(silence, self.recording_seconds or 0) if self._by_itself and not self.cut_off else 0

    @property
    def _by_itself(self) -> bool:
        return not (self.hung_up or self.over or self.keys)


def read(path: str, body: str) -> Told:
    """The facts in a stored event: its path with query, and its form body."""
    form = parse_qs(body, keep_blank_values=True)
    query = parse_qs(path.partition("?")[2])

    def said(name: str) -> str | None:
        return next((value.strip() for value in form.get(name, ()) if value.strip()), None)

    caller = said("From")
    attempt, offer = ATTEMPT_PATH.match(path), OFFER_PATH.match(path)
    return Told(
        call_sid=_sid(said("CallSid")),
        status=said("CallStatus"),
        number=numbers.shown(caller) if caller else None,
        withheld=caller is not None and numbers.shown(caller) is None,
        forwarded=said("ForwardedFrom") is not None,
        seconds=_whole(said("CallDuration")),
        keys=re.sub(r"[^0-9*#]", "", said("Digits") or ""),
        step=_whole(next(iter(query.get("n", ())), None)) or 0,
        hung_up=said("Digits") == "hangup",
        longest=_whole(next(iter(query.get("max", ())), None)),
        recording_sid=_sid(said("RecordingSid")) or _sid_in(said("RecordingUrl")),
        recording_status=said("RecordingStatus"),
        recording_seconds=_whole(said("RecordingDuration")),
        attempt_id=int(attempt[1]) if attempt else None,
        dial_status=said("DialCallStatus"),
        dial_sid=_sid(said("DialCallSid")),
        dial_seconds=_whole(said("DialCallDuration")),
        dial_bridged=said("DialBridged") == "true",
        direction=said("Direction"),
        parent_sid=_sid(said("ParentCallSid")),
        started_at=_moment(said("StartTime")),
        ended_at=_moment(said("EndTime")),
        recorded_at=_moment(said("RecordingStartTime")),
        offer_id=int(offer[1]) if offer else None,
        queue_result=said("QueueResult"),
        queue_seconds=_whole(said("QueueTime")),
        # The network's own spelling has one u less than ours.
        dequeuing_sid=_sid(said("DequeingCallSid")) or _sid(said("DequeuingCallSid")),
        sip_code=said("SipResponseCode"),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else None


def _moment(text: str | None) -> datetime | None:
    """A moment as the network writes it: in words, in GMT."""
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _sid(text: str | None) -> str | None:
    return text if text is not None and SID.fullmatch(text) else None


def _sid_in(url: str | None) -> str | None:
    found = RECORDING_IN_URL.search(url or "")
    return found[1] if found else None
