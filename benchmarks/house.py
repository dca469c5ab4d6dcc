"""The house: the product's real processes on free ports, for a benchmark; any of them may be killed, and comes back.

Web process (with the telephone's door), scheduler, practice exchange and an embedded PostgreSQL that keeps what it is
told, as `advice-line demo` runs them.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import httpx
from sqlalchemy import Engine

from advice_line import clock, db, embedded, log, schema
from advice_line.cli.process_tree import ProcessTree
from advice_line.embedded.place import Place
from advice_line.lines import configure, reading
from benchmarks.webhook import EXAMPLE

HOST = "127.0.0.1"
READY_WITHIN = 90.0  # seconds
MORTAL = ("web", "scheduler", "database")


@dataclass(frozen=True)
class House:
    """The running product. Whoever uses it calls `tend` now and then, so that the dead are started again."""

    home: Path
    owner: Engine
    tree: ProcessTree
    environment: dict[str, str]

    @property
    def exchange_url(self) -> str:
        """Where the practice exchange is."""
        return self.environment["TWILIO_API_URL"]

    @property
    def exchange_log(self) -> Path:
        """What really happened."""
        return self.home / "exchange" / "exchange.jsonl"

    def kill(self, name: str) -> bool:
        """End a process at once, as a power cut does; False if it is down just now.

        The keeper of the database starts it again by itself.
        """
        process = Place.of(self.home).server() if name == "database" else self._child(name)
        if process is None:
            return False
        try:
            os.kill(process, SIGKILL)
        except ProcessLookupError:  # it fell with another one, and what it was called is not yet forgotten
            return False
        return True

    def tend(self) -> None:
        """Start again whoever died."""
        self.tree.tend()

    def wait_until_ready(self) -> None:
        """Until every process answers. Raises TimeoutError."""
        if not self.tree.wait_until(self._ready, READY_WITHIN):
            said = (self.home / "processes.log").read_text(encoding="utf-8", errors="replace")
            raise TimeoutError(f"The product did not become ready. The last that it said:\n{said[-2000:]}")

    def command(self, *words: str) -> str:
        """Run a command of the product to its end, and return what it says."""
        command = [sys.executable, "-m", "advice_line.cli", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return (done.stdout + ("" if done.returncode == 0 else done.stderr)).strip()

    def _child(self, name: str) -> int | None:
        return next((child.process.pid for child in self.tree.children if child.name == name and child.process), None)

    def _ready(self) -> bool:
        try:
            web = httpx.get(f"{self.environment['PUBLIC_URL']}/readyz", timeout=2).is_success
            return web and httpx.get(f"{self.exchange_url}/practice/health", timeout=2).is_success
        except httpx.TransportError:
            return False


@contextmanager
def running(pace: float) -> Iterator[House]:
    """A house of its own, with one service, at this pace of calls; nothing of it is left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="advice-line-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stack.callback(embedded.remove, home)
        server = stack.enter_context(embedded.running(home))
        owner = db.connect(server.owner_url, pool_size=2)
        stack.callback(owner.dispose)
        schema.migrate(owner, "advice_line_app")
        with db.transaction(owner, None) as session:
            configure.apply(session, reading.read(EXAMPLE), clock.now())
        web_port, exchange_port = _free_ports()
        environment = _environment(home, server.serving_url, web_port, exchange_port)
        stack.enter_context(_logging_to(home / "processes.log"))
        log.configure("json")
        tree = ProcessTree()
        stack.callback(tree.stop)
        listen = ["--port", str(web_port), "--no-access-log", "--no-proxy-headers", "--log-level", "critical"]
        tree.add("web", ["uvicorn", "--factory", "advice_line.main:create_app", *listen], environment)
        tree.add("scheduler", ["scheduler"], environment)
        exchange = ["exchange", "--port", str(exchange_port), "--pace", str(pace)]
        tree.add("exchange", ["advice_line.cli", *exchange], environment)
        house = House(home, owner, tree, environment)
        house.wait_until_ready()
        yield house


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """Send what this process and its children say on standard error to a file: it would drown the figures."""
    kept, opened = os.dup(2), os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(opened, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(opened)


def _environment(home: Path, database_url: str, web_port: int, exchange_port: int) -> dict[str, str]:
    return {
        **os.environ,
        "ADVICE_LINE_HOME": str(home),
        "DATABASE_URL": database_url,
        "PUBLIC_URL": f"http://{HOST}:{web_port}",
        "TWILIO_API_URL": f"http://{HOST}:{exchange_port}",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "only-for-this-benchmark",
        "SECRET_KEY": "only-for-this-benchmark-" + "s" * 16,
        "RECORDINGS_KEY": "only-for-this-benchmark-" + "r" * 16,
    }


def _free_ports() -> tuple[int, int]:
    with socket.create_server((HOST, 0)) as one, socket.create_server((HOST, 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]
