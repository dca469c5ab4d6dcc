"""The pages over a real database, asked by a client that behaves like a browser without
JavaScript, or by a browser."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine

from advice_line import db
from advice_line.door import Door
from advice_line.lines.directory import Directory
from advice_line.pages.app import create_pages
from advice_line.settings import Settings
from advice_line.staff import Person
from advice_line.vault import Vault
from tests.browser import chromium, page
from tests.staff import makers
from tests.staff.makers import cheap_hashing

__all__ = ["cheap_hashing", "chromium", "page"]

SECRET = SecretStr("0123456789abcdef" * 2)
HERTS = "Hertfordshire children’s occupational therapy"


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Visit:
    """Somebody at a browser: sends forms as the pages have them."""

    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers, follow_redirects=False)

    def send(self, path: str, fields: dict[str, str] | None = None, *, token: str | None = None) -> httpx.Response:
        """Post a form with the token of the page it is on (or another)."""
        token = self.token() if token is None else token
        return self.client.post(path, data={"csrf_token": token, **(fields or {})}, follow_redirects=False)

    def token(self, path: str = "/sign-in") -> str:
        """The token that our forms carry in this browser."""
        shown = self.client.get(path, follow_redirects=True).text
        return str(re.findall(r'name="csrf_token" value="([^"]+)"', shown)[0])

    def sign_in(self, email: str = "sam@example.nhs.uk", password: str = makers.PASSWORD) -> httpx.Response:
        return self.send("/sign-in", {"email": email, "password": password})


@pytest.fixture(autouse=True)
def _in_little_time(cheap_hashing: None) -> None:
    """Nearly every test signs in."""


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def door(serving: Engine, clock: Clock, tmp_path: Path) -> Door:
    def directory() -> Directory:
        with db.transaction(serving, None) as session:
            return Directory.load(session)

    return Door(Settings(secret_key=SECRET), serving, serving, directory, Vault(tmp_path, "0" * 40), clock)


@pytest.fixture
def app(door: Door) -> FastAPI:
    return create_pages(door)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The pages on a port of their own; gives their address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        app.state.hints.close()
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def visiting(app: FastAPI) -> Iterator[Visit]:
    """Somebody at a browser, before these pages."""
    with served(app) as address, httpx.Client(base_url=address) as client:
        yield Visit(client)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where the pages are served."""
    with served(app) as address:
        yield address


@pytest.fixture
def visit(address: str) -> Iterator[Visit]:
    with httpx.Client(base_url=address) as client:
        yield Visit(client)


@pytest.fixture
def another(address: str) -> Iterator[Visit]:
    """Somebody at another browser."""
    with httpx.Client(base_url=address) as client:
        yield Visit(client)


@pytest.fixture
def service_id(owner: Engine, now: datetime) -> int:
    return makers.add_service(owner, "herts_cot", HERTS, now)


@pytest.fixture
def sam(owner: Engine, service_id: int, now: datetime) -> Person:
    """A therapist of Hertfordshire."""
    return makers.add_member(owner, now, {"herts_cot": "therapist"})


@pytest.fixture
def ada(owner: Engine, service_id: int, now: datetime) -> Person:
    """An administrator of Hertfordshire."""
    return makers.add_member(owner, now, {"herts_cot": "admin"}, email="ada@example.nhs.uk", name="Ada Moss")
