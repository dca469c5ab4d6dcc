"""Practice telephones: how a number behaves when the product rings it, and what has rung it so far."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from advice_line.exchange import clock
from advice_line.exchange.call import Call

Answers = Literal["yes", "no", "busy", "voicemail", "fail", "person"]

ANSWERS: frozenset[str] = frozenset({"yes", "no", "busy", "voicemail", "fail", "person"})


@dataclass(frozen=True)
class Behaviour:
    """What happens when a number is rung. Seconds are of the line's time, scaled by the exchange's pace.

    `answers`: yes; no (rings out); busy; voicemail (answers, presses nothing, takes no call); fail (not reachable);
    person (rings until somebody picks up through `/practice/calls/{sid}/answer`). `presses` are the keys pressed in
    turn, one for each menu (or as many as the menu wants). A number reached by <Dial> talks for `talks_seconds`; then
    `hangs_up` puts the phone down, this end (callee) or the one that is connected to it (other).
    """

    answers: Answers = "yes"
    presses: str = "1"
    answer_after_seconds: float = 3.0
    talks_seconds: float = 6.0
    hangs_up: Literal["callee", "other"] = "callee"

    def as_json(self) -> dict[str, object]:
        """As it was set."""
        return asdict(self)


@dataclass(eq=False)
class Ring:
    """One time that a telephone was rung."""

    call: Call
    at: datetime
    picked_up: bool = False

    def as_json(self) -> dict[str, object]:
        """Who rang, with the caller ID that was shown, and what the person heard."""
        return {
            "call_sid": self.call.sid,
            "parent_call_sid": self.call.parent.sid if self.call.parent else None,
            "from": self.call.from_,
            "to": self.call.to,
            "at": self.at.isoformat(),
            "status": self.call.status,
            "answered": self.call.answered_at is not None,
            "heard": self.call.handset.heard,
        }


@dataclass
class Phones:
    """Every number that was told how to behave, or was rung."""

    _behaviours: dict[str, Behaviour] = field(default_factory=dict)
    _rings: dict[str, list[Ring]] = field(default_factory=dict)

    def set(self, number: str, behaviour: Behaviour) -> None:
        """How a number behaves from now on."""
        self._behaviours[number] = behaviour

    def behaviour(self, number: str) -> Behaviour:
        """How a number behaves: unless told otherwise it answers, presses 1, talks a little and hangs up."""
        return self._behaviours.get(number, Behaviour())

    def ring(self, call: Call) -> Ring:
        """A number begins to ring."""
        ring = Ring(call, at=clock.now())
        self._rings.setdefault(call.to, []).append(ring)
        return ring

    def rings(self, number: str) -> list[Ring]:
        """What rang a number, oldest first."""
        return list(self._rings.get(number, []))

    def ring_of(self, call: Call) -> Ring | None:
        """The ring that a call is, or was."""
        return next((ring for ring in self._rings.get(call.to, []) if ring.call is call), None)
