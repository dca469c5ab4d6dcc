"""What stands in for the outside world in tests: a telephone network, and a clock that moves when told to.

What the real adapter makes of the network's answers is tested on the wire, in `tests/telephone`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock

from advice_line.errors import NotThere
from advice_line.telephone.calling import PlacedCall, Recorded, Recording, SentText, Telephone
from advice_line.telephone.listed import ListedCall, ListedRecording
from tests.factories import a_sid


@dataclass
class MovingClock:
    """A clock that stands still until somebody moves it."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time

    def passes(self, **amount: float) -> datetime:
        """Let some time pass: `clock.passes(minutes=5)`."""
        self.time += timedelta(**amount)
        return self.time


@dataclass(frozen=True)
class Rung:
    """A call that we asked for."""

    to: str
    from_: str
    answer_url: str
    status_url: str
    timeout: int
    sid: str


@dataclass(frozen=True)
class Texted:
    """A text that we sent."""

    to: str
    from_: str
    words: str
    status_url: str
    valid_seconds: int
    sid: str
    at: datetime


@dataclass
class FakeTelephone:
    """A telephone network in memory. `failures[method]` are raised one after the other, then it works again.

    `calls` are listed under the number of ours that they reached or showed.
    `before[method]` runs while that method is asked: the moment for a rival, or for the end of a worker.
    """

    now: Callable[[], datetime]
    sounds: dict[str, bytes] = field(default_factory=dict)
    recorded: dict[str, list[Recorded]] = field(default_factory=dict)
    calls: list[tuple[str, ListedCall]] = field(default_factory=list)
    recordings: list[ListedRecording] = field(default_factory=list)
    rung: list[Rung] = field(default_factory=list)
    placed: list[PlacedCall] = field(default_factory=list)
    texted: list[Texted] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def ring(self, to: str, from_: str, *, answer_url: str, status_url: str, timeout: int) -> str:
        sid = a_sid("CA")
        self._asked("ring")
        self.rung.append(Rung(to, from_, answer_url, status_url, timeout, sid))
        self.placed.append(PlacedCall(sid, self.now()))
        return sid

    def calls_to(self, to: str, from_: str, since: datetime) -> Sequence[PlacedCall]:
        self._asked("calls_to")
        asked_for = {rung.sid for rung in self.rung if (rung.to, rung.from_) == (to, from_)}
        recent = [call for call in self.placed if call.at >= since - timedelta(seconds=30)]
        return [call for call in recent if call.sid in asked_for]

    def hang_up(self, call_sid: str) -> None:
        self._asked("hang_up")
        self.hung_up.append(call_sid)

    def stop_ringing(self, call_sid: str) -> None:
        self._asked("stop_ringing")
        self.stopped.append(call_sid)

    @contextmanager
    def recording(self, sid: str) -> Iterator[Recording]:
        self._asked("recording")
        if sid not in self.sounds:
            raise NotThere("The telephone network does not have it, or not yet.")
        self.fetched.append(sid)
        yield Recording("audio/x-wav", self._pieces(self.sounds[sid]))

    def delete_recording(self, sid: str) -> None:
        self._asked("delete_recording")
        self.sounds.pop(sid, None)
        self.deleted.append(sid)

    def recordings_of(self, call_sid: str) -> Sequence[Recorded]:
        self._asked("recordings_of")
        return self.recorded.get(call_sid, [])

    def calls_of(self, number: str, day: date) -> Sequence[ListedCall]:
        self._asked("calls_of")
        return [call for to, call in self.calls if to == number and call.started_at.date() == day]

    def recordings_on(self, day: date) -> Sequence[ListedRecording]:
        self._asked("recordings_on")
        return [each for each in self.recordings if each.created_at.date() == day]

    def text(self, to: str, from_: str, words: str, *, status_url: str, valid_seconds: int) -> str:
        sid = a_sid("SM")
        self._asked("text")
        self.texted.append(Texted(to, from_, words, status_url, valid_seconds, sid, self.now()))
        self._asked("answer to text")
        return sid

    def texts_to(self, to: str, from_: str, since: datetime) -> Sequence[SentText]:
        self._asked("texts_to")
        sent = [text for text in self.texted if (text.to, text.from_) == (to, from_) and text.at >= since]
        return [SentText(text.sid, text.at, "queued", text.words) for text in sent]

    def _asked(self, method: str) -> None:
        self.before.get(method, lambda: None)()
        with self._one_at_a_time:
            failure = self.failures[method].pop(0) if self.failures[method] else None
        if failure:
            raise failure

    def _pieces(self, sound: bytes) -> Iterator[bytes]:
        for at in range(0, len(sound), 10_000):
            self._asked("chunk")
            yield sound[at : at + 10_000]


def is_a_telephone(telephone: FakeTelephone) -> Telephone:
    """The type checker's word that the fake has the shape of the real one."""
    return telephone
