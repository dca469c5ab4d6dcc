"""A call: one leg between the exchange and a telephone, from its first ring to its one last state."""

import asyncio
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from advice_line.exchange.clock import rfc2822
from advice_line.exchange.handset import Handset

Direction = Literal["inbound", "outbound-api", "outbound-dial"]
Status = Literal[
    "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"
]

API_VERSION = "2010-04-01"
FINAL: frozenset[Status] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
SIP_CODES: Mapping[Status, str] = {
    "completed": "200",
    "busy": "486",
    "no-answer": "487",
    "canceled": "487",
    "failed": "404",
}


@dataclass
class Watcher:
    """Somebody who asked to be told how a call goes; counts the events it was sent, from 0."""

    url: str
    events: frozenset[str] = frozenset({"completed"})
    method: str = "POST"
    sent: int = 0


@dataclass(eq=False)
class Call:
    """One leg. `api_base` is the address under which the exchange itself was asked for, as in RecordingUrl."""

    sid: str
    account_sid: str
    from_: str
    to: str
    direction: Direction
    api_base: str
    handset: Handset
    created_at: datetime
    parent: "Call | None" = None
    forwarded_from: str = ""
    fallback_url: str = ""
    watchers: list[Watcher] = field(default_factory=list)
    status: Status = "queued"
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    last_event: asyncio.Task[None] | None = None
    told: int = 0

    @property
    def over(self) -> bool:
        """Whether it reached its last state."""
        return self.status in FINAL

    @property
    def settled(self) -> bool:
        """Over, and everything about it has been told to the product."""
        return self.over and not self.tasks

    @property
    def seconds(self) -> int:
        """Its length as Twilio charges it: whole seconds of the line's time, begun ones counted."""
        return math.ceil(self.handset.seconds)

    @property
    def api_path(self) -> str:
        """Where its account's resources lie, on `api_base`."""
        return f"/{API_VERSION}/Accounts/{self.account_sid}"

    def legs_up(self) -> Iterator["Call"]:
        """This leg, the leg that dialled it, and so on."""
        call: Call | None = self
        while call is not None:
            yield call
            call = call.parent

    def parameters(self) -> dict[str, str]:
        """What every voice request says: always more than a receiver knows of, and much of it blank."""
        parameters = {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
            # Twilio adds parameters without notice; a receiver has to sign over them and pass them by.
            "PracticeOnly": "a parameter that nobody announced",
        }
        for end in ("Called", "Caller", "From", "To"):
            parameters |= {f"{end}{part}": "" for part in ("City", "Country", "State", "Zip")}
        if self.forwarded_from:
            parameters["ForwardedFrom"] = self.forwarded_from
        if self.parent:
            parameters["ParentCallSid"] = self.parent.sid
        return parameters

    def event(self, watcher: Watcher, moment: datetime) -> dict[str, str]:
        """A status event about the state the call is in now."""
        event = self.parameters() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(watcher.sent),
            "Timestamp": rfc2822(moment) or "",
        }
        watcher.sent += 1
        if self.over:
            event |= {
                "CallDuration": str(self.seconds),
                "Duration": str(math.ceil(self.seconds / 60)),
                "SipResponseCode": SIP_CODES[self.status],
            }
        return event
