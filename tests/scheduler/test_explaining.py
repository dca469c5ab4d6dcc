"""A recorder that was handed out and never heard of again is asked about, until it is known what became of it."""

import pytest

from advice_line.calls import Call
from advice_line.errors import NotNow
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.calling import Readiness, Recorded
from scheduler.explaining import ANNOUNCED_GRACE, explain
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening


@pytest.fixture
def message(story: Opening, service: Service, clock: MovingClock) -> Message:
    with story() as session:
        return factories.an_expected_message(session, service, clock())


def told(telephone: FakeTelephone, story: Opening, message: Message, readiness: Readiness, seconds: int = 9) -> str:
    with story() as session:
        sid = session.get_one(Call, (message.service_id, message.call_id)).sid
    telephone.recorded[sid] = [Recorded(factories.a_sid("RE"), seconds, readiness)]
    return telephone.recorded[sid][0].sid


def facts(story: Opening, message: Message) -> tuple[str, str, bool]:
    """The message's state, its call's end, and whether there is an enquiry."""
    with story() as session:
        now = session.get_one(Message, (message.service_id, message.id))
        call = session.get_one(Call, (message.service_id, message.call_id))
        return now.state, call.end_state, now.enquiry_id is not None


def test_nothing_is_asked_in_the_first_minute(
    workshop: Workshop, service: Service, message: Message, clock: MovingClock, story: Opening
) -> None:
    clock.passes(seconds=60)
    assert explain(workshop, service) == 0
    assert facts(story, message) == ("expected", "in_progress", False)


def test_where_nothing_was_recorded_the_caller_hung_up_at_the_greeting(
    workshop: Workshop, service: Service, message: Message, clock: MovingClock, story: Opening
) -> None:
    clock.passes(seconds=61)
    assert explain(workshop, service) == 1
    assert facts(story, message) == ("absent", "hung_up_greeting", False)
    assert explain(workshop, service) == 0


def test_a_message_whose_event_was_lost_is_found_and_opens_its_enquiry(
    workshop: Workshop, service: Service, message: Message, clock: MovingClock, story: Opening, telephone: FakeTelephone
) -> None:
    sid = told(telephone, story, message, "ready")
    clock.passes(minutes=2)
    assert explain(workshop, service) == 1
    assert facts(story, message) == ("expected", "message", True)
    with story() as session:
        found = session.get_one(Message, (service.id, message.id))
    assert (found.recording_sid, found.seconds, found.ready_at) == (sid, 9, clock())


def test_a_recording_that_is_still_coming_is_waited_for(
    workshop: Workshop, service: Service, message: Message, clock: MovingClock, story: Opening, telephone: FakeTelephone
) -> None:
    told(telephone, story, message, "coming")
    clock.passes(minutes=2)
    assert explain(workshop, service) == 0
    assert facts(story, message)[0] == "expected"
    told(telephone, story, message, "ready")
    clock.passes(minutes=6)
    assert explain(workshop, service) == 1


def test_a_recording_without_sound_is_a_fact_of_the_call(
    workshop: Workshop, service: Service, message: Message, clock: MovingClock, story: Opening, telephone: FakeTelephone
) -> None:
    told(telephone, story, message, "none", 0)
    clock.passes(minutes=2)
    assert explain(workshop, service) == 1
    assert facts(story, message) == ("absent", "hung_up_tone", False)


def test_an_announced_recording_is_missed_for_an_hour_before_it_is_lost(
    workshop: Workshop, service: Service, clock: MovingClock, story: Opening
) -> None:
    with story() as session:
        message = factories.an_expected_message(session, service, clock(), recording_sid=factories.a_sid("RE"))
    clock.passes(minutes=2)
    explain(workshop, service)
    assert facts(story, message)[0] == "expected"
    clock.time += ANNOUNCED_GRACE
    explain(workshop, service)
    assert facts(story, message)[0] == "failed"


def test_a_network_that_does_not_answer_is_asked_again_later(
    workshop: Workshop, service: Service, message: Message, clock: MovingClock, story: Opening, telephone: FakeTelephone
) -> None:
    telephone.failures["recordings_of"].append(NotNow("Busy."))
    clock.passes(minutes=2)
    assert explain(workshop, service) == 0
    assert facts(story, message)[0] == "expected"
    clock.passes(minutes=6)
    assert explain(workshop, service) == 1
