"""Homes, users in other processes, and ways to look at the processes behind them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advice_line import embedded
from advice_line.embedded.account import Account
from advice_line.embedded.place import Place
from tests.memory import data_home

HOUSE = Path(__file__).parents[2]
PATIENCE = 60  # seconds
# Ctrl-C is not ignored, as it is by whatever runs in the background of a shell, these tests maybe among it.
USER = """
import signal, sys
from pathlib import Path
from advice_line.embedded import running
signal.signal(signal.SIGINT, signal.default_int_handler)
home, fast_and_unsafe = Path(sys.argv[1]), sys.argv[2] == "fast"
with running(home, fast_and_unsafe=fast_and_unsafe) as server:
    print(server.admin_url, flush=True)
    sys.stdin.read()
"""


def ask(url: str, statement: str) -> Any:
    """The first value of the first row that a statement gives, in a transaction of its own."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute(statement.encode())
        row = found.fetchone() if found.description else None
        return row[0] if row else None


def filled(home: Path, made_home: Path) -> Path:
    """This home, with a copy of a database that was made."""
    made, place = Place.of(made_home), Place.of(home)
    Account.for_server().make_folder(place.base)
    subprocess.run(["cp", "-a", made.data, place.base], check=True)
    subprocess.run(["cp", "-a", made.passwords, place.folder], check=True)
    return home


def taken_away(home: Path) -> None:
    """Wait until nobody uses this home, and leave nothing of it."""
    until(lambda: not keepers(home))
    embedded.remove(home)
    shutil.rmtree(home)


def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail if it does not in time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def lives(process: int) -> bool:
    """Whether a process runs; one that ended and is not yet reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def keepers(home: Path) -> list[int]:
    """The keepers of a home."""
    return [process for process in _processes() if _is_keeper(_command(process), home)]


def servers(home: Path) -> list[int]:
    """The servers on the data folder of a home, without their children."""
    return [process for process in _processes() if os.fsencode(Place.of(home).data) in _command(process)]


class OtherUser:
    """A user of the server in a process, and a terminal's process group, of its own."""

    def __init__(self, home: Path, *, durable: bool = False, python: str = sys.executable, **how: Any) -> None:
        self._process = subprocess.Popen(
            [python, "-c", USER, str(home), "durable" if durable else "fast"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **{"cwd": HOUSE, **how},
        )

    def url(self) -> str:
        """The admin's URL, once the server is ready."""
        assert self._process.stdout
        return str(self._process.stdout.readline()).strip()

    def leaves(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(PATIENCE) == 0

    def is_killed(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def is_interrupted(self) -> None:
        """Ctrl-C: the terminal interrupts every process of the group in front."""
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(PATIENCE)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()


StartUser = Callable[..., OtherUser]


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """A data home of this test's own without a database yet; nothing is left of it afterwards."""
    home = data_home()
    yield home
    taken_away(home)


@pytest.fixture
def home(fresh_home: Path, made_home: Path) -> Path:
    """A data home with a new database that no server has open."""
    return filled(fresh_home, made_home)


@pytest.fixture(scope="session")
def made_home() -> Iterator[Path]:
    """Made once, because the other homes are made faster by copying it."""
    home = data_home()
    with embedded.running(home):
        pass
    yield home
    taken_away(home)


@pytest.fixture
def other_user() -> Iterator[StartUser]:
    """Starts users in processes of their own."""
    with ExitStack() as ends:

        def start(home: Path, **how: Any) -> OtherUser:
            user = OtherUser(home, **how)
            ends.callback(user.close)
            return user

        yield start


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _is_keeper(command: bytes, home: Path) -> bool:
    return b"advice_line.embedded.keeper\0--home\0" + os.fsencode(home) + b"\0" in command + b"\0"
