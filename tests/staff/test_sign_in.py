"""Signing in: the same answer whoever is unknown, an end in time, and everything on the audit trail."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from advice_line import db, staff
from advice_line.errors import Forbidden, NotFound, NotSignedIn
from advice_line.staff import Offer, Person, SignedIn
from tests.staff import makers

KEY = "k" * 32
RIGHT = Offer("sam@example.nhs.uk", makers.PASSWORD, "192.0.2.7")
SECOND = timedelta(seconds=1)


def test_the_right_password_is_its_person_whatever_the_capitals_of_the_address(
    session: Session, sam: Person, now: datetime
) -> None:
    checked = staff.check_password(session, replace(RIGHT, email=" SAM@Example.NHS.uk"), KEY, now)
    assert isinstance(checked, Person)
    assert checked.id == sam.id


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    session: Session, sam: Person, now: datetime
) -> None:
    wrong = staff.check_password(session, replace(RIGHT, password="three quiet oceans"), KEY, now)
    unknown = staff.check_password(session, replace(RIGHT, email="nobody@example.nhs.uk"), KEY, now)
    assert isinstance(wrong, NotSignedIn)
    assert isinstance(unknown, NotSignedIn)
    assert str(wrong) == str(unknown)


def test_a_disabled_person_gets_the_answer_of_a_wrong_password(
    owner: Engine, session: Session, sam: Person, now: datetime
) -> None:
    token = staff.open_sign_in(session, sam, now)
    _disable(owner, sam, now)
    checked = staff.check_password(session, RIGHT, KEY, now)
    assert isinstance(checked, NotSignedIn)
    assert "not right" in str(checked)
    assert staff.signed_in(session, token, now) is None


def test_only_a_digest_of_the_token_is_kept(session: Session, sam: Person, now: datetime) -> None:
    token = staff.open_sign_in(session, sam, now)
    kept = session.execute(text("SELECT token_digest FROM sign_in")).scalar_one()
    assert len(token) >= 43
    assert len(kept) == 32
    assert token.encode() not in bytes(kept)
    assert staff.signed_in(session, kept.hex(), now) is None


def test_somebody_with_one_service_starts_in_it(session: Session, sam: Person, service_id: int, now: datetime) -> None:
    who = _signed_in(session, sam, now)
    assert who.service_id == service_id
    assert who.roles == {"therapist"}
    assert who.actor.person_id == sam.id


def test_somebody_with_several_services_chooses_and_may_choose_no_other(
    owner: Engine, session: Session, service_id: int, now: datetime
) -> None:
    makers.add_service(owner, "eput_cot", "Essex Partnership", now)
    strange = makers.add_service(owner, "strange", "Strange", now)
    both = makers.add_member(owner, now, {"herts_cot": "lead", "eput_cot": "therapist"})
    token = staff.open_sign_in(session, both, now)
    who = staff.signed_in(session, token, now)
    assert who is not None
    assert who.roles == frozenset()
    with pytest.raises(staff.ServiceNotChosen):
        _ = who.service_id
    with pytest.raises(NotFound):
        staff.choose_service(session, who, strange, now)
    staff.choose_service(session, who, service_id, now)
    chosen = staff.signed_in(session, token, now)
    assert chosen is not None
    assert (chosen.service_id, chosen.roles) == (service_id, frozenset({"lead"}))


def test_a_role_taken_away_is_gone_at_the_next_request(
    owner: Engine, session: Session, sam: Person, now: datetime
) -> None:
    token = staff.open_sign_in(session, sam, now)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM person_role"))
    who = staff.signed_in(session, token, now)
    assert who is not None
    assert who.roles == frozenset()
    with pytest.raises(Forbidden, match="no role"):
        _ = who.service_id


def test_a_sign_in_ends_after_thirty_idle_minutes(session: Session, sam: Person, now: datetime) -> None:
    token = staff.open_sign_in(session, sam, now)
    assert staff.signed_in(session, token, now + timedelta(minutes=30) - SECOND, present=False)
    assert staff.signed_in(session, token, now + timedelta(minutes=30), present=False) is None


def test_somebody_who_is_there_stays_signed_in_and_a_page_by_itself_does_not(
    session: Session, sam: Person, now: datetime
) -> None:
    token = staff.open_sign_in(session, sam, now)
    assert staff.signed_in(session, token, now + timedelta(minutes=20))
    assert staff.signed_in(session, token, now + timedelta(minutes=40), present=False)
    assert staff.signed_in(session, token, now + timedelta(minutes=51)) is None


def test_a_sign_in_ends_after_twelve_hours_however_busy(session: Session, sam: Person, now: datetime) -> None:
    token = staff.open_sign_in(session, sam, now)
    for minutes in range(20, 12 * 60, 20):
        assert staff.signed_in(session, token, now + timedelta(minutes=minutes))
    assert staff.signed_in(session, token, now + timedelta(hours=12)) is None


def test_signing_out_ends_that_sign_in_alone(session: Session, sam: Person, now: datetime) -> None:
    here, elsewhere = (staff.open_sign_in(session, sam, now) for _ in range(2))
    who = staff.signed_in(session, here, now)
    assert who is not None
    staff.sign_out(session, who, now)
    assert staff.signed_in(session, here, now) is None
    assert staff.signed_in(session, elsewhere, now)


def test_a_new_password_ends_the_other_sign_ins_and_the_old_password(
    session: Session, sam: Person, now: datetime
) -> None:
    elsewhere = staff.open_sign_in(session, sam, now)
    who = _signed_in(session, sam, now)
    assert staff.change_password(session, who, RIGHT, "four loud mountains", KEY, now) is None
    session.expire_all()
    assert staff.signed_in(session, elsewhere, now) is None
    assert isinstance(staff.check_password(session, RIGHT, KEY, now), NotSignedIn)
    assert isinstance(staff.check_password(session, replace(RIGHT, password="four loud mountains"), KEY, now), Person)


def test_a_new_password_needs_the_present_one(session: Session, sam: Person, now: datetime) -> None:
    who = _signed_in(session, sam, now)
    refused = staff.change_password(session, who, replace(RIGHT, password="?"), "four loud mountains", KEY, now)
    assert isinstance(refused, NotSignedIn)
    assert isinstance(staff.check_password(session, RIGHT, KEY, now), Person)


def test_every_step_is_on_the_audit_trail_and_no_address_is(
    owner: Engine, serving: Engine, sam: Person, now: datetime
) -> None:
    with db.transaction(serving, None) as session:
        staff.check_password(session, replace(RIGHT, password="three quiet oceans"), KEY, now)
        staff.check_password(session, replace(RIGHT, email="nobody@example.nhs.uk"), KEY, now)
        who = _signed_in(session, sam, now)
        staff.sign_out(session, who, now)
    me = f"person {sam.id}"
    assert makers.trail(owner) == [
        ("person_added", me),
        ("role_added", me),
        ("sign_in_failed", me),
        ("sign_in_failed", None),
        ("signed_in", me),
        ("signed_out", me),
    ]
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT audit::text FROM audit")).scalars().all()
    assert not any("@" in row for row in rows)


def _signed_in(session: Session, person: Person, now: datetime) -> SignedIn:
    who = staff.signed_in(session, staff.open_sign_in(session, person, now), now)
    assert who is not None
    return who


def _disable(owner: Engine, person: Person, now: datetime) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE person SET disabled_at = :now WHERE id = :id"), {"now": now, "id": person.id})
