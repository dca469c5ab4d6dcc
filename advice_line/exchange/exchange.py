"""The exchange: everything that is going on, in one place. Calls begin in `inbound` and `outbound` and live here."""

import asyncio
import logging
import time
from collections.abc import Coroutine

from advice_line.exchange import clock
from advice_line.exchange.call import FINAL, Call, Direction, Status
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.faults import Fault, Faults
from advice_line.exchange.handset import Bell, Handset
from advice_line.exchange.log import Log
from advice_line.exchange.phones import Phones
from advice_line.exchange.queues import Queues
from advice_line.exchange.recordings import Recordings
from advice_line.exchange.sids import Sids
from advice_line.exchange.texts import Texts
from advice_line.exchange.wire import Answer, Ask, Wire

logger = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 3.0
HELD_BACK_SECONDS = 5.0
"""How long an event that is out of order waits for one to overtake it."""

EVENT_NAMES: dict[Status, str] = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}


class Exchange:
    """The calls, the telephones, the recordings, and the work that goes on behind them."""

    def __init__(self, config: ExchangeConfig) -> None:
        self.config = config
        self.log = Log(config.data)
        self.sids = Sids(config.seed)
        self.faults = Faults(self.log)
        self.wire = Wire(config, self.log, self.sids, self.faults)
        self.phones = Phones()
        self.texts = Texts(config, self.wire, self.log, self.sids)
        self.queues = Queues(self.sids)
        self.recordings = Recordings(config.data / "recordings", self.log)
        self.calls: dict[str, Call] = {}
        self.bell = Bell()
        self.closing = False

    def new_call(self, direction: Direction, from_: str, to: str, api_base: str, handset: Handset) -> Call:
        """A call that has just been asked for."""
        call = Call(
            sid=self.sids.new("CA"),
            account_sid=self.config.account_sid,
            from_=from_,
            to=to,
            direction=direction,
            api_base=api_base,
            handset=handset,
            created_at=clock.now(),
        )
        self.calls[call.sid] = call
        return call

    def move(self, call: Call, status: Status) -> None:
        """Bring a call into its next state, and tell those who asked to be told. A last state stays."""
        if call.over or call.status == status:
            return
        call.status, call.updated_at = status, clock.now()
        if status == "in-progress":
            call.answered_at, call.handset.seconds = call.updated_at, 0.0
        if status in FINAL:
            call.ended_at = call.updated_at
            call.handset.close()
        self.log.write("call", call_sid=call.sid, status=status)
        for watcher in call.watchers:
            if EVENT_NAMES.get(status, "completed") in watcher.events:
                event = call.event(watcher, call.updated_at)
                self.tell(call, Ask("status", call.sid, watcher.url, event, watcher.method))
        self._stir(call)

    async def ask(self, ask: Ask) -> Answer:
        """Ask the product what to do next. Raises WireError."""
        late = self.faults.take(ask.purpose, ask.call_sid, "delay")
        if late:
            await asyncio.sleep(late.seconds)
        return await self.wire.fetch(ask)

    def tell(self, call: Call, ask: Ask, *, in_turn: bool = True) -> asyncio.Task[None]:
        """Post an event about a call in the background; in turn means after the events before it.

        The task is done when the event was told, or when it was found that a fault has it told later.
        """
        if not in_turn:
            return self.spawn(call, self._tell(call, ask, None))
        call.last_event = self.spawn(call, self._tell(call, ask, call.last_event))
        return call.last_event

    def spawn(self, call: Call, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do work in the background; the call, and the call that dialled it, are not settled until it is done."""
        task = asyncio.create_task(self._logged(call, work))
        for leg in call.legs_up():
            leg.tasks.add(task)
        task.add_done_callback(lambda done: self._done(call, done))
        return task

    async def close(self) -> None:
        """Hang up every call, give the product a moment to hear of it, and close what is open."""
        self.wake()
        tasks = {task for call in self.calls.values() for task in call.tasks}
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.texts.close(LAST_WORDS_SECONDS)
        await self.wire.close()
        self.log.close()

    def wake(self) -> None:
        """The exchange is about to stop: let go of everybody who waits for news, and have everybody hang up."""
        self.closing = True
        self.bell.ring()
        self.texts.bell.ring()
        for call in self.calls.values():
            call.handset.hang_up()

    async def _tell(self, call: Call, ask: Ask, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        fault = self.faults.take(ask.purpose, call.sid, "delay", "reorder")
        if fault is None:
            await self.wire.tell(ask)
            call.told += 1
        else:
            self.spawn(call, self._tell_later(call, ask, fault))

    async def _tell_later(self, call: Call, ask: Ask, fault: Fault) -> None:
        if fault.does == "delay":
            await asyncio.sleep(fault.seconds)
        else:
            await self._overtaken(call)
        await self.wire.tell(ask)
        call.told += 1

    async def _overtaken(self, call: Call) -> None:
        told, deadline = call.told, time.monotonic() + HELD_BACK_SECONDS
        while call.told == told and not self.closing and (left := deadline - time.monotonic()) > 0:
            await call.handset.bell.wait(left)

    async def _logged(self, call: Call, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception as error:
            logger.exception("The practice exchange broke", extra={"call_sid": call.sid})
            self.log.write("fault", call_sid=call.sid, error=repr(error))
            self.move(call, "failed")

    def _done(self, call: Call, task: asyncio.Task[None]) -> None:
        for leg in call.legs_up():
            leg.tasks.discard(task)
            self._stir(leg)

    def _stir(self, call: Call) -> None:
        call.handset.stir()
        self.bell.ring()
