"""Who works on one call at the same time waits in one order, so that no two ever wait for each other."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from advice_line import legs
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from scheduler import events
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import MovingClock
from tests.inbox.network import LINE, Event, tell
from tests.scheduler.conftest import Opening

SID = factories.a_sid("CA")


@pytest.fixture
def attempt(story: Opening, owner: Engine, service: Service, clock: MovingClock) -> Attempt:
    therapist = factories.a_therapist(owner, service, "sam_sample", phone="+447700900111")
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock())
        attempt = factories.an_attempt(session, enquiry, therapist, clock())
        attempts.move(session, attempt, "placing", placed_at=clock())
        return attempt


def until_somebody_waits_for_a_lock(session: Session) -> None:
    deadline = time.monotonic() + 60
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not session.scalar(waiting):
        assert time.monotonic() < deadline, "nobody waits"


def test_the_word_of_a_call_waits_before_it_takes_the_calls_row(
    workshop: Workshop, service: Service, story: Opening, attempt: Attempt, clock: MovingClock
) -> None:
    status = {"CallSid": SID, "CallStatus": "completed"}
    told = Event("attempt_status", status, path=f"/webhooks/attempts/{attempt.id}/status?line={LINE}")
    with story() as session:
        tell(session, [told], clock())
    with ThreadPoolExecutor() as pool:
        with story() as placing:
            attempts.hold(placing, service.id, attempt.id)
            applied = pool.submit(events.apply, workshop, service)
            until_somebody_waits_for_a_lock(placing)
            placing.execute(text("SET LOCAL lock_timeout = '1s'"))
            legs.seen(placing, service.id, SID, LINE, clock(), attempt_id=attempt.id)
        assert applied.result() == 1


def test_who_only_looks_waits_for_nobody(story: Opening, service: Service, attempt: Attempt) -> None:
    with story() as placing, story() as looking:
        attempts.hold(placing, service.id, attempt.id)
        looking.execute(text("SET LOCAL lock_timeout = '1s'"))
        enquiry = looking.get_one(Enquiry, (service.id, attempt.enquiry_id))
        assert attempts.live(looking, enquiry) is not None
