"""The whole product for a journey: web, telephone door, scheduler and practice exchange, over real HTTP."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine, text

from advice_line import clock, db, embedded, main, staff, workers
from advice_line.cli.people import add_role
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running as exchange_running
from advice_line.lines import configure, reading
from advice_line.live.current import CurrentLive
from advice_line.settings import Account, Settings
from advice_line.telephone.twilio import Telephones
from advice_line.vault import Vault
from scheduler.job import Job
from scheduler.metronome import run, run_once
from scheduler.timetable import TIMETABLE
from scheduler.workshop import Workshop
from tests.browser import chromium, page
from tests.scene import TEMPLATE, copy
from tests.slate import Slate

__all__ = ["chromium", "page"]

HERTS = "+441923470680"
EPUT = "+441702372250"
CONFIGURED, AT_ONE = "story_configured", "story_at_one"
PASSWORD = "a-long-password-for-tests"
WITHIN = 60.0  # seconds, on a busy machine


Now = Callable[[], datetime]


@dataclass(frozen=True)
class Web:
    """The web process: pages, API and telephone door."""

    settings: Settings
    now: Now
    live: CurrentLive


@dataclass(frozen=True)
class Product:
    """The running product, as its users and the network see it."""

    url: str
    phone: PracticePhone
    owner: Engine
    settings: Settings
    now: Now
    live: CurrentLive

    def client(self, role: str, service: str = "herts_cot", for_email: str | None = None) -> httpx.Client:
        """A program with a token."""
        with db.transaction(self.owner, None) as session:
            token = staff.add_token(session, f"{role} of the tests", role, service, for_email, clock.now())
        return httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def person(self, email: str, role: str, service: str = "herts_cot") -> str:
        """Somebody who can sign in with PASSWORD; returns their e-mail."""
        with db.transaction(self.owner, None) as session:
            staff.add_person(session, email, email.partition("@")[0].title(), [], clock.now(), password=PASSWORD)
            add_role(session, email, staff.Grant(service, role))
        return email

    def figures(self, question: str) -> list[tuple[object, ...]]:
        """What the database says, looked at as its owner."""
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question))]

    def until(self, come: Callable[[], object], what: str) -> None:
        """Wait for something that the scheduler does."""
        deadline = time.monotonic() + WITHIN
        while not come():
            assert time.monotonic() < deadline, f"It never came about that {what}."
            threading.Event().wait(0.05)


@pytest.fixture(scope="session")
def configured(cluster: embedded.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slate]:
    """A database with both example services and nothing else, for one journey after the other."""
    with _prepared(cluster, CONFIGURED, clock.now, tmp_path_factory.mktemp(CONFIGURED)) as slate:
        yield slate


@pytest.fixture(scope="session")
def configured_at_one(cluster: embedded.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slate]:
    """The same as it is on a Thursday at 13:00."""
    with _prepared(cluster, AT_ONE, a_thursday_at_one(), tmp_path_factory.mktemp(AT_ONE)) as slate:
        yield slate


@pytest.fixture(scope="module")
def web(configured: Slate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web process for the journeys of a file."""
    with _web(configured.serving, clock.now, tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.fixture(scope="module")
def web_at_one(configured_at_one: Slate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The same, whose clock shows a Thursday at 13:00 when the first journey of the file begins."""
    with _web(configured_at_one.serving, a_thursday_at_one(), tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.fixture
def product(web: Web, configured: Slate, tmp_path: Path) -> Iterator[Product]:
    """Both example services, configured, and the whole timetable; calls go as fast as they can."""
    with _journey(web, configured, tmp_path) as product:
        yield product


@pytest.fixture
def at_one(web_at_one: Web, configured_at_one: Slate, tmp_path: Path) -> Iterator[Product]:
    """The same on a Thursday at 13:00 in London, when the line of EPUT is open; time goes on from there."""
    with _journey(web_at_one, configured_at_one, tmp_path) as product:
        yield product


def a_thursday_at_one() -> Now:
    """A clock that starts on that day and hour."""
    ahead = datetime(2026, 11, 19, 13, 0, tzinfo=UTC) - clock.now()
    return lambda: clock.now() + ahead


@contextmanager
def running(
    serving: Engine, owner: Engine, tmp_path: Path, now: Now, timetable: Sequence[Job] = TIMETABLE
) -> Iterator[Product]:
    """The product with both example services in this database, for as long as somebody likes.

    Without a timetable there is no scheduler; with fewer jobs than all, it leaves the rest undone.
    """
    _configure(owner)
    with _web(serving, now, tmp_path) as web, _started(web, serving, owner, tmp_path, timetable) as product:
        yield product


@contextmanager
def _prepared(cluster: embedded.Server, name: str, now: Now, home: Path) -> Iterator[Slate]:
    """A database in which the scheduler has done what it does first, so that no journey waits for that."""
    copy(cluster, TEMPLATE, name)
    owner, serving = (db.connect(cluster.url_for(role, name), pool_size=1) for role in ("owner", "serving"))
    _configure(owner)
    settings = settings_of(serving, "http://127.0.0.1", "", home)
    with (
        exchange_running(exchange_of(settings, settings.public_url, home)) as exchange_url,
        Telephones(_ringing_by(settings, exchange_url)) as telephones,
    ):
        workshop = Workshop(serving, settings, Vault.of(settings), telephones, now)
        for _ in range(2):  # what one job leaves for another that comes before it
            run_once(workshop)
        with workshop.transaction(None) as session:
            workers.leave(session, workshop.worker)
    for engine in (owner, serving):
        engine.dispose()
    slate = Slate.of(cluster, name)
    yield slate
    slate.close()


@contextmanager
def _web(serving: Engine, now: Now, home: Path) -> Iterator[Web]:
    with free_port() as listener:
        # It never asks the exchange for anything: what it does not know of, it cannot depend on.
        settings = settings_of(serving, f"http://127.0.0.1:{listener.getsockname()[1]}", "http://127.0.0.1:9", home)
        app = main.build(settings, with_webhooks=True, now=now)
        with served(app, listener):
            yield Web(settings, now, app.state.live)


@contextmanager
def _journey(web: Web, slate: Slate, home: Path) -> Iterator[Product]:
    """The product with nothing of the journey before: neither in the database nor in the web process's memory."""
    wiped = slate.wiped()
    with _started(web, wiped.serving, wiped.owner, home) as product:
        web.live.look()
        yield product


@contextmanager
def _started(
    web: Web, serving: Engine, owner: Engine, home: Path, timetable: Sequence[Job] = TIMETABLE
) -> Iterator[Product]:
    """An exchange in which nobody has rung yet, and a scheduler, for this web process."""
    with exchange_running(exchange_of(web.settings, web.settings.public_url, home)) as exchange_url:
        settings = _ringing_by(web.settings, exchange_url)
        with _clock(settings, serving, web.now, timetable) if timetable else nullcontext():
            phone = PracticePhone(exchange_url, patience=WITHIN)
            yield Product(settings.public_url, phone, owner, settings, web.now, web.live)
            phone.close()


def _ringing_by(settings: Settings, exchange_url: str) -> Settings:
    return settings.model_copy(update={"twilio_api_url": exchange_url})


def _configure(owner: Engine) -> None:
    for key in ("herts_cot", "eput_cot"):
        with as_file(files("advice_line.examples") / f"{key}.yaml") as file, db.transaction(owner, None) as session:
            configure.apply(session, reading.read(file), clock.now())


def settings_of(serving: Engine, web_url: str, exchange_url: str, home: Path) -> Settings:
    return Settings(
        database_url=SecretStr(serving.url.render_as_string(hide_password=False)),
        advice_line_home=home,
        public_url=web_url,
        accounts={"default": Account(sid="AC" + "5" * 32, auth_tokens=(SecretStr("a token of the tests"),))},
        twilio_api_url=exchange_url,
        secret_key=SecretStr("s" * 32),
        recordings_key=SecretStr("r" * 32),
    )


def exchange_of(settings: Settings, web_url: str, home: Path) -> ExchangeConfig:
    account = settings.account()
    return ExchangeConfig(
        product_url=web_url,
        account_sid=account.sid,
        auth_token=account.auth_tokens[0].get_secret_value(),
        data=home / "exchange",
        pace=0,
    )


@contextmanager
def served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
    thread.start()
    while not server.started:
        assert thread.is_alive(), "The web process did not start: its error is above."
        threading.Event().wait(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def _clock(settings: Settings, engine: Engine, now: Now, timetable: Sequence[Job]) -> Iterator[None]:
    stop = threading.Event()
    with Telephones(settings) as telephones:
        workshop = Workshop(engine, settings, Vault.of(settings), telephones, now)
        thread = threading.Thread(target=run, args=(workshop, stop, timetable), name="scheduler")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def free_port() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener
