"""The store: events kept durably before their posts are answered, in one round trip to the database.

What arrives while a write is under way is written together in the next one. So a thousand callers share the cost of a
few commits, and a single one waits for nobody.
"""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import DataError, IntegrityError, OperationalError
from psycopg.errors import AdminShutdown, CrashShutdown
from psycopg_pool import PoolTimeout

from webhooks.database import PATIENCE, Pool
from webhooks.event import Event
from webhooks.notice import Notice

WRITERS = 2  # at once: should one hang on a broken connection, the other goes on
MOST_TOGETHER = 64
MOST_WAITING = 5000  # more than that are turned away at once
RECEIVE = "SELECT receive_events(%s)"


class NotKept(Exception):
    """An event could not be kept."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    kept: asyncio.Future[bool]


class DatabaseEventStore:
    """The raw inbox in the database. Its pool must be open."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._notice = Notice(pool)
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers = 0

    async def keep(self, event: Event) -> bool:
        """Keep an event durably: True when it is new. Raises NotKept, or TimeoutError after PATIENCE."""
        if len(self._waiting) >= MOST_WAITING:
            raise NotKept("Too many events are waiting.")
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(event, kept))
        if self._writers < WRITERS:
            self._writers += 1
            task = asyncio.create_task(self._write())
            self._tasks.add(task)  # the loop itself would let it be collected
            task.add_done_callback(self._tasks.discard)
        async with asyncio.timeout(PATIENCE):
            return await kept

    async def _write(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), MOST_TOGETHER)
                await self._write_together([self._waiting.popleft() for _ in range(count)])
        finally:
            # In the same breath as the last look: an event that comes later must start a new writer.
            self._writers -= 1

    async def _write_together(self, batch: Sequence[_Waiting]) -> None:
        try:
            new = await self._received([waiting.event for waiting in batch])
        except (DataError, IntegrityError) as error:
            await self._write_apart(batch, error)
        except Exception as error:
            _give_up(batch, error)
        else:
            self._settle(batch, new)

    async def _write_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One of them cannot be kept: it must take none of the others with it."""
        if len(batch) == 1:
            _give_up(batch, error)
            return
        for waiting in batch:
            await self._write_together([waiting])

    def _settle(self, batch: Sequence[_Waiting], new: set[str]) -> None:
        if new:
            self._notice.send()
        for waiting in batch:
            if not waiting.kept.done():
                waiting.kept.set_result(waiting.event.key in new)
            new.discard(waiting.event.key)

    async def _received(self, events: Sequence[Event]) -> set[str]:
        """The keys that were new. Asks twice when the connection was broken: receiving twice changes nothing."""
        try:
            return await self._receive(events)
        except PoolTimeout:
            raise
        except (AdminShutdown, CrashShutdown, OperationalError) as error:
            if error.sqlstate and not isinstance(error, AdminShutdown | CrashShutdown):
                raise
            await self._pool.check()
            return await self._receive(events)

    async def _receive(self, events: Sequence[Event]) -> set[str]:
        told = json.dumps([event.as_json() for event in events])
        async with asyncio.timeout(2 * PATIENCE), self._pool.connection() as connection:
            cursor = await connection.execute(RECEIVE, [told])
            return {str(key) for (key,) in await cursor.fetchall()}


def _give_up(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.kept.done():
            waiting.kept.set_exception(NotKept(type(error).__name__))
