"""For every caller who waits one therapist on duty is rung: never two, never twice, and never silently nobody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from advice_line import calls, db
from advice_line.calls import Call
from advice_line.errors import NotNow, OutsideFailed, Unanswered
from advice_line.lines.configuration import CallLimits
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import duty as duties
from advice_line.live import offer as offers
from advice_line.live.offer import Offer
from advice_line.telephone.calling import PlacedCall
from scheduler.connecting import connect, look_up, steps, steps_of_look_up, stop_surplus
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock, Rung
from tests.scheduler.conftest import Opening

LINE, LINE_NUMBER = "eput_support_line", "+441702372250"
KIM, LEE = "+447700900171", "+447700900172"


@pytest.fixture
def now() -> datetime:
    """A Thursday at 13:00 in London: the line of EPUT is open."""
    return datetime.fromisoformat("2026-11-19T13:00:00+00:00")


@pytest.fixture
def service(owner: Engine, now: datetime) -> Service:
    return factories.a_service(owner, now, "eput_cot", rota=[])


@pytest.fixture
def on_duty(owner: Engine, service: Service, clock: MovingClock) -> Callable[[str], Therapist]:
    """Somebody goes on duty with a phone."""

    def go(phone: str) -> Therapist:
        therapist = factories.a_therapist(owner, service, f"of_{phone[-3:]}", phone=phone)
        with db.transaction(owner, service.id) as session:
            duties.go_on(session, service.line(LINE), therapist, phone, TESTER, clock())
        clock.passes(seconds=1)
        return therapist

    return go


@pytest.fixture
def waits(story: Opening, service: Service, clock: MovingClock) -> Callable[[], Call]:
    """A further caller comes into the queue."""

    def come() -> Call:
        with story() as session:
            call = factories.a_call(session, service, clock(), number=factories.a_number())
            calls.wait(call, clock(), clock())
            return call

    return come


@pytest.fixture
def ring(story: Opening) -> Callable[[], list[tuple[str, str, str | None]]]:
    """Whom we rang, and what became of it."""

    def told() -> list[tuple[str, str, str | None]]:
        with story() as session:
            return [(each.therapist_number, each.state, each.problem) for each in session.query(Offer).order_by("id")]

    return told


def ends(story: Opening, service: Service, at: datetime, problem: str = "not_taken") -> None:
    with story() as session:
        for offer in session.query(Offer).filter(Offer.finished_at.is_(None)).all():
            offers.move(session, offer, "over", finished_at=at, problem=problem)


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
    assert rung.answer_url == f"https://advice.example.nhs.uk/webhooks/offers/1/answered?line={LINE}#rc=1&rp=5xx,ct,rt&rt=7000"
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


def test_a_busy_network_is_asked_again_and_a_refusal_leaves_the_therapist_free(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
    ring: Callable[[], list[tuple[str, str, str | None]]],
) -> None:
    on_duty(KIM)
    waits()
    telephone.failures["ring"] = [NotNow("busy", after=timedelta(seconds=3))]
    assert connect(workshop, service) == 0
    assert connect(workshop, service) == 0
    clock.passes(seconds=4)
    assert connect(workshop, service) == 1
    assert [state for _, state, _ in ring()] == ["over", "ringing"]


def test_a_ring_of_which_nobody_knows_is_looked_up_before_the_phone_is_rung_again(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
    ring: Callable[[], list[tuple[str, str, str | None]]],
) -> None:
    on_duty(KIM)
    waits()
    telephone.failures["ring"] = [Unanswered("no answer")]
    connect(workshop, service)
    assert connect(workshop, service) == 0
    sid = factories.a_sid("CA")
    telephone.rung.append(Rung(KIM, LINE_NUMBER, "", "", 20, sid))
    telephone.placed = [PlacedCall(sid, clock())]
    assert [name for name, _ in steps_of_look_up(workshop)] == ["eput_cot"]
    assert look_up(workshop, service) == 1
    assert ring() == [(KIM, "ringing", None)]


def test_a_ring_that_never_was_frees_the_therapist(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
    ring: Callable[[], list[tuple[str, str, str | None]]],
) -> None:
    on_duty(KIM)
    waits()
    telephone.failures["ring"] = [Unanswered("no answer")]
    telephone.failures["calls_to"] = [OutsideFailed("out of reach")]
    connect(workshop, service)
    assert look_up(workshop, service) == 0
    clock.passes(seconds=61)
    assert look_up(workshop, service) == 1
    assert ring() == [(KIM, "over", "not_placed")]


def test_a_ring_whose_end_was_never_told_is_ended(
    workshop: Workshop,
    service: Service,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
    ring: Callable[[], list[tuple[str, str, str | None]]],
) -> None:
    on_duty(KIM)
    waits()
    connect(workshop, service)
    clock.passes(minutes=2)
    assert look_up(workshop, service) == 0
    clock.passes(minutes=2)
    assert look_up(workshop, service) == 1
    assert ring() == [(KIM, "over", "not_placed")]


def hangs_up(story: Opening, call: Call, at: datetime) -> None:
    with story() as session:
        calls.leave_queue(session.get_one(Call, (call.service_id, call.id)), at)


def test_a_ring_whose_caller_has_gone_is_stopped_the_newest_first_and_once(
    workshop: Workshop,
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    on_duty(LEE)
    gone, _stays = waits(), waits()
    assert connect(workshop, service) == 2
    assert stop_surplus(workshop, service) == 0
    hangs_up(story, gone, clock())
    assert [stop_surplus(workshop, service) for _ in range(3)] == [1, 0, 0]
    assert telephone.stopped == [telephone.rung[-1].sid]


def test_a_network_that_does_not_answer_stops_no_other_work(
    workshop: Workshop,
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    gone = waits()
    connect(workshop, service)
    hangs_up(story, gone, clock())
    telephone.failures["stop_ringing"].append(NotNow("Out of reach."))
    assert (stop_surplus(workshop, service), telephone.stopped) == (1, [])


def test_a_ring_that_ended_while_it_was_asked_for_is_hung_up(
    workshop: Workshop,
    service: Service,
    story: Opening,
    telephone: FakeTelephone,
    clock: MovingClock,
    on_duty: Callable[[str], Therapist],
    waits: Callable[[], Call],
) -> None:
    on_duty(KIM)
    waits()
    telephone.before["ring"] = lambda: ends(story, service, clock())
    connect(workshop, service)
    assert telephone.hung_up == [telephone.rung[0].sid]


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
