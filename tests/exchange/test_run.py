"""The exchange as a process: it starts, it stops in good order, and it stands alone."""

import ast
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import advice_line.exchange
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from tests.exchange.product import ACCOUNT, CALLER, LINE, TOKEN, Product

PACKAGE = Path(advice_line.exchange.__file__).parent

PROGRAM = """
import sys
from pathlib import Path
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.run import serve
serve(ExchangeConfig(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])), "127.0.0.1", int(sys.argv[5]))
"""


def test_a_process_answers_and_a_signal_stops_it_cleanly(product: Product, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [sys.executable, "-c", PROGRAM, product.url, ACCOUNT, TOKEN, str(folder), str(port)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, cwd=PACKAGE.parent.parent) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/practice/health", process)
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=60)
            assert (process.returncode, complaints) == (0, "")
        finally:
            process.kill()


def test_stopping_hangs_up_and_the_product_hears_of_it(product: Product, folder: Path) -> None:
    product.says("/webhooks/voice", '<Gather numDigits="1"/>')
    with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, folder, pace=0)) as url:
        phone = PracticePhone(url)
        phone.rings(LINE, CALLER)
        phone.close()
        product.waits_for("/webhooks/voice")
    assert product.to("/webhooks/call-status")[0]["CallStatus"] == "completed"


def test_stopping_lets_go_of_those_who_wait_for_news(product: Product, folder: Path) -> None:
    with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, folder, pace=0)) as url, listening(url):
        httpx.get(f"{url}/practice/health")
        started = time.monotonic()
    assert time.monotonic() - started < 2.5


def test_what_an_earlier_run_left_behind_does_no_harm(product: Product, folder: Path) -> None:
    (folder / "recordings").mkdir()
    (folder / "recordings" / "RE1.wav").write_bytes(b"RIFF")
    (folder / "exchange.jsonl").write_text("not json\n")
    with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, folder, pace=0)) as url:
        assert httpx.get(f"{url}/practice/log").text == ""


def test_with_a_seed_the_sids_are_the_same_each_time(product: Product, folder: Path) -> None:
    sids = []
    for run in ("first", "second"):
        with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, folder / run, pace=0, seed=7)) as url:
            phone = PracticePhone(url)
            sids.append(phone.rings(LINE, CALLER).ended().sid)
            phone.close()
    assert sids[0] == sids[1]


def test_the_exchange_imports_nothing_of_the_house() -> None:
    house = ("advice_line", "webhooks", "scheduler", "tests")
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.startswith("advice_line.exchange") or name.split(".")[0] not in house, (
                    f"{file.name}: {name}"
                )


@contextmanager
def listening(url: str) -> Iterator[None]:
    """A client that waits for a telephone to ring."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
        connection.sendall(b"GET /practice/phones/+447700900001/rings?since=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        yield


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, f"It ended with {process.returncode}: {process.communicate()[1]}"
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{url} did not answer")
