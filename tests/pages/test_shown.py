"""What lists say of an enquiry is true at every moment of its story."""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import messages
from advice_line.callbacks import attempt as attempts
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.pages import shown
from tests import factories
from tests.scene import Scene


def listed(session: Session, service: Service, one: Enquiry, now: datetime) -> str:
    (said,) = shown.enquiries(session, service, [one], now)
    return said.status


def test_a_call_that_is_over_is_no_longer_being_called(
    session: Session, herts: Service, scene: Scene, now: datetime
) -> None:
    one = factories.a_heard_enquiry(session, herts, now)
    call = factories.an_attempt(session, one, scene.sam, now)
    attempts.move(session, call, "placing", placed_at=now)
    assert listed(session, herts, one, now) == "Being called now"
    attempts.move(session, call, "call_over", call_ended_at=now)
    assert listed(session, herts, one, now) == "Called: no result yet"


def test_a_recording_that_is_gone_claims_nothing_of_the_record(session: Session, herts: Service, now: datetime) -> None:
    one = factories.an_enquiry(session, herts, now)
    (message,) = messages.of_enquiry(session, herts.id, one.id)
    message.state = "deleted"
    (left,) = shown.left_by(session, one)
    assert left["state"] == "The recording was deleted after its time."
