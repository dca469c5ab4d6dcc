"""Faults: what the exchange does wrong on purpose, so that it can be seen what the product makes of it.

A fault names a step, what is done wrong at it, how often, and perhaps one call. The first that fits is used, once for
each time it may be, and told in the log as `fault_done`; what is left of it stays until it is cleared.

Steps that tell the product something, and what can be done to them:

- `voice`, `keys`, `recorded`, `transferred`, `waiting`, `connecting` and `left` (of a queue), `fallback` (the call asks
  what to do next), `recording` (what became of a recording), `status` (how the call goes), `document` (any other);
- `text` (somebody texts a line) and `text_status` (what became of a text of the product's): there a sid is the text's;
- `drop`: it never arrives, however often it is tried; `unanswered`: it arrives, and the answer to one try is lost on
  its way back; `repeat`: it is told twice; `delay`: it comes `seconds` late; `reorder`: it is held back until the
  product was told something else about the call (only where nobody waits for the answer: `recorded`, `transferred`
  and `left` of a caller who hung up, `recording`, `status`).

Steps at which the product asks us, and what can be done to them:

- `rest` (anything but the two below), `deletion` (of a recording), `media` (its sound);
- `busy`: 429 with a Retry-After of `seconds`, rounded up; `error`: 500; `slow`: the answer takes `seconds`; of `rest`
  also `unanswered`: what was asked for is done, and the connection breaks before the answer is whole; of media also
  `missing`: 404, as before it is ready; `truncated`: the first half of it; `page`: an error page that says
  200; `wrong_type`: the sound, called something else.

And `recording` may be `lost`: the network fails to keep what was said, and tells so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from advice_line.exchange.log import Log

Step = Literal[
    "voice", "keys", "recorded", "transferred", "waiting", "connecting", "left", "fallback", "document",
    "recording", "status", "text", "text_status", "rest", "deletion", "media",
]  # fmt: skip
Deed = Literal[
    "drop", "unanswered", "repeat", "delay", "reorder", "lost",
    "busy", "error", "slow", "missing", "truncated", "page", "wrong_type",
]  # fmt: skip

_TOLD: frozenset[Deed] = frozenset({"drop", "unanswered", "repeat", "delay"})
_ASKED: frozenset[Deed] = frozenset({"busy", "error", "slow"})
POSSIBLE: Mapping[Step, frozenset[Deed]] = {
    "voice": _TOLD,
    "keys": _TOLD,
    "recorded": _TOLD | {"reorder"},
    "transferred": _TOLD | {"reorder"},
    "waiting": _TOLD,
    "connecting": _TOLD,
    "left": _TOLD | {"reorder"},
    "fallback": _TOLD,
    "document": _TOLD,
    "recording": _TOLD | {"reorder", "lost"},
    "status": _TOLD | {"reorder"},
    "text": _TOLD - {"delay"},
    "text_status": _TOLD - {"delay"},
    "rest": _ASKED | {"unanswered"},
    "deletion": _ASKED,
    "media": _ASKED | {"missing", "truncated", "page", "wrong_type"},
}


@dataclass(frozen=True)
class Fault:
    """One thing to do wrong. `times` 0 is every time; without `call_sid` it is done to any call."""

    step: Step
    does: Deed
    times: int = 1
    seconds: float = 0.5
    call_sid: str = ""

    @property
    def possible(self) -> bool:
        """Whether this can be done at this step."""
        return self.does in POSSIBLE[self.step]

    def as_json(self) -> dict[str, object]:
        """As it was asked for, with the times that are left."""
        return asdict(self)


@dataclass
class Faults:
    """The faults that are still to be done."""

    log: Log
    waiting: list[Fault] = field(default_factory=list)

    def add(self, *faults: Fault) -> None:
        """From now on, do these wrong."""
        self.waiting.extend(faults)

    def clear(self) -> None:
        """From now on, do everything right."""
        self.waiting.clear()

    def take(self, step: str, call_sid: str, *deeds: Deed) -> Fault | None:
        """The fault to do now, counted and told in the log; None when this once everything goes right."""
        for place, fault in enumerate(self.waiting):
            if fault.step == step and fault.does in deeds and fault.call_sid in ("", call_sid):
                self._use(place, fault)
                self.log.write("fault_done", call_sid=call_sid, step=step, does=fault.does, seconds=fault.seconds)
                return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.times == 1:
            del self.waiting[place]
        elif fault.times:
            self.waiting[place] = replace(fault, times=fault.times - 1)
