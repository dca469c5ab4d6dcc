"""The notice that wakes the scheduler when events were kept: at once, then at most so often while more come in.

It is sent apart from the events, and waits for no disk: PostgreSQL commits notices one at a time, so events that
carried their own could only be committed one by one. A lost notice loses nothing: the scheduler's poll is the promise.
"""

import asyncio

import structlog

from webhooks.database import PATIENCE, Pool

PAUSE = 0.05  # seconds between two notices
NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify('advice_line', 'event')"

log = structlog.get_logger()


class Notice:
    """Says that there is news, through the pool's connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._news = False
        self._sender: asyncio.Task[None] | None = None

    def send(self) -> None:
        """There is news; returns at once."""
        self._news = True
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self._news:
            self._news = False
            try:
                async with asyncio.timeout(PATIENCE), self._pool.connection() as connection:
                    await connection.execute(NOTIFY)
            except Exception as error:
                log.warning("notice_not_sent", problem=type(error).__name__)
            await asyncio.sleep(PAUSE)
