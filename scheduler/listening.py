"""Listening: the notices of the database, which spare the jobs the wait for their next turn.

A notice is a hint. One that is missed, or a connection that breaks, costs a second or two and nothing else.
"""

from collections.abc import Callable
from threading import Event, Thread

import psycopg
import structlog
from sqlalchemy import URL

from advice_line.db import KEEP_ALIVE
from scheduler.job import in_short

log = structlog.get_logger()

CHANNEL = "advice_line"
LOOK_UP_EVERY = 0.2  # seconds between two looks at whether to stop: a process that is asked to end waits for them
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0


class Listener:
    """A thread that calls `hear` with every notice, and `missed` whenever some may have gone by unheard."""

    def __init__(self, url: URL, hear: Callable[[str], None], missed: Callable[[], None], stop: Event) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._hear, self._missed, self._stop = hear, missed, stop
        self._thread = Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen; comes back at once."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end, which `stop` brings about."""
        self._thread.join()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._address, autocommit=True, **KEEP_ALIVE) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    pause = FIRST_PAUSE
                    self._missed()
                    self._listen(connection)
            except Exception as error:
                log.warning("listener_lost", again_in_seconds=pause, **in_short(error))
                self._stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _listen(self, connection: psycopg.Connection) -> None:
        while not self._stop.is_set():
            for notice in connection.notifies(timeout=LOOK_UP_EVERY, stop_after=1):
                self._hear(notice.payload)
