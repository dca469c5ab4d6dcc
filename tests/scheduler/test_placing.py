"""A therapist who presses “call” is rung once: never twice, and never silently not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Misconfigured, NotNow, OutsideFailed, Unanswered
from advice_line.lines.configuration import CallLimits
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.telephone.calling import PlacedCall
from scheduler.placing import NEVER_KNOWN, NOT_PLACED, look_up, place
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening

LINE_NUMBER = "+441923470680"


@pytest.fixture
def therapist(owner: Engine, service: Service) -> Therapist:
    return factories.a_therapist(owner, service, "sam_sample", phone="+447700900111")


@pytest.fixture
def attempt(story: Opening, service: Service, therapist: Therapist, clock: MovingClock) -> Attempt:
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock())
        return factories.an_attempt(session, enquiry, therapist, clock())


@pytest.fixture
def look(story: Opening, attempt: Attempt) -> Callable[[], Attempt]:
    def look() -> Attempt:
        with story() as session:
            return session.get_one(Attempt, (attempt.service_id, attempt.id))

    return look


def status(story: Opening, attempt: Attempt) -> str:
    with story() as session:
        return session.get_one(Enquiry, (attempt.service_id, attempt.enquiry_id)).status


def test_the_therapist_is_rung_from_the_lines_number(
    workshop: Workshop, service: Service, telephone: FakeTelephone, attempt: Attempt, look: Callable[[], Attempt]
) -> None:
    assert place(workshop, service) == 1
    (rung,) = telephone.rung
    base = f"https://advice.example.nhs.uk/webhooks/attempts/{attempt.id}"
    assert (rung.to, rung.from_, rung.timeout) == ("+447700900111", LINE_NUMBER, 25)
    assert rung.answer_url == f"{base}/answered?line=herts_advice_line#rc=1&rp=5xx,ct,rt&rt=7000"
    assert rung.status_url == f"{base}/status?line=herts_advice_line#rc=3&rp=all"
    assert (look().state, look().call_sid) == ("ringing_therapist", rung.sid)
    assert place(workshop, service) == 0


def test_it_is_written_down_that_we_dial_before_we_dial(
    workshop: Workshop, service: Service, telephone: FakeTelephone, look: Callable[[], Attempt]
) -> None:
    seen = []
    telephone.before["ring"] = lambda: seen.append(look().state)
    place(workshop, service)
    assert seen == ["placing"]


def test_many_workers_ring_each_therapist_once(
    new_workshop: Callable[[], Workshop],
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    therapist: Therapist,
    clock: MovingClock,
) -> None:
    with story() as session:
        for _ in range(10):
            factories.an_attempt(session, factories.an_enquiry(session, service, clock()), therapist, clock())
    with ThreadPoolExecutor(4) as workers:
        done = [workers.submit(place, new_workshop(), service) for _ in range(4)]
    assert sum(one.result() for one in done) == 10
    assert len({rung.answer_url for rung in telephone.rung}) == len(telephone.rung) == 10


@pytest.mark.parametrize(
    "refusal", [OutsideFailed("Check the number.", permanent=True), Misconfigured("No such account.")]
)
def test_a_call_that_is_refused_gives_the_enquiry_back_with_the_reason(
    workshop: Workshop,
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    look: Callable[[], Attempt],
    refusal: Exception,
) -> None:
    telephone.failures["ring"].append(refusal)
    assert place(workshop, service) == 0
    assert (look().state, look().problem) == ("abandoned", str(refusal))
    assert status(story, look()) == "new"


def test_more_calls_than_the_service_allows_are_never_dialled_and_the_therapist_is_told(
    workshop: Workshop,
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    therapist: Therapist,
    clock: MovingClock,
    look: Callable[[], Attempt],
) -> None:
    with story() as session:
        second = factories.an_attempt(session, factories.an_enquiry(session, service, clock()), therapist, clock()).id
    strict = service.configuration.model_copy(update={"call_limits": CallLimits(an_hour=1)})
    assert place(workshop, Service(service.id, strict)) == len(telephone.rung) == 1
    with story() as session:
        refused = session.get_one(Attempt, (service.id, second))
        assert refused.state == "abandoned"
        assert str(refused.problem).startswith("Your service rang as often within an hour")
    assert look().state == "ringing_therapist"


def test_a_busy_network_is_asked_again_when_it_said(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    telephone.failures["ring"].append(NotNow("Busy.", after=timedelta(seconds=7)))
    assert place(workshop, service) == 0
    assert look().state == "to_place"
    clock.passes(seconds=6)
    assert place(workshop, service) == 0
    clock.passes(seconds=1)
    assert place(workshop, service) == 1


def test_after_a_minute_of_a_busy_network_the_therapist_is_told(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    telephone.failures["ring"] = [NotNow("Out of reach.") for _ in range(99)]
    for _ in range(35):
        place(workshop, service)
        clock.passes(seconds=2)
    assert (look().state, look().problem) == ("abandoned", "Out of reach.")


def test_a_request_without_an_answer_is_looked_up_and_never_sent_again(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    telephone.failures["ring"].append(Unanswered("No answer."))
    place(workshop, service)
    assert look().state == "unknown"
    assert look_up(workshop, service) == 0
    telephone.failures["ring"].clear()
    sid = telephone.ring("+447700900111", LINE_NUMBER, answer_url="", status_url="", timeout=25)
    clock.passes(seconds=20)
    assert place(workshop, service) == 0
    assert look_up(workshop, service) == 1
    assert (look().state, look().call_sid) == ("ringing_therapist", sid)
    assert len(telephone.rung) == 1


def test_a_call_that_was_never_made_is_given_back_after_a_minute(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    telephone.failures["ring"].append(Unanswered("No answer."))
    place(workshop, service)
    clock.passes(seconds=59)
    assert look_up(workshop, service) == 0
    clock.passes(seconds=1)
    assert look_up(workshop, service) == 1
    assert (look().state, look().problem) == ("abandoned", NOT_PLACED)


def test_when_nobody_can_say_whether_it_rang_the_enquiry_comes_back_in_the_end(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    telephone.failures["ring"].append(Unanswered("No answer."))
    telephone.failures["calls_to"] = [NotNow("Out of reach.")] * 2
    place(workshop, service)
    clock.passes(minutes=9)
    assert look_up(workshop, service) == 0
    clock.passes(minutes=1)
    assert look_up(workshop, service) == 1
    assert look().problem == NEVER_KNOWN


def test_another_attempts_call_is_never_taken_for_ours(
    workshop: Workshop,
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    therapist: Therapist,
    clock: MovingClock,
    look: Callable[[], Attempt],
) -> None:
    telephone.failures["ring"].append(Unanswered("No answer."))
    place(workshop, service)
    with story() as session:
        factories.an_attempt(session, factories.an_enquiry(session, service, clock()), therapist, clock())
    assert place(workshop, service) == 1
    clock.passes(minutes=2)
    assert look_up(workshop, service) == 1
    assert look().state == "abandoned"


def test_of_two_calls_without_an_owner_the_nearest_in_time_is_ours(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    telephone.failures["ring"].append(Unanswered("No answer."))
    place(workshop, service)
    sids = [telephone.ring("+447700900111", LINE_NUMBER, answer_url="", status_url="", timeout=25) for _ in range(2)]
    telephone.placed = [
        PlacedCall(sids[0], clock() + timedelta(seconds=25)),
        PlacedCall(sids[1], clock() + timedelta(seconds=1)),
    ]
    look_up(workshop, service)
    assert look().call_sid == sids[1]


def test_a_worker_that_died_while_dialling_is_found_out_about(
    workshop: Workshop, service: Service, story: Opening, clock: MovingClock, look: Callable[[], Attempt]
) -> None:
    with story() as session:
        attempts.move(session, session.merge(look()), "placing", placed_at=clock())
    clock.passes(seconds=59)
    assert look_up(workshop, service) == 0
    clock.passes(seconds=1)
    assert look_up(workshop, service) == 1
    assert look().state == "abandoned"


def test_events_that_come_before_the_answer_are_not_undone(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, look: Callable[[], Attempt]
) -> None:
    def accepted() -> None:
        with story() as session:
            attempts.move(session, session.merge(look()), "ringing_caller", accepted_at=workshop.now())

    telephone.before["ring"] = accepted
    place(workshop, service)
    assert (look().state, look().call_sid) == ("ringing_caller", telephone.rung[0].sid)


def test_a_call_that_nobody_wants_any_more_is_hung_up(
    workshop: Workshop, service: Service, story: Opening, telephone: FakeTelephone, look: Callable[[], Attempt]
) -> None:
    def withdrawn() -> None:
        with story() as session:
            attempt = session.merge(look())
            enquiry = session.get_one(Enquiry, (service.id, attempt.enquiry_id))
            calling.abandon(session, enquiry, attempt, "Changed our mind.", workshop.now())

    telephone.before["ring"] = withdrawn
    place(workshop, service)
    assert telephone.hung_up == [telephone.rung[0].sid]


def test_a_worker_that_stood_still_on_its_way_to_the_telephone_dials_nobody(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    attempt: Attempt,
    look: Callable[[], Attempt],
) -> None:
    workshop.now = lambda: clock.passes(seconds=31)  # whenever it looks up, half a minute has gone
    assert place(workshop, service) == 0
    assert (telephone.rung, look().state) == ([], "placing")
    clock.passes(minutes=1)
    assert look_up(workshop, service) == 1
    assert (look().state, look().problem) == ("abandoned", NOT_PLACED)
