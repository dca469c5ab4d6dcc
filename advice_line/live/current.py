"""How the live lines stand, as the telephone door knows it: kept in memory, and looked at again every second.

A caller is answered from memory, so the database may be slow or away; what was known last then stays in force.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from advice_line import db
from advice_line.live import waiting

LOOK_EVERY = 1.0  # seconds
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LiveLine:
    """One line at this moment: therapists on duty, and callers who wait."""

    on_duty: int = 0
    waiting: int = 0


NOBODY = LiveLine()


class CurrentLive:
    """Call it with a line's key. Looks for changes from a thread of its own until `close`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now
        self._lines: Mapping[str, LiveLine] = {}
        self._looking, self._closing = threading.Lock(), threading.Event()
        self._look_kindly()
        self._thread = threading.Thread(target=self._keep_current, name="live lines", daemon=True)
        self._thread.start()

    def __call__(self, line_key: str) -> LiveLine:
        return self._lines.get(line_key, NOBODY)

    def close(self) -> None:
        """Stop looking for changes."""
        self._closing.set()
        self._thread.join()

    def look(self) -> None:
        """Read how things stand now. Two who look at once do so one after the other: who looked later knows more."""
        with self._looking:
            with db.transaction(self._engine, None) as session:
                found = waiting.standings(session, self._now())
            self._lines = {each.line_key: LiveLine(each.on_duty, each.waiting) for each in found}

    def _keep_current(self) -> None:
        while not self._closing.wait(LOOK_EVERY):
            self._look_kindly()

    def _look_kindly(self) -> None:
        try:
            self.look()
        except SQLAlchemyError as error:
            log.warning("live_lines_not_read", problem=type(error).__name__)
