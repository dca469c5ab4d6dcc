"""When a plan is wanted, and what two planners at once, or somebody at an enquiry, make of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from advice_line.callbacks import plan as plans
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from scheduler.planning import plan, want
from scheduler.workshop import Workshop
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening, history


def test_a_plan_is_made_every_ten_minutes_while_somebody_waits(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], clock: MovingClock
) -> None:
    make(number=None)
    plan(workshop, service)
    clock.passes(minutes=9)
    assert want(workshop, service) == 0
    clock.passes(minutes=2)
    assert want(workshop, service) == 1


def test_planning_is_wanted_until_it_is_done(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry]
) -> None:
    plan(workshop, service)
    assert [waiting.planning for waiting in workshop.waiting()] == [False]
    make()
    assert [waiting.planning for waiting in workshop.waiting()] == [True]
    plan(workshop, service)
    assert [waiting.planning for waiting in workshop.waiting()] == [False]


@contextmanager
def just_before_the_first_commit(do: Callable[[], None]) -> Iterator[None]:
    """Have something happen while a transaction is about to end."""
    waiting = [do]

    def once(_session: Session) -> None:
        if waiting:
            waiting.pop()()

    event.listen(Session, "before_commit", once)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", once)


def test_what_is_wished_while_a_plan_is_made_waits_for_nobody_and_is_planned_next(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any
) -> None:
    make()
    later: list[Enquiry] = []
    with just_before_the_first_commit(lambda: later.append(make())):
        assert plan(workshop, service) == 1
    assert [waiting.planning for waiting in workshop.waiting()] == [True]
    assert plan(workshop, service) == 1
    assert look(later[0])[1].state == "planned"


def test_two_planners_at_once_plan_each_call_once(
    new_workshop: Callable[[], Workshop], service: Service, make: Callable[..., Enquiry], story: Opening
) -> None:
    made = [make() for _ in range(20)]
    with ThreadPoolExecutor(4) as planners:
        done = [planners.submit(plan, new_workshop(), service) for _ in range(8)]
    assert sum(one.result() for one in done) == 20
    assert [len(history(story, one)) for one in made] == [1] * 20


def test_an_enquiry_that_somebody_is_at_puts_the_plan_off(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], story: Opening
) -> None:
    enquiry = make()
    with story() as session:
        enquiries.by_id(session, service.id, enquiry.id, lock=True)
        assert plan(workshop, service) == 0
    assert [waiting.planning for waiting in workshop.waiting()] == [True]
    assert plan(workshop, service) == 1


def test_while_another_planner_is_at_it_the_plan_waits_its_turn(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], story: Opening
) -> None:
    make()
    with story() as session:
        assert plans.begin(session, service.id)
        assert plan(workshop, service) == 0
    assert plan(workshop, service) == 1
