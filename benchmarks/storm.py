"""200 callers at once, through the whole flow, on the real processes; then the same while processes are killed.

Each caller rings, presses 3 and 1, speaks, and hangs up. What really happened is what the exchange wrote into its own
log; what we know of it stands in the database and lies in the vault. The second time the callers ring within some
seconds, and the web process, the scheduler and the database are ended with SIGKILL at moments drawn from a seed, and
started again; then the network's lists are compared with what is stored. Run: `python -m benchmarks.storm`.
"""

import asyncio
import json
import math
import sys
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import httpx
import numpy as np
from sqlalchemy import text

from advice_line import clock
from advice_line.clock import LONDON
from advice_line.exchange.sound import RATE, Sound
from benchmarks import house
from benchmarks.house import House
from benchmarks.webhook import LINE

CALLERS = 200
SPOKEN = 3  # seconds
SPREAD = 20.0  # seconds within which the callers of the second storm ring
PACE = 0.1  # real seconds for a second of a call in the second storm; a call lasts about 110
KILLS = 2  # of each process
SEED = 2027
LONGEST_CALL = 100.0  # seconds
STILL_FOR = 60.0  # seconds without any change after which what is missing counts as lost
STILL_FOR_SOUNDS = 10.0  # and after which we wait no longer for a sound that a killed worker had in hand: five minutes
PAUSE = 0.1  # seconds between two looks at the processes
STEPS = ("voice", "keys", "recorded", "recording", "status", "fallback")


@dataclass
class Truth:
    """What really happened, by the exchange's own log."""

    calls: set[str] = field(default_factory=set)
    recordings: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    unanswered: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, log: Path) -> "Truth":
        """Read a log to its end."""
        truth = cls()
        for line in log.read_text(encoding="utf-8").splitlines():
            truth.take(json.loads(line))
        return truth

    def take(self, entry: dict[str, object]) -> None:
        """One line."""
        match entry["event"]:
            case "call":
                self.calls.add(str(entry["call_sid"]))
            case "recording" if entry["status"] == "processing":
                self.recordings[str(entry["recording_sid"])] = str(entry["call_sid"])
            case "recording" if entry["status"] == "deleted":
                self.deleted.add(str(entry["recording_sid"]))
            case "request" if entry["status"] is not None and 200 <= int(str(entry["status"])) < 300:
                self.milliseconds[str(entry["purpose"])].append(float(str(entry["milliseconds"])))
            case "request":
                self.unanswered[str(entry["purpose"])] += 1


@dataclass(frozen=True)
class Ours:
    """What we know: the end state of each call, and for each recording the states of its messages."""

    calls: dict[str, str]
    messages: dict[str, list[str]]
    enquiries: Counter[str]

    @classmethod
    def of(cls, house: House) -> "Ours":
        """Look at the database, as its owner."""
        messages: dict[str, list[str]] = defaultdict(list)
        with house.owner.connect() as connection:
            for sid, state in connection.execute(text("SELECT recording_sid, state FROM message")):
                messages[sid or ""].append(state)
            calls = {row.sid: row.end_state for row in connection.execute(text("SELECT sid, end_state FROM call"))}
            enquiries = Counter(
                number for (number,) in connection.execute(text("SELECT caller_number FROM enquiry ORDER BY id"))
            )
        return cls(calls, dict(messages), enquiries)


@dataclass(frozen=True)
class Account:
    """Truth and ours, side by side."""

    unknown_calls: int
    open_calls: int
    unknown_recordings: int
    waiting: int
    gone: int
    doubled: int

    @classmethod
    def of(cls, truth: Truth, ours: Ours) -> "Account":
        """`waiting`: known, still at the network, about to be fetched. `gone`: at the network no more, nor with us."""
        stored = {sid for sid, states in ours.messages.items() if states == ["stored"]}
        return cls(
            unknown_calls=len(truth.calls - ours.calls.keys()),
            open_calls=sum(ours.calls.get(sid) == "in_progress" for sid in truth.calls),
            unknown_recordings=len(truth.recordings.keys() - ours.messages.keys()),
            waiting=len(truth.recordings.keys() & ours.messages.keys() - stored - truth.deleted),
            gone=len(truth.deleted - stored),
            doubled=sum(len(states) - 1 for sid, states in ours.messages.items() if sid in truth.recordings)
            + sum(times - 1 for times in ours.enquiries.values()),
        )

    @property
    def lost(self) -> int:
        """Calls and recordings that we do not know, and sounds that nobody has any more."""
        return self.unknown_calls + self.unknown_recordings + self.gone

    @property
    def complete(self) -> bool:
        """Whether every call has its end, and every recording its row."""
        return self.lost == 0 and self.open_calls == 0

    @property
    def finished(self) -> bool:
        """Whether every sound is stored as well."""
        return self.complete and self.waiting == 0


def main() -> None:
    """Both storms, with their figures. Exits with 1 when anything was lost or doubled."""
    good = [_calm(), _with_kills()]
    if not all(good):
        sys.exit(1)


def _calm() -> bool:
    with house.running(pace=0) as home:
        began = time.monotonic()
        asyncio.run(_ring(home, [0.0] * CALLERS, []))
        taken = time.monotonic() - began
        account, accounted, stored = _settled(home)
        truth = Truth.of(home.exchange_log)
        print(f"  {len(truth.calls)} calls at once: {taken:.1f} s, {len(truth.calls) / taken:.0f} calls/s")
        _tell_steps(truth)
        return _tell(truth, account, accounted, stored)


def _with_kills() -> bool:
    random = Random(SEED)
    moments = sorted(random.uniform(0, SPREAD) for _ in range(CALLERS))
    kills = [(random.uniform(2, SPREAD + 8), name) for name in house.MORTAL for _ in range(KILLS)]
    with house.running(pace=PACE) as home:
        asyncio.run(_ring(home, moments, kills))
        home.wait_until_ready()
        before = Account.of(Truth.of(home.exchange_log), Ours.of(home))
        account, accounted, stored = _settled(home, reconciling=True)
        truth = Truth.of(home.exchange_log)
        killed = ", ".join(f"{name} at {at:.0f} s" for at, name in sorted(kills))
        print(f"  {len(truth.calls)} calls within {SPREAD:.0f} s; killed: {killed}")
        print(f"    requests that found nobody: {dict(truth.unanswered) or 'none'}")
        print(f"    unknown before reconciling: calls {before.unknown_calls}, recordings {before.unknown_recordings}")
        return _tell(truth, account, accounted, stored)


async def _ring(home: House, moments: Sequence[float], kills: Sequence[tuple[float, str]]) -> None:
    """Every call from ring to end, each begun at its moment; meanwhile these are killed, and started again."""
    numbers, sound = count(), b64encode(_hum().wav()).decode()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=home.exchange_url, timeout=LONGEST_CALL, limits=limits) as client:

        async def call(moment: float) -> None:
            await asyncio.sleep(moment)
            caller = f"+447700900{next(numbers):03d}"
            order = {"to": LINE, "from": caller, "keys": "31", "audio_base64": sound}
            (await client.post("/practice/calls", json=order)).raise_for_status()

        async def kill(moment: float, name: str) -> None:
            await asyncio.sleep(moment)
            if not home.kill(name):  # whoever is down from the time before is killed when they are back
                await kill(PAUSE, name)

        tending = asyncio.create_task(_tend(home))
        await asyncio.gather(*(call(moment) for moment in moments), *(kill(*one) for one in kills))
        tending.cancel()


async def _tend(home: House) -> None:
    while True:
        home.tend()
        await asyncio.sleep(PAUSE)


def _settled(home: House, *, reconciling: bool = False) -> tuple[Account, float, float]:
    """Wait until all is accounted for, and then for the last sound; gives the seconds that each took.

    The network's lists are compared again and again, which the scheduler does every quarter of an hour: what changed in
    the last half minute is left to the webhooks. Given up only when nothing has changed for a while, so that a slow
    machine is not taken for a loss.
    """
    since = clock.now().astimezone(LONDON).date().isoformat()
    began, changed, accounted, before = time.monotonic(), time.monotonic(), math.inf, None
    while True:
        home.tend()
        account, now = Account.of(Truth.of(home.exchange_log), Ours.of(home)), time.monotonic()
        changed = now if account != before else changed
        if account.complete:
            accounted = min(accounted, now - began)
        if account.finished or now - changed > (STILL_FOR_SOUNDS if account.complete else STILL_FOR):
            return account, accounted, changed - began
        if reconciling and not account.complete:
            home.command("reconcile", "--since", since)
        before = account
        time.sleep(0.2)


def _tell_steps(truth: Truth) -> None:
    for step in STEPS:
        taken = sorted(truth.milliseconds[step])
        if taken:
            p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
            print(f"    {step:<10} {len(taken):5} answers  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms")


def _tell(truth: Truth, account: Account, accounted: float, stored: float) -> bool:
    lost = (
        f"lost {account.lost} (calls {account.unknown_calls}, recordings {account.unknown_recordings + account.gone})"
    )
    print(f"    recordings {len(truth.recordings)}; {lost}, doubled {account.doubled}, not ended {account.open_calls}")
    waiting = f"all sounds but {account.waiting}" if account.waiting else "all sounds"
    known = "not all accounted for" if accounted == math.inf else f"all accounted for after {accounted:.1f} s"
    print(f"    {known}, {waiting} stored after {stored:.1f} s", flush=True)
    return account.lost == account.doubled == account.open_calls == 0


def _hum() -> Sound:
    moments = np.arange(SPOKEN * RATE) / RATE
    return Sound((8000 * np.sin(2 * np.pi * 300 * moments)).astype(np.int16))


if __name__ == "__main__":
    main()
