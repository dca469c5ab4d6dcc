"""What becomes of a ring: the network is busy, forgets it, never tells its end, or its caller has gone."""

from collections.abc import Callable
from datetime import datetime, timedelta

from advice_line import calls
from advice_line.calls import Call
from advice_line.errors import NotNow, OutsideFailed, Unanswered
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.telephone.calling import PlacedCall
from scheduler.connecting import connect, look_up, steps_of_look_up, stop_surplus
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock, Rung
from tests.scheduler.conftest import Opening
from tests.scheduler.live.conftest import KIM, LEE, LINE_NUMBER, ends


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
