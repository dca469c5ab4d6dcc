"""A workshop on a real database and a real vault, with a telephone network in memory and a clock that stands still."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.lines.directory import Service
from advice_line.settings import Settings
from advice_line.vault import Vault
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock

KEY = "a key for the recordings of tests that is long enough"
Opening = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def clock(now: datetime) -> MovingClock:
    return MovingClock(now)


@pytest.fixture
def telephone(clock: MovingClock) -> FakeTelephone:
    return FakeTelephone(clock)


@pytest.fixture
def service(owner: Engine, now: datetime) -> Service:
    """Hertfordshire, with one therapist who rings back all day."""
    service = factories.a_service(owner, now, rota=[])
    factories.a_therapist(owner, service)
    return service


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "recordings", KEY)


@pytest.fixture
def new_workshop(serving: Engine, vault: Vault, telephone: FakeTelephone, clock: MovingClock) -> Callable[[], Workshop]:
    """A further worker beside the others."""
    settings = Settings(public_url="https://advice.example.nhs.uk")
    return lambda: Workshop(serving, settings, vault, lambda _account: telephone, clock)


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop]) -> Workshop:
    return new_workshop()


@pytest.fixture
def story(serving: Engine, service: Service) -> Opening:
    """A transaction within the service, as a door opens it: `with story() as session`."""
    return lambda: db.transaction(serving, service.id)
