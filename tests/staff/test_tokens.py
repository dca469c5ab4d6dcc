"""Tokens of programs: one service, one role, perhaps one person; shown once."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from advice_line import db, staff
from advice_line.errors import Conflict, Malformed, NotFound, NotSignedIn
from advice_line.staff import Bearer, Person
from tests.staff import makers


def test_a_token_is_known_by_its_digest_alone(owner: Engine, session: Session, service_id: int, now: datetime) -> None:
    token = _add(owner, now)
    bearer = staff.person_with_token(session, token)
    assert bearer == Bearer(bearer.token_id, service_id, "therapist", None)
    kept = session.execute(text("SELECT token::text FROM token")).scalar_one()
    assert token not in kept
    assert ("token_added", f"token {bearer.token_id}") in makers.trail(owner)


def test_a_program_without_a_person_is_named_on_the_trail_with_its_token(
    owner: Engine, session: Session, service_id: int, now: datetime
) -> None:
    actor = staff.person_with_token(session, _add(owner, now)).actor
    assert (actor.person_id, actor.system) == (None, "program")
    assert actor.token_id is not None


def test_a_token_for_a_person_acts_as_that_person(owner: Engine, session: Session, sam: Person, now: datetime) -> None:
    bearer = staff.person_with_token(session, _add(owner, now, for_email="Sam@example.nhs.uk"))
    assert bearer.person_id == sam.id
    assert bearer.actor.person_id == sam.id
    assert bearer.actor.token_id == bearer.token_id


@pytest.mark.parametrize(
    "change",
    ["UPDATE token SET revoked_at = now()", "UPDATE person SET disabled_at = now()", "DELETE FROM person_role"],
    ids=["revoked", "person disabled", "role taken away"],
)
def test_a_token_ends_with_what_it_stood_for(
    owner: Engine, session: Session, sam: Person, now: datetime, change: str
) -> None:
    token = _add(owner, now, for_email=sam.email)
    with owner.begin() as connection:
        connection.execute(text(change))
    with pytest.raises(NotSignedIn):
        staff.person_with_token(session, token)


@pytest.mark.parametrize("bearer", ["", "al_", "al_" + "x" * 43, "\x00"])
def test_anything_else_is_no_token(session: Session, service_id: int, bearer: str) -> None:
    with pytest.raises(NotSignedIn):
        staff.person_with_token(session, bearer)


def test_a_token_gives_nobody_a_role_they_do_not_hold(owner: Engine, sam: Person, now: datetime) -> None:
    with pytest.raises(Conflict):
        _add(owner, now, role="lead", for_email=sam.email)
    with pytest.raises(NotFound):
        _add(owner, now, for_email="nobody@example.nhs.uk")
    with pytest.raises(Malformed, match="not built yet"):
        _add(owner, now, role="integration")


def _add(owner: Engine, now: datetime, role: str = "therapist", for_email: str | None = None) -> str:
    with db.transaction(owner, None) as session:
        return staff.add_token(session, "The county's dashboard", role, "herts_cot", for_email, now)
