"""A lock file: how users and keepers know of one another, even when one of them is killed."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

POLL = 0.01  # seconds


class Lock:
    """One process's hold on a lock file, let go by `close` or by the end of the process, however it ends.

    A forked child shares the hold: it lasts until both have ended or closed it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def share(self, *, within: float) -> bool:
        """Hold it together with others; False if somebody held it alone for all of `within` seconds."""
        return self._retried(fcntl.LOCK_SH, within)

    def take(self, *, within: float) -> bool:
        """Hold it alone; False if somebody else held it for all of `within` seconds."""
        return self._retried(fcntl.LOCK_EX, within)

    def wait_to_take(self) -> None:
        """Hold it alone, however long that takes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def close(self) -> None:
        # Only closed, never unlocked: an unlock would also take it from forked children that still use the server.
        os.close(self._file)

    def _retried(self, kind: int, within: float) -> bool:
        deadline = time.monotonic() + within
        while not self._tried(kind):
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True

    def _tried(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
