"""The keeper: the process that starts the server, watches over it, and stops it when its last user has left.

It is started by the first user (`python -m advice_line.embedded.keeper`), says one thing on its standard output,
`ready` or the sentence of an error, and then only writes to the server's log. A server that ends while somebody uses it
is started again, for as long as that takes, so that a long-lived user need not be. When the keeper itself is killed,
Linux stops the server; elsewhere the next keeper does.
"""

import argparse
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from advice_line.embedded.account import LONGEST_RUN
from advice_line.embedded.cluster import Cluster
from advice_line.embedded.errors import EmbeddedError
from advice_line.embedded.lock import POLL, Lock
from advice_line.embedded.place import Place
from advice_line.embedded.server import READY

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0  # seconds before a server that ended is started again
PAUSES_AT_START = 1.0  # seconds; a server that has never been ready is given up after a longer pause
STEADY = 60.0  # seconds after which a server counts as healthy again
PATIENCE = 0.5  # seconds for an earlier keeper to end
LONGEST_LOG = 1_000_000  # bytes
# How a server is asked to stop, and for how many seconds each time: cleanly, at once, by force.
_STOPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


class _LastUserLeft:
    """The event after which the keeper's work is done."""


@dataclass
class Keeper:
    """Keeps one server running on one cluster."""

    cluster: Cluster
    fast_and_unsafe: bool
    _events: "queue.SimpleQueue[subprocess.Popen[bytes] | _LastUserLeft]" = field(default_factory=queue.SimpleQueue)

    def keep(self, users: Lock) -> None:
        """Return when the last user has left and the server has stopped; until then start it as often as it ends."""
        threading.Thread(target=self._await_last_user, args=(users,), daemon=True).start()
        pause, ready_before = FIRST_PAUSE, False
        while True:
            started = time.monotonic()
            server = self._start()
            if self._comes_up(server):
                if not ready_before:
                    _say(READY)
                ready_before = True
            elif not ready_before and pause > PAUSES_AT_START:
                _stop(server)
                raise EmbeddedError(f"The database does not start: {self.cluster.place.log} says why.")
            if self._last_user_leaves_before(server):
                return _stop(server)
            pause = FIRST_PAUSE if time.monotonic() - started > STEADY else min(2 * pause, LONGEST_PAUSE)
            _note(f"the server ended with {server.returncode}; it is started again in {pause} s")
            if self._last_user_leaves_within(pause):
                return None

    def _start(self) -> "subprocess.Popen[bytes]":
        place = self.cluster.place
        sockets = place.make_sockets(self.cluster.account)
        server = self.cluster.account.start(self.cluster.command(sockets, fast_and_unsafe=self.fast_and_unsafe))
        threading.Thread(target=self._await_end, args=(server,), daemon=True).start()
        return server

    def _comes_up(self, server: "subprocess.Popen[bytes]") -> bool:
        place, deadline = self.cluster.place, time.monotonic() + LONGEST_RUN
        while server.poll() is None and time.monotonic() < deadline:
            if place.server() == server.pid and place.sockets_when_ready():
                return True
            time.sleep(POLL / 2)
        return False

    # Only the main thread starts, stops and decides: Linux ends the server with the *thread* that started it.

    def _await_last_user(self, users: Lock) -> None:
        users.wait_to_take()
        self._events.put(_LastUserLeft())

    def _await_end(self, server: "subprocess.Popen[bytes]") -> None:
        server.wait()
        self._events.put(server)

    def _last_user_leaves_before(self, server: "subprocess.Popen[bytes]") -> bool:
        while (event := self._events.get()) is not server:
            if isinstance(event, _LastUserLeft):
                return True
        return False

    def _last_user_leaves_within(self, pause: float) -> bool:
        try:
            return isinstance(self._events.get(timeout=pause), _LastUserLeft)
        except queue.Empty:
            return False


def main() -> None:
    """Keep the server of one data home until nobody uses it; called by `server.running` alone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--programs", type=Path)
    parser.add_argument("--fast-and-unsafe", action="store_true")
    wanted = parser.parse_args()
    _leave_the_terminal()
    try:
        _keep(Place.of(wanted.home), wanted.programs, fast_and_unsafe=wanted.fast_and_unsafe)
    except EmbeddedError as error:
        _say(str(error))
    except OSError as error:
        _say(f"The database cannot be started: {error.strerror}, {error.filename}.")
        raise


def _keep(place: Place, programs: Path | None, *, fast_and_unsafe: bool) -> None:
    # The users' lock is let go last: whoever gets it next finds no keeper any more.
    with Lock(place.users) as users, Lock(place.keeper) as keeper:
        if not keeper.take(within=PATIENCE):
            return _say(READY)  # another keeper is at work: whoever started us waits for its server
        if os.fstat(sys.stderr.fileno()).st_size > LONGEST_LOG:
            os.ftruncate(sys.stderr.fileno(), 0)
        _stop_orphan(place)
        cluster = Cluster.prepare(place, programs, fast_and_unsafe=fast_and_unsafe)
        Keeper(cluster, fast_and_unsafe).keep(users)
        place.drop_short_sockets()
    return None


def _leave_the_terminal() -> None:
    """Become nobody's child, so that no user has to wait for us, and deaf to what stops our users: we outlive them."""
    if os.fork():
        os._exit(0)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _do_nothing)
    os.chdir("/")


def _do_nothing(_signal: int, _frame: FrameType | None) -> None:
    """Unlike SIG_IGN not inherited by the programs that we start, which must hear the signals that we send them."""


def _say(word: str) -> None:
    """Tell the user who started us, once."""
    try:
        os.write(sys.stdout.fileno(), word.encode())
    except BrokenPipeError:
        _note("whoever started the keeper has gone")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _note(sentence: str) -> None:
    sys.stderr.write(f"keeper: {sentence}\n")
    sys.stderr.flush()


def _stop(server: "subprocess.Popen[bytes]") -> None:
    for way, patience in _STOPS:
        server.send_signal(way)
        try:
            server.wait(patience)
        except subprocess.TimeoutExpired:
            _note(f"the server does not stop by {way.name}")
        else:
            return


def _stop_orphan(place: Place) -> None:
    """Stop a server whose keeper was killed."""
    for way, patience in _STOPS:
        deadline = time.monotonic() + patience
        while (server := place.server()) is not None and time.monotonic() < deadline:
            if not (command := _command_of(server)):
                return  # it ended: the next server knows what to do with the file that it left
            if os.fsencode(place.data) not in command:
                # After a restart of the machine the number may be anybody's, and the next server would take fright.
                place.forget_server()
                return
            with suppress(ProcessLookupError):  # it ended in this very moment
                os.kill(server, way)
            time.sleep(POLL)


def _command_of(process: int) -> bytes:
    """The command line of a process, empty if there is no such process."""
    if sys.platform != "linux":
        return subprocess.run(["ps", "-o", "args=", "-p", str(process)], capture_output=True, check=False).stdout
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


if __name__ == "__main__":
    main()
