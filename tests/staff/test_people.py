"""People and the roles they hold, as an operator adds them."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from advice_line import db, staff
from advice_line.errors import Conflict, Malformed, NotFound
from advice_line.staff import Grant, Person, passwords
from advice_line.staff.people import memberships
from tests.staff import makers


def test_an_added_person_gets_a_password_that_nobody_chose(owner: Engine, service_id: int, now: datetime) -> None:
    with db.transaction(owner, None) as session:
        one = staff.add_person(session, "ada@example.nhs.uk", "Ada Moss", [Grant("herts_cot", "lead")], now)
        two = staff.add_person(session, "bo@example.nhs.uk", "Bo Finch", [], now)
        ada = staff.by_email(session, "ADA@example.nhs.uk ")
    assert ada is not None
    assert one != two
    assert len(one) >= 20
    assert one not in ada.password_hash
    assert passwords.matches(ada.password_hash, one)


def test_the_same_address_in_capitals_is_the_same_person(owner: Engine, sam: Person, now: datetime) -> None:
    with pytest.raises(Conflict), db.transaction(owner, None) as session:
        staff.add_person(session, "SAM@Example.nhs.uk", "Somebody Else", [], now)


@pytest.mark.parametrize("email", ["", "sam", "sam@nhs", "sam reed@example.nhs.uk", "sam@example.nhs.uk\x00"])
def test_an_address_that_cannot_be_one_is_refused(owner: Engine, now: datetime, email: str) -> None:
    with pytest.raises(Malformed, match="right form"), db.transaction(owner, None) as session:
        staff.add_person(session, email, "Sam Reed", [], now)


@pytest.mark.parametrize("role", ["auditor", "integration", "organisation"])
def test_a_reserved_role_is_refused_as_not_built_yet(owner: Engine, sam: Person, now: datetime, role: str) -> None:
    with pytest.raises(Malformed, match="not built yet"), db.transaction(owner, None) as session:
        staff.add_role(session, sam, Grant("herts_cot", role), now)


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(owner: Engine, sam: Person, now: datetime) -> None:
    with pytest.raises(Malformed, match="therapist, lead, admin"), db.transaction(owner, None) as session:
        staff.add_role(session, sam, Grant("herts_cot", "doctor"), now)


def test_a_person_is_not_added_when_one_of_the_roles_is_wrong(owner: Engine, service_id: int, now: datetime) -> None:
    with pytest.raises(NotFound), db.transaction(owner, None) as session:
        staff.add_person(session, "ada@example.nhs.uk", "Ada Moss", [Grant("nowhere", "lead")], now)
    with db.transaction(owner, None) as session:
        assert staff.by_email(session, "ada@example.nhs.uk") is None


def test_a_role_given_twice_is_held_once_and_audited_once(owner: Engine, sam: Person, now: datetime) -> None:
    with db.transaction(owner, None) as session:
        staff.add_role(session, sam, Grant("herts_cot", "lead"), now)
        staff.add_role(session, sam, Grant("herts_cot", "lead"), now)
        held = memberships(session, sam)
    assert [one.roles for one in held] == [frozenset({"therapist", "lead"})]
    assert makers.trail(owner).count(("role_added", f"person {sam.id}")) == 2


def test_a_service_sees_its_own_people_and_only_the_roles_held_in_it(
    owner: Engine, service_id: int, now: datetime
) -> None:
    other = makers.add_service(owner, "eput_cot", "Essex Partnership", now)
    makers.add_member(owner, now, {"herts_cot": "therapist", "eput_cot": "lead"})
    makers.add_member(owner, now, {"eput_cot": "admin"}, email="bo@example.nhs.uk", name="Bo Finch")
    with db.transaction(owner, None) as session:
        here = staff.of_service(session, service_id)
        there = staff.of_service(session, other)
    assert [(one.name, one.roles) for one in here] == [("Sam Reed", ("therapist",))]
    assert [(one.name, one.roles) for one in there] == [("Bo Finch", ("admin",)), ("Sam Reed", ("lead",))]


@pytest.mark.parametrize(
    "password", ["short", "x" * 201, "aaaaaaaaaaaaaaaa", "Sam@example.nhs.uk"], ids=["short", "long", "same", "e-mail"]
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(Malformed) as refusal:
        passwords.hashed(password, "sam@example.nhs.uk")
    assert [fault.field for fault in refusal.value.faults] == ["new_password"]
