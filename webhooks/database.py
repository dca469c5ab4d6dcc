"""The telephone door's own connections: few, asynchronous, and apart from all others, so that no slow page or report
can take one away from a caller."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import make_url

CONNECTIONS = 4
PATIENCE = 3.0  # seconds for one look or one write; a caller waits as long in silence, and the network 15 at the most

T = TypeVar("T")
_LATE: set[asyncio.Task[Any]] = set()
Pool = AsyncConnectionPool[AsyncConnection[tuple[object, ...]]]


def pool(database_url: str) -> Pool:
    """The door's connections; `async with` opens them, and does not wait for a database that is away."""
    return AsyncConnectionPool(
        conninfo(database_url),
        open=False,
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        timeout=PATIENCE,
        # Given up soon, because the next event asks again at once; tries left alone come ever more rarely.
        reconnect_timeout=10.0,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "application_name": "advice-line webhooks",
            "connect_timeout": round(PATIENCE),
            "options": f"-c statement_timeout={PATIENCE * 1000:.0f} -c timezone=UTC",
        },
    )


async def in_time(work: Coroutine[None, None, T]) -> T:
    """The result of a look into the database. Raises TimeoutError after PATIENCE, whatever the driver is up to.

    Cancelled, the driver asks the server to stop and waits ten seconds more for its word, which on a dead wire never
    comes. A caller cannot wait so long: what is late is left to end by itself.
    """
    task = asyncio.create_task(work)
    _LATE.add(task)  # the loop itself would let it be collected
    task.add_done_callback(_forget)
    await asyncio.wait({task}, timeout=PATIENCE)
    if not task.done():
        task.cancel()
        raise TimeoutError
    return task.result()


def _forget(task: asyncio.Task[T]) -> None:
    _LATE.discard(task)
    if not task.cancelled():
        task.exception()  # has been seen: nobody waits for one that was late


def conninfo(database_url: str) -> str:
    """The address of the database as the driver itself reads it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
