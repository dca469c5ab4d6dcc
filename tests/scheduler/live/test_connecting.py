"""For every caller who waits one therapist on duty is rung: never two, never twice, and never silently nobody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import Engine, text

from advice_line.calls import Call
from advice_line.lines.configuration import CallLimits
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import duty as duties
from scheduler.connecting import connect, steps
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening
from tests.scheduler.live.conftest import KIM, LEE, LINE, LINE_NUMBER, ends


def test_the_therapist_is_rung_from_the_lines_number(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    assert connect(workshop, service) == 0
    waits()
    assert connect(workshop, service) == 1
    (rung,) = telephone.rung
    assert (rung.to, rung.from_) == (KIM, LINE_NUMBER)
    assert (
        rung.answer_url
        == f"https://advice.example.nhs.uk/webhooks/offers/1/answered?line={LINE}#rc=1&rp=5xx,ct,rt&rt=7000"
    )
    assert rung.status_url.endswith(f"/webhooks/offers/1/status?line={LINE}#rc=3&rp=all")


def test_each_caller_has_one_ring_and_each_therapist_one_caller(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    on_duty(LEE)
    waits()
    assert connect(workshop, service) == 1
    assert connect(workshop, service) == 0
    waits()
    waits()
    assert connect(workshop, service) == 1
    assert connect(workshop, service) == 0
    assert [each.to for each in telephone.rung] == [KIM, LEE]


def test_many_workers_ring_each_therapist_once(
    new_workshop: Callable[[], Workshop],
    service: Service,
    telephone: FakeTelephone,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    on_duty(LEE)
    waits()
    waits()
    with ThreadPoolExecutor(4) as hands:
        list(hands.map(lambda _: connect(new_workshop(), service), range(8)))
    connect(new_workshop(), service)
    assert sorted(each.to for each in telephone.rung) == [KIM, LEE]


def test_it_is_written_down_that_we_ring_before_we_ring(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
    ring: Callable[[], list[tuple[str, str, str | None]]],
) -> None:
    on_duty(KIM)
    waits()
    seen: list[object] = []
    telephone.before["ring"] = lambda: seen.extend(ring())
    connect(workshop, service)
    assert seen == [(KIM, "placing", None)]
    assert ring() == [(KIM, "ringing", None)]


def test_the_turn_goes_to_the_next_and_comes_back_after_a_moment(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    story: Opening,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    on_duty(LEE)
    waits()
    for _ in range(2):
        connect(workshop, service)
        ends(story, service, clock())
    assert connect(workshop, service) == 0
    clock.passes(seconds=21)
    connect(workshop, service)
    assert [each.to for each in telephone.rung] == [KIM, LEE, KIM]


def test_nobody_is_rung_who_speaks_writes_or_has_gone_off(
    workshop: Workshop,
    service: Service,
    owner: Engine,
    clock: MovingClock,
    story: Opening,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    kim, lee = on_duty(KIM), on_duty(LEE)
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock())
        factories.an_attempt(session, enquiry, kim, clock())
        duties.go_off(session, service.id, lee, TESTER, clock())
    waits()
    assert connect(workshop, service) == 0
    with story() as session:
        session.execute(text("UPDATE attempt SET state = 'call_over', call_ended_at = :now"), {"now": clock()})
    assert connect(workshop, service) == 0
    clock.passes(minutes=11)
    waits()
    assert connect(workshop, service) == 1


def test_nobody_is_rung_for_a_caller_of_whom_nothing_was_heard(
    workshop: Workshop,
    service: Service,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    waits()
    clock.passes(minutes=3)
    assert connect(workshop, service) == 0
    assert [*steps(workshop)] == []


def test_nobody_is_rung_after_the_window(
    workshop: Workshop,
    service: Service,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    clock.time = datetime.fromisoformat("2026-11-19T14:30:00+00:00")
    waits()
    assert connect(workshop, service) == 0


def test_rings_count_among_the_calls_that_a_service_may_place(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    strict = Service(service.id, service.configuration.model_copy(update={"call_limits": CallLimits(an_hour=1)}))
    on_duty(KIM)
    on_duty(LEE)
    waits()
    waits()
    assert connect(workshop, strict) == len(telephone.rung) == 1
