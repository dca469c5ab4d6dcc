"""Hints: "something of this service changed", from PostgreSQL to every page that is being looked at.

One connection of the process listens. A notification is a hint and carries ids alone: whoever gets one reads the state
afresh. It is said as `NOTIFY advice_line, 'WHAT SERVICE_ID'`; what names no service is meant for others.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import psycopg
import structlog
from sqlalchemy import Engine

log: structlog.stdlib.BoundLogger = structlog.get_logger()

CHANNEL = "advice_line"
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A connection that a firewall forgot is noticed within a minute.
KEEPALIVE = {"keepalives": "1", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


class Watcher:
    """One open page of a service."""

    def __init__(self, service_id: int) -> None:
        self.service_id = service_id
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Something changed; told twice before it looks, it looks once."""
        self._changed.set()

    async def changed(self, within: float) -> bool:
        """Wait for a change; False when none came within so many seconds."""
        try:
            await asyncio.wait_for(self._changed.wait(), within)
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Hints:
    """Listens while anybody watches; comes back by itself when the connection is lost."""

    def __init__(self, engine: Engine) -> None:
        self._address = (
            engine.url.set(drivername="postgresql").update_query_dict(KEEPALIVE).render_as_string(hide_password=False)
        )
        self._watchers: set[Watcher] = set()
        self._listening: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    @asynccontextmanager
    async def watching(self, service_id: int) -> AsyncIterator[Watcher]:
        """Watch a service for as long as the block runs."""
        watcher = Watcher(service_id)
        self._watchers.add(watcher)
        if self._loop is None:
            self._close_when_asked_to_stop()
        self._loop = asyncio.get_running_loop()
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen(), name="hints")
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            if not self._watchers and self._listening is not None:
                self._listening.cancel()
                self._listening = None

    def close(self) -> None:
        """Let every open event stream end, so that the server can stop. May be called from any thread."""
        self.closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_all)

    def _close_when_asked_to_stop(self) -> None:
        # The server waits for open answers before it tells its applications to stop: a stream would never end.
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)

            def stop(signum: int, frame: FrameType | None, before: Handler = before) -> None:
                self.close()
                if callable(before):
                    before(signum, frame)

            signal.signal(number, stop)

    async def _listen(self) -> None:
        pause, first = FIRST_PAUSE, True
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._address, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    if not first:
                        self._tell_all()  # nobody knows what changed in between
                    pause, first = FIRST_PAUSE, False
                    async for notice in connection.notifies():
                        self._tell(notice.payload)
            except psycopg.OperationalError as error:
                log.warning("hints_lost", error=type(error).__name__, again_in_seconds=pause)
            await asyncio.sleep(pause)
            pause, first = min(pause * 2, LONGEST_PAUSE), False

    def _tell(self, payload: str) -> None:
        service_id = payload.rpartition(" ")[2]
        for watcher in self._watchers:
            if service_id == str(watcher.service_id):
                watcher.tell()

    def _tell_all(self) -> None:
        for watcher in self._watchers:
            watcher.tell()
