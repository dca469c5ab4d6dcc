"""How many calls may be placed: counted from the attempts that are stored."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import limits
from advice_line.callbacks.attempt import Attempt
from advice_line.errors import Conflict
from advice_line.lines.configuration import CallLimits
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import MOBILE

OTHER = "+441632960150"


def limited(service: Service, **most: int) -> Service:
    """The service with these limits."""
    return Service(service.id, service.configuration.model_copy(update={"call_limits": CallLimits(**most)}))


def placed(session: Session, service: Service, sam: Therapist, at: datetime, number: str = MOBILE) -> Attempt:
    """A call that was placed at this moment ."""
    attempt = factories.an_attempt(session, factories.an_enquiry(session, service, at), sam, at)
    attempt.caller_number, attempt.placed_at = number, at
    session.flush()
    return attempt


def test_one_number_may_be_rung_so_often_on_a_london_day(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    service = limited(herts, to_one_number_a_day=2)
    placed(session, service, sam, now.replace(hour=0, minute=0) - timedelta(seconds=1))
    placed(session, service, sam, now.replace(hour=0, minute=5))
    assert limits.too_many(session, service, MOBILE, now) is None
    placed(session, service, sam, now)
    assert str(limits.too_many(session, service, MOBILE, now)).startswith(
        "This number was rung today as often as we allow (at most 2)"
    )
    assert limits.too_many(session, service, OTHER, now) is None
    assert limits.too_many(session, service, MOBILE, now + timedelta(days=1)) is None


def test_a_service_may_ring_so_often_in_an_hour_and_in_a_day(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    service = limited(herts, an_hour=2, a_day=3)
    for minutes in (61, 59, 1):
        placed(session, service, sam, now - timedelta(minutes=minutes), number=factories.a_number())
    assert "within an hour as we allow (at most 2)" in str(limits.too_many(session, service, MOBILE, now))
    later = now + timedelta(hours=2)
    assert "rang today as often as we allow (at most 3)" in str(limits.too_many(session, service, MOBILE, later))
    assert limits.too_many(session, service, MOBILE, now + timedelta(days=1)) is None


def test_calls_that_were_never_placed_and_the_one_that_asks_do_not_count(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    service = limited(herts, to_one_number_a_day=1)
    placed(session, service, sam, now).placed_at = None
    session.flush()
    assert limits.too_many(session, service, MOBILE, now) is None
    asks = placed(session, service, sam, now)
    assert limits.too_many(session, service, MOBILE, now, besides=asks.id) is None
    with pytest.raises(Conflict, match="Try again tomorrow"):
        limits.refuse_too_many(session, service, MOBILE, now)


def test_another_services_calls_do_not_count(
    session: Session, herts: Service, eput: Service, sam: Therapist, now: datetime
) -> None:
    placed(session, herts, sam, now)
    assert limits.too_many(session, limited(eput, an_hour=1, a_day=1), MOBILE, now) is None
