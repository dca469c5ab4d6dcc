"""Looking up the other end of a callback, within its own service alone."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import Engine

from advice_line import db, embedded
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from tests.factories import a_service, a_therapist, an_attempt, an_enquiry
from webhooks import database
from webhooks.attempts import DatabaseAttempts
from webhooks.context import Bridge

TheAttempt = tuple[int, int, Bridge]


@pytest.fixture
def url(cluster: embedded.Server, database: str) -> str:
    """The serving role's address."""
    return cluster.url_for("serving", database)


@pytest.fixture
def attempt(owner: Engine, now: datetime) -> TheAttempt:
    """A live attempt: its service, its id, and what is at its other end."""
    service = a_service(owner, now)
    therapist = a_therapist(owner, service)
    with db.transaction(owner, service.id) as session:
        enquiry = an_enquiry(session, service, now, number="+447700900456")
        live = an_attempt(session, enquiry, therapist, now)
        return service.id, live.id, Bridge("+447700900456", enquiry.reference)


def look(url: str, service_id: int, attempt_id: int) -> Bridge | None:
    """Look one up."""

    async def looked() -> Bridge | None:
        async with database.pool(url) as pool:
            return await DatabaseAttempts(pool).bridge(service_id, attempt_id)

    return asyncio.run(looked())


def test_a_live_attempt_leads_to_its_caller(url: str, attempt: TheAttempt) -> None:
    service_id, attempt_id, bridge = attempt
    assert look(url, service_id, attempt_id) == bridge


def test_another_services_attempt_leads_nowhere(url: str, owner: Engine, now: datetime, attempt: TheAttempt) -> None:
    other = a_service(owner, now, "eput_cot")
    assert look(url, other.id, attempt[1]) is None


def test_an_attempt_that_never_was_leads_nowhere(url: str, attempt: TheAttempt) -> None:
    assert look(url, attempt[0], attempt[1] + 1) is None


def test_an_attempt_that_is_over_leads_nowhere(url: str, owner: Engine, now: datetime, attempt: TheAttempt) -> None:
    service_id, attempt_id, _ = attempt
    with db.transaction(owner, service_id) as session:
        live = session.get_one(Attempt, (service_id, attempt_id))
        enquiry = session.get_one(Enquiry, (service_id, live.enquiry_id))
        calling.abandon(session, enquiry, live, "nobody answered", now)
    assert look(url, service_id, attempt_id) is None
