"""The directory of a process that serves the telephone door alone: in memory, and fresh when the configuration changes.

It is read again on the notice `configured`, and once a minute whatever happens: a notice is a hint that can be lost.
"""

import asyncio
from types import TracebackType
from typing import Self

import structlog
from psycopg import AsyncConnection
from psycopg import Error as DatabaseError
from sqlalchemy.exc import SQLAlchemyError

from advice_line import db
from advice_line.errors import AdviceLineError
from advice_line.lines.directory import Directory
from webhooks.database import conninfo

A_MINUTE = 60.0
PAUSE = 5.0  # seconds after a failure
LISTEN = "LISTEN advice_line"
CONFIGURED = "configured"

log = structlog.get_logger()


class LiveDirectory:
    """Call it for the directory. `async with` loads it first, which must succeed, and keeps it fresh."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._engine = db.connect(database_url, pool_size=1)
        self._directory: Directory | None = None
        self._keeper: asyncio.Task[None] | None = None

    def __call__(self) -> Directory:
        """The directory as it was last read."""
        if self._directory is None:
            raise RuntimeError("The directory is asked for before it was opened.")
        return self._directory

    async def __aenter__(self) -> Self:
        await self._read()
        self._keeper = asyncio.create_task(self._keep_fresh())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._engine.dispose()

    async def _keep_fresh(self) -> None:
        while True:
            try:
                await self._follow()
            except (DatabaseError, SQLAlchemyError, AdviceLineError, OSError) as error:
                # Calls go on with what is in memory.
                log.error("directory_not_read", problem=type(error).__name__)  # noqa: TRY400 - said in full at start
                await asyncio.sleep(PAUSE)

    async def _follow(self) -> None:
        async with await AsyncConnection.connect(conninfo(self._url), autocommit=True) as connection:
            await connection.execute(LISTEN)
            while True:
                await self._read()
                await _news(connection)

    async def _read(self) -> None:
        self._directory = await asyncio.to_thread(self._load)

    def _load(self) -> Directory:
        with db.transaction(self._engine, None) as session:
            return Directory.load(session)


async def _news(connection: AsyncConnection) -> None:
    """Until the configuration changed, or a minute has gone by."""
    async for notice in connection.notifies(timeout=A_MINUTE):
        if notice.payload == CONFIGURED:
            return
