"""The door for programs on a real port, one for all tests, before the scene as it was at first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from advice_line import db
from advice_line.api.app import create_api
from advice_line.door import Door
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Directory
from advice_line.settings import Settings
from advice_line.vault import Vault
from tests import factories
from tests.fakes import MovingClock
from tests.scene import TUESDAY, Stage
from tests.server import served
from tests.slate import Slate

SECRET = SecretStr("0123456789abcdef" * 2)


@dataclass
class Api:
    """A program that asks; it holds Sam's token unless a test says whose."""

    client: httpx.Client
    stage: Stage
    vault: Vault
    clock: MovingClock

    @property
    def now(self) -> datetime:
        return self.clock()

    def get(self, path: str, params: Mapping[str, str | int] | None = None, *, whose: str = "sam") -> httpx.Response:
        return self.client.get(f"/v1{path}", params=params, headers=self.headers(whose))

    def post(self, path: str, body: object = None, *, whose: str = "sam", key: str | None = None) -> httpx.Response:
        more = {"Idempotency-Key": key} if key else {}
        return self.client.post(f"/v1{path}", json=body, headers={**self.headers(whose), **more})

    def headers(self, whose: str = "sam") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.stage.scene.tokens[whose]}"}

    def enquiry(self, *, heard: bool = True, **changes: Any) -> str:
        """The reference of an enquiry of Hertfordshire that came in an hour ago."""
        make = factories.a_heard_enquiry if heard else factories.an_enquiry
        with self.stage.story() as session:
            made: Enquiry = make(session, self.stage.scene.herts, self.now - timedelta(hours=1), **changes)
            return made.reference

    def another_services(self) -> str:
        """The reference of an enquiry of EPUT."""
        with self.stage.story(self.stage.scene.eput) as session:
            return factories.an_enquiry(session, self.stage.scene.eput, self.now).reference

    def trail(self, action: str) -> list[tuple[str | None, dict[str, Any], int | None]]:
        """Subject, detail and person of what is on the audit trail under an action."""
        with self.stage.owner.connect() as connection:
            query = text("SELECT subject, detail, person_id FROM audit WHERE action = :action ORDER BY id")
            return [tuple(row) for row in connection.execute(query, {"action": action})]


@pytest.fixture(scope="session")
def _door(theatre: Slate, tmp_path_factory: pytest.TempPathFactory) -> Door:
    """The parts behind the door of every test; what a test changes of them is `api`'s to put right."""

    def directory() -> Directory:
        with db.transaction(theatre.serving, None) as session:
            return Directory.load(session)

    vault = Vault(tmp_path_factory.mktemp("vault"), "k" * 32)
    return Door(Settings(secret_key=SECRET), theatre.serving, theatre.serving, directory, vault, MovingClock(TUESDAY))


@pytest.fixture(scope="session")
def _client(_door: Door) -> Iterator[httpx.Client]:
    with served(create_api(_door)) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield client


@pytest.fixture
def api(_client: httpx.Client, _door: Door, stage: Stage, now: datetime) -> Api:
    """One door serves all tests: making it takes longer than most of them."""
    assert isinstance(_door.now, MovingClock)
    _door.now.time = now
    return Api(_client, stage, _door.vault, _door.now)


def fields_at_fault(answer: httpx.Response) -> list[str]:
    """The fields that a problem document names."""
    assert answer.headers["content-type"] == "application/problem+json"
    return [fault["field"] for fault in answer.json().get("errors", [])]


def refused(answer: httpx.Response, status: int) -> str:
    """The sentence of a problem document with this status."""
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    return str(problem["detail"])
