"""The embedded server as its users see it: where it is, and how long it stays."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from advice_line.embedded import roles
from advice_line.embedded.account import LONGEST_RUN
from advice_line.embedded.errors import EmbeddedError
from advice_line.embedded.lock import Lock
from advice_line.embedded.place import PORT, Place
from advice_line.embedded.roles import Role

READY = "ready"  # the keeper's one good word
STOP_WITHIN = 90.0  # seconds that a new user waits for a server that is stopping
LEAVE_WITHIN = 10.0  # seconds that the last user waits for it
GRACE = 1.0  # seconds in which a keeper notices that the last user has left
_HOUSE = Path(__file__).parents[2]  # where `advice_line` is imported from, installed or not


@dataclass(frozen=True)
class Server:
    """A running embedded server. Its URLs hold passwords, so they are not shown when it is printed."""

    owner_url: str = field(repr=False)
    serving_url: str = field(repr=False)
    admin_url: str = field(repr=False)

    def url_for(self, role: Role, database: str) -> str:
        """The URL by which `role` reaches another database of this server."""
        url = {"owner": self.owner_url, "serving": self.serving_url, "admin": self.admin_url}[role]
        return urlsplit(url)._replace(path=f"/{quote(database, safe='')}").geturl()


@contextmanager
def running(home: Path, *, programs: Path | None = None, fast_and_unsafe: bool = False) -> Iterator[Server]:
    """The server of a data home: started if it is not running, and kept until its last user leaves.

    `programs` is a folder with bin/postgres, or that bin folder; without it the wheel's or the machine's own are found.
    `fast_and_unsafe` gives up durability, for tests; both count only for the user who finds no server running.
    Raises EmbeddedError, with one sentence for whoever started us.
    """
    place = Place.of(home)
    options = ["--home", str(home.absolute())]
    options += ["--programs", str(programs.absolute())] if programs else []
    options += ["--fast-and-unsafe"] if fast_and_unsafe else []
    with _used(place):
        yield _joined(place, options)


def remove(home: Path) -> None:
    """Delete the database of a home for ever, wherever it lies; raises EmbeddedError while anybody uses it."""
    place = Place.of(home)
    users = _hold(place)
    unused = _leave(place, users)
    with Lock(place.keeper) as keeper, Lock(place.users) as users:
        if not (unused and keeper.take(within=0) and users.take(within=0)):
            raise EmbeddedError(f"The database in {place.folder} is in use: stop every command of Advice Line first.")
        for folder in (place.base, place.folder):
            if folder.exists():
                shutil.rmtree(folder)


@contextmanager
def _used(place: Place) -> Iterator[None]:
    users = _hold(place)
    try:
        yield
    finally:
        _leave(place, users)


def _hold(place: Place) -> Lock:
    users = Lock(place.users)
    if users.share(within=STOP_WITHIN):
        return users
    users.close()
    raise EmbeddedError(f"The database in {place.folder} is still stopping: try again in a minute.")


def _leave(place: Place, users: Lock) -> bool:
    """Let go, and say whether nobody uses the server any more.

    The last user waits until the server has stopped, so that its folder may then be moved, copied or deleted.
    """
    # While we change our hold the keeper may get its own: then we cannot share either, and were the last as well.
    last = users.take(within=0) or not users.share(within=0)
    users.share(within=0)  # a forked child may still use the server, and must not be left with a hold of its own alone
    users.close()
    return last and _stops(place)


def _stops(place: Place) -> bool:
    with Lock(place.keeper) as keeper, Lock(place.users) as users:
        if keeper.share(within=GRACE):
            return True
        if users.share(within=0):
            return False  # the keeper has not begun to stop: a child of ours, or somebody new, is there
        return keeper.share(within=LEAVE_WITHIN)


def _has_keeper(place: Place) -> bool:
    with Lock(place.keeper) as keeper:
        return not keeper.share(within=0)


def _joined(place: Place, options: list[str]) -> Server:
    late = EmbeddedError(f"The database takes too long to start: {place.log} says why.")
    deadline = time.monotonic() + LONGEST_RUN
    with Lock(place.starting) as starting:
        if not starting.take(within=LONGEST_RUN):
            raise late
        # A server without a keeper is about to stop, however well it still answers.
        while not (_has_keeper(place) and (sockets := place.sockets_when_ready())):
            if time.monotonic() > deadline:
                raise late
            _start_keeper(place, options)
    if (passwords := roles.load(place.passwords)) is None:
        raise EmbeddedError(f"{place.passwords} is missing: stop every command of Advice Line, and start again.")
    return _server(sockets, passwords)


def _start_keeper(place: Place, options: list[str]) -> None:
    """Return when the keeper has a server ready, or when another keeper is already at work."""
    command = [sys.executable, "-m", "advice_line.embedded.keeper", *options]
    failed = f"The database could not be started: {place.log} says why."
    with open(os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as log:
        try:
            # A session of its own: Ctrl-C on our terminal is for us alone.
            said = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=_HOUSE,
                start_new_session=True,
                timeout=LONGEST_RUN,
                check=False,
            ).stdout.decode()
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(failed) from error
    if said != READY:
        raise EmbeddedError(said or failed)


def _server(sockets: Path, passwords: roles.Passwords) -> Server:
    def url(role: Role, database: str) -> str:
        # The port is part of the socket's name; said here, so that a PGPORT of the caller's cannot change it.
        query = f"host={quote(str(sockets), safe='')}&port={PORT}"
        return f"postgresql+psycopg://{roles.NAMES[role]}:{passwords[role]}@/{database}?{query}"

    return Server(url("owner", roles.DATABASE), url("serving", roles.DATABASE), url("admin", "postgres"))
