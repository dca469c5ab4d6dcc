"""The handset: the person's end of a call. What they hear, what they do, and how the line's time passes for them.

A person drives it (a browser, a test) or a `script` does; the exchange cannot tell which. A verb that wants something
of the person puts an *ear* to the handset; keys pressed and words said while no ear is there are lost, as on any line.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal, Protocol

from advice_line.exchange.sound import Sound

Wants = Literal["keys", "speech"]
WaitingFor = Literal["keys", "speech", "nothing", "ended"]

FORGOTTEN_AFTER = 600.0
"""Real seconds after which a person who was given all the time they need is taken to have walked away."""


class HungUp(Exception):
    """The person put the phone down, or the line was closed under them."""


class Ear(Protocol):
    """A verb that listens; both answer whether it has heard all it wanted."""

    @property
    def wants(self) -> Wants:
        """What it listens for."""
        ...

    def press(self, key: str) -> bool:
        """The person pressed a key."""
        ...

    def speak(self, utterance: "Utterance") -> bool:
        """The person said something."""
        ...


@dataclass(eq=False)
class Utterance:
    """Something said; `over` once it was said to the end or the call moved on."""

    sound: Sound
    over: bool = False


@dataclass(frozen=True)
class Step:
    """One line of the transcript."""

    kind: Literal["heard", "tone", "pressed", "said", "lost", "note"]
    text: str

    def as_json(self) -> dict[str, str]:
        """As the caller's client sees it."""
        return asdict(self)


class Bell:
    """Wakes everybody who waits for the next thing to happen; `rung` counts the times."""

    def __init__(self) -> None:
        self.rung = 0
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Something happened."""
        self.rung += 1
        waited_for, self._next = self._next, asyncio.Event()
        waited_for.set()

    async def wait(self, seconds: float | None) -> None:
        """Until the next ring, or until so many real seconds have gone."""
        try:
            async with asyncio.timeout(seconds):
                await self._next.wait()
        except TimeoutError:
            return


class Handset:
    """One person on one call.

    `pace` is real seconds for a second of the line; `unhurried` lets a verb's patience run out only when the person
    says that they keep silent (always so at pace 0). `patience` is the second of the line at which they hang up.
    """

    def __init__(self, pace: float, *, unhurried: bool = False, patience: float | None = None) -> None:
        self.pace = pace
        self.unhurried = unhurried or pace == 0
        self.patience = patience
        self.steps: list[Step] = []
        self.seconds = 0.0
        self.gone = False
        self.closed = False
        self.ear: Ear | None = None
        self.in_queue = False
        self.prompted = False
        self.bell = Bell()
        self.neighbours: list[Handset] = []
        self._silent = False

    @property
    def heard(self) -> list[str]:
        """Every sentence and tone that reached this person, in order."""
        return [step.text for step in self.steps if step.kind in ("heard", "tone")]

    @property
    def waiting_for(self) -> WaitingFor:
        """What the call wants of the person just now."""
        if self.closed:
            return "ended"
        return self.ear.wants if self.ear else "nothing"

    @property
    def resting(self) -> bool:
        """Whether nothing will happen until the person does something."""
        asked = self.ear is not None and (self.prompted or self.ear.wants == "speech")
        # Who waits in a queue may be connected at any moment.
        return asked and self.unhurried and not self._silent and not self.in_queue

    def hears(self, text: str, *, tone: bool = False) -> None:
        """A sentence, or a sound, reaches the person."""
        self.note(Step("tone" if tone else "heard", text))

    def note(self, step: Step) -> None:
        """Add a line to the transcript and wake whoever waits."""
        self.steps.append(step)
        self.stir()

    def stir(self) -> None:
        """Wake whoever waits on this handset or on one it is connected with."""
        self.bell.ring()
        for neighbour in self.neighbours:
            neighbour.bell.ring()

    def press(self, keys: str) -> None:
        """The person presses keys, one after the other."""
        for key in keys:
            if self.ear is None or self.gone:
                self.note(Step("lost", f"{key} was pressed, but nothing was listening for it"))
                continue
            self.note(Step("pressed", key))
            if self.ear.press(key):
                self.ear = None
            self.stir()

    async def speak(self, sound: Sound, words: str) -> None:
        """The person says something; returns when it has been said, or nobody listens any more."""
        ear = self.ear
        if ear is None or ear.wants != "speech" or self.gone:
            self.note(Step("lost", "Something was said, but not recorded"))
            return
        self.note(Step("said", words))
        utterance = Utterance(sound)
        if ear.speak(utterance):
            self.ear = None
        self.stir()
        while not (utterance.over or self.gone or self.closed):
            await self.bell.wait(None)

    def keep_silent(self) -> None:
        """The person does nothing, until the verb that listens loses patience."""
        if self.ear:
            self._silent = True
            self.stir()

    def moves_on(self) -> None:
        """The verb that listens waits no longer than it says. Without any pace nobody could act in time, so it does."""
        if self.pace:
            self.keep_silent()

    def hang_up(self) -> None:
        """The person puts the phone down."""
        if not self.gone:
            self.gone = True
            self.note(Step("note", "The phone was put down"))

    def close(self) -> None:
        """The call is over: nothing more can be heard or done."""
        self.gone = self.closed = True
        self.ear = None
        self.stir()

    @contextmanager
    def listens(self, ear: Ear) -> Iterator[None]:
        """Hold an ear to the handset while a verb wants something."""
        self.ear, self.prompted, self._silent = ear, False, False
        self.stir()
        try:
            yield
        finally:
            self.ear = None
            self.stir()

    def prompt_is_over(self) -> None:
        """What a listening verb had to say has been said; from now on it only waits."""
        self.prompted = True
        self.stir()

    async def attends(self, seconds: float, until: Callable[[], bool]) -> bool:
        """Wait for the person to act: True when they did, False when `seconds` of silence went by. Raises HungUp."""
        if self.unhurried and not self._silent:
            stood_still_at = self.seconds
            try:
                await self.passes(None, lambda: until() or self._silent)
            finally:
                self.seconds = stood_still_at
            if until():
                return True
        came = await self.passes(seconds, until)
        self._silent = False
        return came

    async def passes(self, seconds: float | None, until: Callable[[], bool] = lambda: False) -> bool:
        """Let the line's time pass: True as soon as `until` holds, False when it is over. Raises HungUp.

        Without `seconds` it waits as long as the person needs.
        """
        left = None if self.patience is None else max(0.0, self.patience - self.seconds)
        span = left if seconds is None or (left is not None and left < seconds) else seconds
        if seconds is None and self.pace == 0:
            span = None
        came = await self._wait(span, until)
        if not came and span != seconds:
            self.hang_up()
        if self.gone:
            raise HungUp
        return came

    async def _wait(self, span: float | None, until: Callable[[], bool]) -> bool:
        started = time.monotonic()
        real = FORGOTTEN_AFTER if span is None else span * self.pace
        await asyncio.sleep(0)
        while not self.gone and not until():
            left = started + real - time.monotonic()
            if left <= 0:
                self.seconds += span or 0.0
                if span is None:
                    self.hang_up()
                return False
            await self.bell.wait(left)
        if self.pace:
            passed = (time.monotonic() - started) / self.pace
            self.seconds += passed if span is None else min(span, passed)
        return until()
