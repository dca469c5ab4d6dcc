"""A therapist's own telephones: which we ring today, and that nobody else ever sees them."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import phones
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import TESTER

USUAL, DESK = "+447700900199", "+441632960199"
DAY = timedelta(days=1)


@pytest.fixture
def therapist(session: Session, sam: Therapist) -> Therapist:
    """Sam with a second phone, as far as this test goes."""
    return Therapist(service_id=sam.service_id, id=sam.id, phone=USUAL, desk_phone=DESK)


def test_without_a_choice_it_is_the_usual_phone(session: Session, therapist: Therapist, now: datetime) -> None:
    assert phones.to_ring(session, therapist, now) == USUAL


def test_a_choice_holds_for_the_rest_of_the_day_and_can_be_changed(
    session: Session, therapist: Therapist, now: datetime
) -> None:
    phones.choose(session, therapist, "desk", TESTER, now)
    assert phones.to_ring(session, therapist, now + timedelta(hours=8)) == DESK
    assert phones.to_ring(session, therapist, now + DAY) == USUAL
    phones.choose(session, therapist, "usual", TESTER, now)
    assert phones.to_ring(session, therapist, now) == USUAL


def test_a_phone_that_is_gone_from_the_rota_is_not_rung(session: Session, therapist: Therapist, now: datetime) -> None:
    phones.choose(session, therapist, "desk", TESTER, now)
    therapist.desk_phone = None
    assert phones.to_ring(session, therapist, now) == USUAL
    with pytest.raises(Conflict, match="no such phone"):
        phones.choose(session, therapist, "desk", TESTER, now)


def test_who_has_a_desk_phone_alone_is_rung_there(session: Session, therapist: Therapist, now: datetime) -> None:
    therapist.phone = None
    assert phones.to_ring(session, therapist, now) == DESK
    therapist.desk_phone = None
    with pytest.raises(Conflict, match="no phone number"):
        phones.to_ring(session, therapist, now)


def test_the_chosen_phone_is_the_one_that_an_attempt_rings(
    session: Session, herts: Service, sam: Therapist, therapist: Therapist, now: datetime
) -> None:
    phones.choose(session, therapist, "desk", TESTER, now)
    attempt = factories.an_attempt(session, factories.an_enquiry(session, herts, now), therapist, now)
    assert attempt.therapist_number == DESK
