"""The audit trail refuses to be anonymous."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from advice_line import audit
from advice_line.audit import Actor
from tests.scene import Scene, Stage


def test_an_actor_is_a_person_or_a_part_of_the_system_and_not_both() -> None:
    assert Actor.part("planner") == Actor(system="planner")
    impossible: tuple[dict[str, Any], ...] = ({}, {"person_id": 1, "system": "planner"}, {"token_id": 3})
    for nobody in impossible:
        with pytest.raises(ValueError, match="either a person or a part"):
            Actor(**nobody)


def test_an_entry_says_who_did_what_to_what_and_when(stage: Stage, scene: Scene, now: datetime) -> None:
    with stage.story() as session:
        token_id = session.scalar(text("SELECT min(id) FROM token"))
        actor = Actor(person_id=scene.sam_as_person.id, token_id=token_id)
        audit.record(session, actor, "played", "message 7", now, service_id=scene.herts.id, detail={"bytes": "0-9"})
        audit.record(session, Actor.part("planner"), "planned", None, now, service_id=None)
    with stage.owner.connect() as connection:
        ask = "SELECT person_id, system, token_id, action, subject, at, service_id, detail FROM audit ORDER BY id DESC"
        nobody, somebody = connection.execute(text(ask + " LIMIT 2")).all()
    assert somebody == (
        scene.sam_as_person.id, None, token_id, "played", "message 7", now, scene.herts.id, {"bytes": "0-9"},
    )  # fmt: skip
    assert nobody == (None, "planner", None, "planned", None, now, None, {})


def test_an_entry_is_gone_with_the_change_that_it_told_of(stage: Stage, scene: Scene, now: datetime) -> None:
    """It is written in the same transaction, so that neither is ever without the other."""
    tester = Actor.part("tests")
    with stage.story() as session:
        with session.begin_nested() as attempted:
            audit.record(session, tester, "tried", None, now, service_id=scene.herts.id)
            attempted.rollback()
        audit.record(session, tester, "done", None, now, service_id=scene.herts.id)
    with stage.owner.connect() as connection:
        assert connection.scalars(text("SELECT action FROM audit WHERE system = 'tests'")).all() == ["done"]
