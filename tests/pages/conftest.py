"""The pages over a real database, asked by a client that behaves like a browser without
JavaScript, or by a browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Page
from pydantic import SecretStr
from sqlalchemy import Engine, text

from advice_line import db
from advice_line.door import Door
from advice_line.lines.directory import Directory
from advice_line.pages.app import create_pages
from advice_line.settings import Settings
from advice_line.staff import Person
from advice_line.vault import Vault
from tests.browser import chromium, page
from tests.scene import TUESDAY, Stage
from tests.server import served
from tests.slate import Slate
from tests.staff import makers

__all__ = ["chromium", "page"]

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


def enter(page: Page, address: str, email: str) -> None:
    """Sign in, in a real browser."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(makers.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def words(visit: Visit, path: str) -> str:
    """What a page says, in one line."""
    shown = visit.get(path)
    assert shown.status_code == 200, shown.text
    return " ".join(re.sub(r"<[^>]+>", " ", shown.text).split())


@pytest.fixture(scope="session")
def _door(blank: Slate, tmp_path_factory: pytest.TempPathFactory) -> Door:
    return _door_to(blank, tmp_path_factory.mktemp("vault"))


@pytest.fixture(scope="session")
def _address(_door: Door) -> Iterator[str]:
    with showing(create_pages(_door)) as address:
        yield address


@pytest.fixture(scope="session")
def _door_to_scene(theatre: Slate, tmp_path_factory: pytest.TempPathFactory) -> Door:
    return _door_to(theatre, tmp_path_factory.mktemp("vault"))


@pytest.fixture(scope="session")
def _address_of_scene(_door_to_scene: Door) -> Iterator[str]:
    with showing(create_pages(_door_to_scene)) as address:
        yield address


def _door_to(slate: Slate, vault: Path) -> Door:
    def directory() -> Directory:
        with db.transaction(slate.serving, None) as session:
            return Directory.load(session)

    settings = Settings(secret_key=SECRET)
    return Door(settings, slate.serving, slate.serving, directory, Vault(vault, "0" * 40), Clock(TUESDAY))


@pytest.fixture
def clock(_door: Door, now: datetime) -> Clock:
    return _set(_door, now)


@pytest.fixture
def door(_door: Door, database: str, clock: Clock) -> Door:
    """The parts behind the pages, before a database without a row."""
    return _door


@pytest.fixture
def address(_address: str, door: Door) -> str:
    """Where the pages are served: once for all tests, for making them takes longer than most tests."""
    return _address


@pytest.fixture
def scene_address(_address_of_scene: str, _door_to_scene: Door, stage: Stage, now: datetime) -> str:
    """Where the pages of the scene are served, as it was at first; their clock stands at `now`."""
    _set(_door_to_scene, now)
    return _address_of_scene


@pytest.fixture
def scene_visit(scene_address: str) -> Iterator[Visit]:
    """Somebody at a browser, before the pages of the scene."""
    with httpx.Client(base_url=scene_address, timeout=30) as client:
        yield Visit(client)


def _set(door: Door, now: datetime) -> Clock:
    assert isinstance(door.now, Clock)
    door.now.at = now
    return door.now


@contextmanager
def showing(app: FastAPI) -> Iterator[str]:
    """These pages on a port of their own; gives their address. Whoever still watches one is let go at the end."""
    with served(app) as address:
        yield address
        app.state.hints.close()


@contextmanager
def visiting(app: FastAPI) -> Iterator[Visit]:
    """Somebody at a browser, before these pages."""
    with showing(app) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield Visit(client)


@pytest.fixture
def visit(address: str) -> Iterator[Visit]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield Visit(client)


@pytest.fixture
def another(address: str) -> Iterator[Visit]:
    """Somebody at another browser."""
    with httpx.Client(base_url=address, timeout=30) as client:
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


def rows(owner: Engine, question: str) -> list[tuple[object, ...]]:
    """What the database says, looked at as its owner."""
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]
