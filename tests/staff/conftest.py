"""Sam, a therapist of one service, and what every test of staff needs."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.staff import Person
from tests.staff import makers


@pytest.fixture
def service_id(owner: Engine, now: datetime) -> int:
    return makers.add_service(owner, "herts_cot", "Hertfordshire children's occupational therapy", now)


@pytest.fixture
def sam(owner: Engine, service_id: int, now: datetime) -> Person:
    return makers.add_member(owner, now, {"herts_cot": "therapist"})


@pytest.fixture
def session(serving: Engine) -> Iterator[Session]:
    """A transaction of the serving role, within no service, as a door opens it for somebody not yet known."""
    with db.transaction(serving, None) as session:
        yield session
