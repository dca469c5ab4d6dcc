"""The directory as a running process knows it: kept in memory, and read again soon after somebody configured a service.

A caller is answered from memory, so the database may be slow or away; what was known last then stays in force.
"""

import threading
from datetime import datetime

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from advice_line import clock, db
from advice_line.clock import london_date
from advice_line.errors import Misconfigured
from advice_line.lines.directory import Directory
from advice_line.lines.rows import ServiceRow

LOOK_EVERY = 5.0  # seconds
log = structlog.get_logger()
Edition = tuple[int, datetime | None]


class CurrentDirectory:
    """Call it for the directory. Looks for changes from a thread of its own until `close`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._edition, self._directory = self._read()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_current, name="directory", daemon=True)
        self._thread.start()

    def __call__(self) -> Directory:
        return self._directory

    def close(self) -> None:
        """Stop looking for changes."""
        self._closing.set()
        self._thread.join()

    def look(self) -> None:
        """Read the directory again if a service was configured since."""
        with db.transaction(self._engine, None) as session:
            changed = session.execute(_EDITION).one() != self._edition
        if changed:
            self._edition, self._directory = self._read()
            log.info("directory_read_again", services=len(self._directory.services))

    def _read(self) -> tuple[Edition, Directory]:
        with db.transaction(self._engine, None) as session:
            many, newest = session.execute(_EDITION).one()
            directory = Directory.load(session)
        for service in directory.services.values():
            # The first look at a year's bank holidays takes a second: better now than while a caller waits.
            service.calendar.is_working_day(london_date(clock.now()))
        return (many, newest), directory

    def _keep_current(self) -> None:
        while not self._closing.wait(LOOK_EVERY):
            try:
                self.look()
            except (SQLAlchemyError, Misconfigured) as error:
                log.warning("directory_not_read", problem=type(error).__name__)


_EDITION = select(func.count(), func.max(ServiceRow.configured_at)).select_from(ServiceRow)
