"""One-line makers of services and people, for every test that needs somebody to sign in."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from sqlalchemy import Engine, text

from advice_line import db, staff
from advice_line.lines import reading
from advice_line.staff import Grant, Person

PASSWORD = "three quiet rivers"
LONG_AGO = timedelta(days=30)


def add_service(owner: Engine, key: str, name: str, now: datetime) -> int:
    """A service that no number rings; returns its id."""
    statement = text(
        "INSERT INTO service (key, name, configuration, configured_at)"
        " VALUES (:key, :name, CAST(:configuration AS jsonb), :now) RETURNING id"
    )
    configuration = json.dumps(_an_example() | {"key": key, "name": name})
    facts = {"key": key, "name": name, "configuration": configuration, "now": now}
    with owner.begin() as connection:
        return int(connection.execute(statement, facts).scalar_one())


@cache
def _an_example() -> dict[str, Any]:
    """What the database keeps of a configuration file, without its people."""
    with as_file(files("advice_line.examples") / "herts_cot.yaml") as file:
        return reading.read(file).configuration.model_dump(mode="json", exclude={"rota", "duty_leads"})


def add_member(
    owner: Engine, now: datetime, roles: Mapping[str, str], *, email: str = "sam@example.nhs.uk", name: str = "Sam Reed"
) -> Person:
    """A person who signs in with PASSWORD; `roles` gives a role for each service key."""
    with db.transaction(owner, None) as session:
        grants = [Grant(service, role) for service, role in roles.items()]
        staff.add_person(session, email, name, grants, now - LONG_AGO, password=PASSWORD)
        person = staff.by_email(session, email)
        assert person
        return person


def trail(owner: Engine) -> list[tuple[str, str | None]]:
    """Actions and subjects on the audit trail, oldest first."""
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT action, subject FROM audit ORDER BY id"))]
