"""How fast a call is answered: the whole voice webhook against a bare endpoint that inserts one row.

Ours checks the signature, reads the form, finds the line, commits the event and answers with TwiML. The rival (bare.py)
inserts one row, unsigned. Same durable database, same number of workers, 32 connections, rounds in turn, medians.
Run: `python -m benchmarks.webhook`.
"""

import hmac
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import Engine, text

from advice_line import clock, db, embedded, schema
from advice_line.lines import configure, reading

ROUNDS = 5
CONNECTIONS = 32
REQUESTS = 4000  # in a round
WARM_UP = 500
WORKERS = (1, 2)
PUBLIC_URL = "https://advice.example.nhs.uk"
ACCOUNT, TOKEN, LINE = "AC" + "0" * 32, "only-for-this-benchmark", "+441923470680"
EXAMPLE = Path(__file__).parents[1] / "advice_line" / "examples" / "herts_cot.yaml"
BARE_TABLE = (
    "CREATE TABLE bare_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL,"
    " at timestamptz NOT NULL DEFAULT now())"
)
calls = count(1)


@dataclass(frozen=True)
class Rival:
    """One of the two endpoints, and how its rounds went."""

    name: str
    port: int
    path: str
    table: str
    rates: list[float]
    p99s: list[float]
    errors: list[str]

    def run(self, requests: int, *, counted: bool) -> None:
        """One round."""
        bodies = [_signed(_call(next(calls))) for _ in range(requests)]
        order = {"port": self.port, "path": self.path, "connections": CONNECTIONS, "bodies": bodies}
        client = [sys.executable, "-m", "benchmarks.load"]
        done = subprocess.run(client, input=json.dumps(order), capture_output=True, text=True, check=True)
        went = json.loads(done.stdout)
        self.errors.extend(went["errors"])
        if counted:
            self.rates.append(went["rate"])
            self.p99s.append(went["p99"])


def main() -> None:
    """Run it all and print the figures."""
    home = Path(tempfile.mkdtemp(prefix="advice-line-bench-"))
    try:
        with embedded.running(home) as server:
            owner = db.connect(server.owner_url, pool_size=1)
            _prepare(owner)
            for workers in WORKERS:
                _compare(server, owner, workers)
            owner.dispose()
    finally:
        embedded.remove(home)
        shutil.rmtree(home, ignore_errors=True)


def _compare(server: embedded.Server, owner: Engine, workers: int) -> None:
    with ExitStack() as stack:
        bare_url = server.serving_url.replace("+psycopg", "")
        bare = stack.enter_context(_serving("benchmarks.bare", workers, {"BARE_DATABASE_URL": bare_url}))
        environment = {
            "DATABASE_URL": server.serving_url,
            "PUBLIC_URL": PUBLIC_URL,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        }
        ours = stack.enter_context(_serving("webhooks.app", workers, environment))
        rivals = (
            Rival("bare FastAPI + asyncpg", bare, "/bare", "bare_event", [], [], []),
            Rival("the voice webhook", ours, "/webhooks/voice", "provider_event", [], [], []),
        )
        _play(rivals, owner)
    _report(workers, rivals)


def _play(rivals: tuple[Rival, ...], owner: Engine) -> None:
    before = {rival.name: _rows(owner, rival.table) for rival in rivals}
    for round_ in range(ROUNDS + 1):
        for rival in rivals:
            rival.run(REQUESTS if round_ else WARM_UP, counted=round_ > 0)
    for rival in rivals:
        missing = before[rival.name] + WARM_UP + ROUNDS * REQUESTS - _rows(owner, rival.table)
        if missing:
            rival.errors.append(f"{missing} rows are missing")


def _report(workers: int, rivals: tuple[Rival, ...]) -> None:
    base = median(rivals[0].rates)
    for rival in rivals:
        rate = median(rival.rates)
        print(
            f"  {workers} worker{'s' if workers > 1 else ' '}  {rival.name:<22} {rate:6,.0f} requests/s"
            f"  ratio {rate / base:.2f}  p99 {median(rival.p99s):5.1f} ms  errors {len(rival.errors)}",
            *sorted(set(rival.errors))[:3],
            flush=True,
        )


def _prepare(owner: Engine) -> None:
    schema.migrate(owner, "advice_line_app")
    with db.transaction(owner, None) as session:
        configure.apply(session, reading.read(EXAMPLE), clock.now())
        session.execute(text(BARE_TABLE))
        session.execute(text("GRANT INSERT ON bare_event TO advice_line_app"))


@contextmanager
def _serving(module: str, workers: int, environment: dict[str, str]) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", f"{module}:create_app", "--port", str(port)]
    command += ["--workers", str(workers), "--no-access-log", "--no-proxy-headers", "--log-level", "warning"]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait_for(port, workers)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, workers: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port)):
                time.sleep(workers)  # the other workers are about to be ready as well
                return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise TimeoutError("The server did not start within a minute.")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _rows(owner: Engine, table: str) -> int:
    with owner.connect() as connection:
        rows: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - our own names
        return rows


def _call(number: int) -> dict[str, str]:
    caller = f"+447700900{number % 1000:03d}"
    ends = {"From": caller, "Caller": caller, "To": LINE, "Called": LINE}
    geography = {f"{end}{part}": "" for end in ends for part in ("City", "State", "Zip", "Country")}
    return {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": f"CA{number:032x}",
        "CallStatus": "ringing",
        "Direction": "inbound",
        **ends,
        **geography,
    }


def _signed(form: dict[str, str]) -> tuple[str, str]:
    words = f"{PUBLIC_URL}/webhooks/voice" + "".join(name + form[name] for name in sorted(form))
    return urlencode(form), b64encode(hmac.digest(TOKEN.encode(), words.encode(), "sha1")).decode()


if __name__ == "__main__":
    main()
