"""The door for programs on a real port, before a database with the scene in it."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
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
from tests.scene import Stage

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


@pytest.fixture
def api(stage: Stage, now: datetime, tmp_path: Path) -> Iterator[Api]:
    def directory() -> Directory:
        with db.transaction(stage.serving, None) as session:
            return Directory.load(session)

    vault, clock = Vault(tmp_path, "k" * 32), MovingClock(now)
    door = Door(Settings(secret_key=SECRET), stage.serving, stage.serving, directory, vault, clock)
    with served(create_api(door)) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield Api(client, stage, vault, clock)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """An app on a port of its own; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"


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
