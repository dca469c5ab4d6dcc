"""Several processes of the product under one parent: started together, restarted when one dies, stopped together."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()
STOP_WITHIN = 20.0  # seconds a child has to finish what it is doing
PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_AFTER = 30.0  # seconds after which a child counts as running well, and a death as a new one
PARENT_DIED = 1  # PR_SET_PDEATHSIG


@dataclass
class Child:
    """One process, and how to start it again."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    start_after: float = 0.0


@dataclass
class ProcessTree:
    """The children of this process. `watch` returns when it was told to stop."""

    children: list[Child] = field(default_factory=list)
    _stopping: bool = False

    def add(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a child: a module of ours and its arguments, in the given environment."""
        child = Child(name, [sys.executable, "-m", *arguments], environment)
        self.children.append(child)
        _start(child)

    def stop_on_signals(self) -> None:
        """Stop everything when this process is asked to end (Ctrl-C, or a service manager)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.ask_to_stop())

    def ask_to_stop(self) -> None:
        """Let `watch` and `wait_until` end."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._stopping

    @property
    def died(self) -> list[str]:
        """The names of those who ended by themselves lately, and were started again or will be."""
        return [child.name for child in self.children if child.deaths]

    def watch(self) -> None:
        """Keep the children alive until asked to stop."""
        while not self._stopping:
            self.tend()
            time.sleep(PAUSE)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Tend the children until `ready`; False when that took too long or we were asked to stop."""
        deadline = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < deadline:
            if ready():
                return True
            self.tend()
            time.sleep(PAUSE)
        return False

    def tend(self) -> None:
        """Start again whoever died, with ever longer pauses while it keeps dying."""
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.start_after:
                    _start(child)
            elif child.process.poll() is not None:
                self._mourn(child, child.process.returncode)

    def stop(self) -> None:
        """Ask every child to end, wait for them, and end those that will not."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("child_killed", child=child.name)
                child.process.kill()
                child.process.wait()

    def _mourn(self, child: Child, status: int) -> None:
        steady = time.monotonic() - child.started > STEADY_AFTER
        child.deaths = 1 if steady else child.deaths + 1
        pause = min(PAUSE * 2 ** (child.deaths - 1), LONGEST_PAUSE)
        child.process, child.start_after = None, time.monotonic() + pause
        log.error("child_died", child=child.name, status=status, again_in_seconds=pause)


def _start(child: Child) -> None:
    # A session of its own: Ctrl-C reaches the parent alone, which then ends its children in good order.
    child.process = subprocess.Popen(
        child.arguments,
        env=dict(child.environment),
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has no threads of its own
    )
    child.started = time.monotonic()


def _end_with_parent() -> None:
    # Where the system offers it (Linux), a child whose parent was killed is asked to end too.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGTERM)
