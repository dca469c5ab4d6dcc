"""Queues: who waits in which, in what order, and what becomes of them."""

import asyncio
from dataclasses import dataclass, field

from advice_line.exchange.call import Call
from advice_line.exchange.handset import Handset
from advice_line.exchange.sids import Sids


@dataclass(eq=False)
class Member:
    """A caller in a queue, and what becomes of them."""

    call: Call
    queue: "Queue"
    joined: float
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    taker: Call | None = None
    connecting: str = ""
    ready: bool = False
    bridged: bool = False
    over: bool = False

    @property
    def seconds(self) -> int:
        """How long they have waited, in seconds of the line."""
        return int(self.call.handset.seconds - self.joined)

    def parameters(self) -> dict[str, str]:
        """What the wait URL is told."""
        waiting = self.queue.members
        return {
            "QueueSid": self.queue.sid,
            "QueueTime": str(self.seconds),
            "QueuePosition": str(waiting.index(self) + 1 if self in waiting else 1),
            "CurrentQueueSize": str(len(waiting)),
            "AvgQueueTime": str(sum(each.seconds for each in waiting) // max(1, len(waiting))),
        }

    def finish(self) -> None:
        """The two are parted, or one of them has gone."""
        self.over = True
        self.call.handset.stir()


@dataclass(eq=False)
class Queue:
    """Callers in the order in which they came, and those who dialled it when it was empty."""

    sid: str
    members: list[Member] = field(default_factory=list)
    dialling: list[Handset] = field(default_factory=list)

    def join(self, member: Member) -> None:
        """The last in the queue."""
        self.members.append(member)
        for handset in self.dialling:
            handset.stir()

    def leave(self, member: Member) -> None:
        """Gone, for whatever reason."""
        if member in self.members:
            self.members.remove(member)


class Queues:
    """Every queue of the account, made when it is first named."""

    def __init__(self, sids: Sids) -> None:
        self._sids = sids
        self._queues: dict[str, Queue] = {}

    def named(self, name: str) -> Queue:
        """The queue of this name."""
        return self._queues.setdefault(name, Queue(self._sids.new("QU")))

    def known(self, name: str) -> Queue | None:
        """The same, unless nobody has ever waited there."""
        return self._queues.get(name)
