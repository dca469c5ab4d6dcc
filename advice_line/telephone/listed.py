"""What the network's own lists say: its calls and recordings, against which we check that nothing was lost.

Each can be written down as the network would have posted it, so that what follows from it is worked out in one place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlencode

from advice_line.telephone.told import OVER

RECORDING_OVER = frozenset({"completed", "absent", "failed", "deleted"})


@dataclass(frozen=True)
class ListedCall:
    """One connection, with the times that the network keeps of it. `from_` is as the network shows it."""

    sid: str
    direction: str
    status: str
    from_: str = field(repr=False)
    started_at: datetime
    changed_at: datetime
    ended_at: datetime | None = None
    seconds: int | None = None
    parent_sid: str | None = None
    forwarded_from: str = field(default="", repr=False)

    @property
    def ours(self) -> bool:
        """Whether we asked for it."""
        return self.direction.startswith("outbound")

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status in OVER

    def body(self) -> str:
        """The same as a form that the network might have posted."""
        return _form(
            {
                "CallSid": self.sid,
                "CallStatus": self.status,
                "Direction": self.direction,
                "From": self.from_,
                "ForwardedFrom": self.forwarded_from,
                "ParentCallSid": self.parent_sid,
                "CallDuration": self.seconds,
                "StartTime": self.started_at,
                "EndTime": self.ended_at,
            }
        )


@dataclass(frozen=True)
class ListedRecording:
    """One recording, deleted ones included. `seconds` is None while nobody knows."""

    sid: str
    call_sid: str
    status: str
    created_at: datetime
    changed_at: datetime
    seconds: int | None = None

    @property
    def over(self) -> bool:
        """Whether it has come to its end at the network: ready to be fetched, or without sound."""
        return self.status in RECORDING_OVER

    def body(self) -> str:
        """The same as a form that the network might have posted."""
        return _form(
            {
                "CallSid": self.call_sid,
                "RecordingSid": self.sid,
                "RecordingStatus": self.status,
                "RecordingDuration": self.seconds,
                "RecordingStartTime": self.created_at,
            }
        )


def _form(fields: Mapping[str, str | int | datetime | None]) -> str:
    return urlencode({name: _word(value) for name, value in fields.items() if value not in {None, ""}})


def _word(value: str | int | datetime | None) -> str:
    return format_datetime(value) if isinstance(value, datetime) else str(value)
