"""The practice phone: a client that rings lines through the exchange and reads like a call.

    caller = PracticePhone("http://127.0.0.1:8010")
    call = caller.rings("+441923470680").hears("press 3").presses("3").hears("After the tone").says("Hello").hangs_up()

Every step waits, within `patience` real seconds, for what it needs, and raises CallWentWrong with the whole transcript
when it does not come.
"""

import base64
import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Self

import httpx

from advice_line.exchange.call_state import CallState

ANYONE = "+447700900123"
"""A caller from the range of numbers that is kept free for stories."""
WITHHELD = "withheld"

LONGEST_CALL = 4 * 3600.0

Ring = Mapping[str, object]
Progress = Callable[[str], None]


class PracticeError(Exception):
    """The exchange refused; the message is its sentence."""


class CallWentWrong(AssertionError):
    """The call did not go as expected; the message has the transcript."""


class PracticePhone:
    """A telephone at the practice exchange."""

    def __init__(self, exchange_url: str, *, patience: float = 10.0) -> None:
        timeout = httpx.Timeout(LONGEST_CALL, connect=10.0)
        self._http = httpx.Client(base_url=exchange_url, timeout=timeout, trust_env=False, verify=_certificates())
        self.patience = patience

    def rings(self, line: str, from_: str = ANYONE, **more: object) -> "PhoneCall":
        """Ring a line; the caller then does what the PhoneCall is told. `more`: what else an order for a call says."""
        return PhoneCall(self, self.order("/practice/calls", {"to": line, "from": from_, **more}))

    def behaves(self, number: str, **how: object) -> Self:
        """How a number behaves when the product rings it: `answers`, `presses`, `answer_after_seconds`,
        `talks_seconds`, `hangs_up`; what is left out is as usual."""
        _checked(self._http.put(f"/practice/phones/{number}", json=how))
        return self

    def behaviour_of(self, number: str) -> Mapping[str, object]:
        """How a number behaves now."""
        behaviour: Mapping[str, object] = _checked(self._http.get(f"/practice/phones/{number}")).json()
        return behaviour

    def rings_of(self, number: str) -> list[Ring]:
        """What has rung a number, oldest first: `from` is the caller ID that was shown, `heard` what was heard."""
        rings: list[Ring] = _checked(self._http.get(f"/practice/phones/{number}/rings")).json()
        return rings

    def texts(self, line: str, words: str, from_: str = ANYONE) -> Self:
        """Send a text to a line, and wait until the product was told."""
        _checked(self._http.post("/practice/texts", json={"to": line, "from": from_, "text": words}))
        return self

    def texts_of(self, number: str) -> list[Ring]:
        """The texts that a number has got, oldest first: `from`, `text` and `at`."""
        got: list[Ring] = _checked(self._http.get(f"/practice/phones/{number}/texts")).json()
        return got

    def takes_texts(self, number: str, *, reachable: bool) -> Self:
        """Switch a number off and on again, for texts."""
        _checked(self._http.put(f"/practice/phones/{number}/texts", json={"reachable": reachable}))
        return self

    def picks_up(self, number: str) -> "PhoneCall":
        """Wait until the product rings a number that `answers` with a person, and pick it up."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            rings = self.rings_of(number)
            for ring in rings:
                if ring["status"] == "ringing":
                    return PhoneCall(self, self.order(f"/practice/calls/{ring['call_sid']}/answer"))
            self._wait_for_ring(number, len(rings), deadline)
        raise CallWentWrong(f"Nobody rang {number} within {self.patience:g} seconds")

    def goes_wrong(self, step: str, does: str, **how: object) -> Self:
        """Have the exchange do something wrong on purpose at a step; `how`: `times`, `seconds`, `call_sid`."""
        _checked(self._http.post("/practice/faults", json={"step": step, "does": does, **how}))
        return self

    def goes_right(self) -> Self:
        """Have the exchange do everything right again."""
        _checked(self._http.delete("/practice/faults"))
        return self

    def log(self, **which: str) -> list[Mapping[str, object]]:
        """The exchange's log; `event` and `call_sid` narrow it."""
        lines = _checked(self._http.get("/practice/log", params=which)).text.splitlines()
        return [json.loads(line) for line in lines]

    def order(self, path: str, what: Mapping[str, object] | None = None) -> CallState:
        """Tell the exchange something about a call. Raises PracticeError."""
        return CallState.of(_checked(self._http.post(path, json=what)))

    def look(self, sid: str, since: int, seconds: float) -> CallState | None:
        """How a call is, as soon as there is news; None when there is none for so many real seconds."""
        try:
            return CallState.of(
                _checked(self._http.get(f"/practice/calls/{sid}", params={"since": since}, timeout=seconds))
            )
        except httpx.ReadTimeout:
            return None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _wait_for_ring(self, number: str, since: int, deadline: float) -> None:
        left = max(0.01, deadline - time.monotonic())
        try:
            self._http.get(f"/practice/phones/{number}/rings", params={"since": since}, timeout=left)
        except httpx.ReadTimeout:
            return


class PhoneCall:
    """One call in hand. What the caller hears is counted from the last thing they did."""

    def __init__(self, phone: PracticePhone, state: CallState) -> None:
        self._phone = phone
        self._state = state
        self._mark = 0

    @property
    def sid(self) -> str:
        """Its CallSid."""
        return self._state.sid

    @property
    def status(self) -> str:
        """Its CallStatus when last looked at."""
        return self._state.status

    @property
    def heard(self) -> Sequence[str]:
        """Every sentence and tone so far."""
        return self._look().heard

    def hears(self, text: str) -> Self:
        """Wait until the words are heard; capitals, and where sentences end, do not matter."""
        wanted = _plain(text)
        self._until(lambda state: wanted in _plain(" ".join(state.heard[self._mark :])), f"heard {text!r}")
        return self

    def presses(self, keys: str) -> Self:
        """Press keys, each as soon as one is listened for."""
        for key in keys:
            self._until(lambda state: state.waiting_for in ("keys", "speech"), f"was asked for a key, to press {key}")
            self._do("press", {"digits": key})
            self._mark = len(self._state.heard)
        return self

    def says(self, text: str) -> Self:
        """Say words after the tone (the exchange needs the practice extra to speak them)."""
        return self._speaks({"text": text})

    def plays(self, wav: bytes) -> Self:
        """Play a WAV file after the tone."""
        return self._speaks({"audio_base64": base64.b64encode(wav).decode()})

    def reaches_the_tone(self) -> Self:
        """Press nothing until something is recorded."""
        self._until(lambda state: state.waiting_for == "speech" or state.resting, "heard the tone")
        if self._state.waiting_for == "keys":
            self.keeps_silent()
        self._until(lambda state: state.waiting_for == "speech", "heard the tone")
        return self

    def keeps_silent(self) -> Self:
        """Do nothing until the line loses patience."""
        self._until(lambda state: state.waiting_for in ("keys", "speech"), "was asked for anything")
        mark = len(self._state.heard)
        self._do("keep-silent")
        self._mark = mark
        return self

    def hangs_up(self) -> Self:
        """Put the phone down, and wait until the product was told everything about the call."""
        self._do("hang-up")
        return self.ended()

    def ended(self) -> Self:
        """Wait until the call is over and the product was told everything about it."""
        self._until(lambda state: state.settled, "came to the end of the call")
        return self

    def _speaks(self, speech: Mapping[str, object]) -> Self:
        self.reaches_the_tone()
        self._mark = len(self._state.heard)
        self._do("speak", speech)
        return self

    def _do(self, what: str, order: Mapping[str, object] | None = None) -> None:
        self._state = self._phone.order(f"/practice/calls/{self.sid}/{what}", order)

    def _look(self) -> CallState:
        self._state = self._phone.look(self.sid, -1, self._phone.patience) or self._state
        return self._state

    def _until(self, come: Callable[[CallState], bool], what: str) -> None:
        deadline = time.monotonic() + self._phone.patience
        state = self._look()
        while not come(state):
            left = deadline - time.monotonic()
            if left <= 0 or state.settled or state.resting:
                raise CallWentWrong(self._complaint(what))
            state = self._state = self._phone.look(self.sid, state.version, left) or state

    def _complaint(self, what: str) -> str:
        state = self._state
        lines = "\n  ".join(state.transcript) or "(nothing)"
        return f"The caller never {what}. The call is {state.status}, waiting for {state.waiting_for}:\n  {lines}"


def ring_once(exchange_url: str, order: Mapping[str, object], progress: Progress) -> CallState:
    """One scripted call from ring to end, each line of its transcript given to `progress` as it happens.

    `order` is what `POST /practice/calls` takes: to, from, keys, say or audio_base64, then_press, hang_up_after.
    Raises PracticeError when the exchange refuses it, httpx.TransportError when there is none.
    """
    phone = PracticePhone(exchange_url)
    try:
        state = phone.order("/practice/calls", {"keys": "", **order, "wait": False})
        told = 0
        while True:
            for line in state.transcript[told:]:
                progress(line)
            told = len(state.transcript)
            if state.settled:
                return state
            state = phone.look(state.sid, state.version, LONGEST_CALL) or state
    finally:
        phone.close()


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: every client that reads them anew takes longer to make than a whole practice call."""
    return httpx.create_ssl_context(trust_env=False)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    if response.headers.get("content-type") == "application/json":
        raise PracticeError(str(response.json().get("error", response.text)))
    raise PracticeError(f"The exchange answered {response.status_code}. Is {response.url} a practice exchange?")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
