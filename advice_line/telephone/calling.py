"""Telephone: what the house asks of a telephone network, whoever runs it. `twilio` is the network that we use.

A call cannot be asked for twice without being made twice, so its failures are told apart: `NotNow` did nothing,
`Unanswered` may have rung, and any other OutsideFailed was refused (errors).
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from advice_line.telephone.listed import ListedCall, ListedRecording

# At the end of an address where the network tells how things went: three more tries, whatever fails. By default
# it tries once, and what it had to say is lost.
TRY_AGAIN = "#rc=3&rp=all"
# At the end of an address that says how a call goes on: one more try, also when the answer was lost or bad, which by
# default is the end of it. We answer within 6 seconds or not at all, and the network gives up after 15; a second try
# changes nothing, because each step is known by its number.
ASK_AGAIN = "#rc=1&rp=5xx,ct,rt&rt=7000"

Readiness = Literal["ready", "coming", "none", "gone"]


@dataclass(frozen=True)
class PlacedCall:
    """A call that the network says it placed for us, and when."""

    sid: str
    at: datetime


@dataclass(frozen=True)
class Recorded:
    """A recording that the network has of a call: `ready` to fetch, still `coming`, or `none` after all.

    One that is `gone` was there, and was deleted.

    `seconds` is None while nobody knows.
    """

    sid: str
    seconds: int | None
    readiness: Readiness


@dataclass(frozen=True)
class Recording:
    """The sound of a recording on its way to us, piece by piece. Reading on may raise OutsideFailed."""

    content_type: str
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class SentText:
    """A text that the network says it sent for us, or is about to: its words, its status and when it was asked for."""

    sid: str
    at: datetime
    status: str
    words: str = field(repr=False)


class Telephone(Protocol):
    """What the house asks of a telephone network. Every failure is an OutsideFailed; none carries a number."""

    def ring(self, to: str, from_: str, *, answer_url: str, status_url: str, timeout: int) -> str:
        """Ring a number for up to `timeout` seconds, showing the line's number; returns the call's sid.

        What happens once it is answered is asked of `answer_url`; how the call goes is told to `status_url`.
        Raises NotNow (nothing was done), Unanswered (look before asking again), OutsideFailed (refused for good).
        """
        ...

    def calls_to(self, to: str, from_: str, since: datetime) -> Sequence[PlacedCall]:
        """The calls that we asked for between these numbers since a moment, to look before dialling again."""
        ...

    def hang_up(self, call_sid: str) -> None:
        """End a call, also one that still rings; a call that is over or unknown is no failure."""
        ...

    def stop_ringing(self, call_sid: str) -> None:
        """End a call that nobody has answered yet; one that was answered goes on, and that is no failure."""
        ...

    def recording(self, sid: str) -> AbstractContextManager[Recording]:
        """The sound of a recording, as WAV. Raises NotThere while it is not ready, or when it is gone."""
        ...

    def delete_recording(self, sid: str) -> None:
        """Have the network delete its copy; one that is gone already is no failure."""
        ...

    def recordings_of(self, call_sid: str) -> Sequence[Recorded]:
        """What the network has recorded in a call, also what was deleted since."""
        ...

    def calls_of(self, number: str, day: date) -> Sequence[ListedCall]:
        """Every connection to or from one of our numbers that began on a day, counted in GMT; perhaps a few more."""
        ...

    def recordings_on(self, day: date) -> Sequence[ListedRecording]:
        """Every recording of the account that began on a day, counted in GMT, deleted ones too; perhaps a few more."""
        ...

    def text(self, to: str, from_: str, words: str, *, status_url: str, valid_seconds: int) -> str:
        """Send a text to a UK mobile from the line's number, worth delivering for `valid_seconds`; returns its sid.

        How it goes is told to `status_url`. Raises NotNow (nothing was done), Unanswered (look before asking again),
        OptedOut, OutsideFailed (refused for good).
        """
        ...

    def texts_to(self, to: str, from_: str, since: datetime) -> Sequence[SentText]:
        """The texts that we asked for between these numbers since a moment, to look before sending again."""
        ...
