"""The refusal count: how many posts had a wrong signature, counted in memory and written down now and then.

Anybody can send such posts, so one costs a number and nothing else: the database hears of them every few seconds at
the most, however many there are.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from webhooks.database import PATIENCE, Pool

PAUSE = 10.0  # seconds between two writes
ADD = "INSERT INTO refused_post (at, count) VALUES (%s, %s)"

log = structlog.get_logger()


class RefusalCount:
    """Counts refused posts, and writes the count down through the pool's connections."""

    def __init__(self, pool: Pool, now: Callable[[], datetime], pause: float = PAUSE) -> None:
        self._pool, self._now, self._pause = pool, now, pause
        self._count = 0
        self._writer: asyncio.Task[None] | None = None

    def count(self) -> None:
        """One more; returns at once."""
        self._count += 1
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._count:
            await asyncio.sleep(self._pause)
            count, self._count = self._count, 0
            try:
                async with asyncio.timeout(PATIENCE), self._pool.connection() as connection:
                    await connection.execute(ADD, [self._now(), count])
            except Exception as error:
                self._count += count
                log.warning("refusals_not_written", problem=type(error).__name__)
