"""A call that its therapist gave up stops ringing, however far it had come, and is never dialled again."""

import pytest
from sqlalchemy import Engine

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import cut_short
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries import enquiry as enquiries
from advice_line.errors import NotNow, Unanswered
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from scheduler.placing import look_up, place
from scheduler.stopping import stop
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening


@pytest.fixture
def therapist(owner: Engine, service: Service) -> Therapist:
    return factories.a_therapist(owner, service, "sam_sample", phone="+447700900111")


@pytest.fixture
def attempt(story: Opening, service: Service, therapist: Therapist, clock: MovingClock) -> Attempt:
    with story() as session:
        return factories.an_attempt(session, factories.an_enquiry(session, service, clock()), therapist, clock())


def give_up(story: Opening, attempt: Attempt, clock: MovingClock) -> None:
    """What the therapist's press does."""
    with story() as session:
        held = attempts.hold(session, attempt.service_id, attempt.id)
        assert held
        enquiry = enquiries.by_id(session, attempt.service_id, attempt.enquiry_id)
        cut_short.stop(session, enquiry, held, TESTER, clock())


def test_a_phone_that_rings_stops_ringing_once(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, attempt: Attempt, clock: MovingClock
) -> None:
    place(workshop, service)
    give_up(story, attempt, clock)
    assert [stop(workshop, service) for _ in range(2)] == [1, 0]
    assert telephone.stopped == [telephone.rung[0].sid]


def test_a_network_out_of_reach_is_asked_again(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, attempt: Attempt, clock: MovingClock
) -> None:
    place(workshop, service)
    give_up(story, attempt, clock)
    telephone.failures["stop_ringing"].append(NotNow("Out of reach."))
    with pytest.raises(NotNow):
        stop(workshop, service)
    assert stop(workshop, service) == 1


def test_a_call_that_is_given_up_before_it_is_dialled_is_never_dialled(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, attempt: Attempt, clock: MovingClock
) -> None:
    give_up(story, attempt, clock)
    assert (place(workshop, service), stop(workshop, service), telephone.rung) == (0, 0, [])


def test_a_call_that_is_given_up_while_it_is_dialled_is_hung_up(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, attempt: Attempt, clock: MovingClock
) -> None:
    telephone.before["ring"] = lambda: give_up(story, attempt, clock)
    place(workshop, service)
    assert telephone.hung_up == [telephone.rung[0].sid]
    assert stop(workshop, service) == 0


def test_a_call_that_is_given_up_while_nobody_knows_of_it_is_not_dialled_again(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, attempt: Attempt, clock: MovingClock
) -> None:
    telephone.failures["ring"].append(Unanswered("No answer."))
    place(workshop, service)
    give_up(story, attempt, clock)
    clock.passes(minutes=2)
    assert (look_up(workshop, service), place(workshop, service), telephone.rung) == (0, 0, [])
