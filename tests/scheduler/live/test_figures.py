"""What operators see of people who wait: callers for whom nobody is rung, and flags that nobody takes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from advice_line import backlog
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import listening
from advice_line.calls import Call
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import enquiry as enquiries
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import offer as offers
from advice_line.readiness import readiness
from scheduler.connecting import connect
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening
from tests.scheduler.live.conftest import KIM, ends

Lag = Callable[[], tuple[int, float] | None]


@pytest.fixture
def kim(on_duty: Callable[[str], Therapist]) -> Therapist:
    return on_duty(KIM)


@pytest.fixture
def lag(workshop: Workshop, clock: MovingClock) -> Lag:
    """How many callers wait beside somebody who is free, and for how many seconds they have; None without any."""

    def told() -> tuple[int, float] | None:
        with workshop.transaction(None) as session:
            found = {state.job: state for state in backlog.job_states(session, clock())}
        one = found.get("connect_callers")
        return (one.due, one.lag.total_seconds()) if one else None

    return told


def test_a_caller_lags_only_while_somebody_on_duty_is_free(
    clock: MovingClock, lag: Lag, waits: Callable[[], Call], on_duty: Callable[[str], Therapist]
) -> None:
    waits()
    clock.passes(seconds=30)
    assert lag() is None
    on_duty(KIM)  # a second ago
    waits()
    clock.passes(seconds=30)
    assert lag() == (1, 31)
    assert backlog.JobState("connect_callers", "eput_cot", 1, timedelta(seconds=31)).is_behind()


@pytest.mark.usefixtures("kim")
def test_who_is_rung_for_lags_no_more_and_whose_phone_rests_is_not_free(
    workshop: Workshop,
    service: Service,
    story: Opening,
    clock: MovingClock,
    lag: Lag,
    waits: Callable[[], Call],
) -> None:
    waits()
    clock.passes(seconds=3)
    assert lag() == (1, 3)
    assert connect(workshop, service) == 1
    assert lag() is None
    ends(story, service, clock.passes(seconds=20), offers.NOT_TAKEN)
    clock.passes(seconds=19)
    assert (lag(), connect(workshop, service)) == (None, 0)
    clock.passes(seconds=5)
    assert lag() == (1, 4)
    assert connect(workshop, service) == 1


def test_who_talks_or_writes_up_is_not_free(
    workshop: Workshop,
    service: Service,
    story: Opening,
    clock: MovingClock,
    lag: Lag,
    kim: Therapist,
    waits: Callable[[], Call],
) -> None:
    with story() as session:
        enquiry = factories.a_heard_enquiry(session, service, clock())
        attempt = factories.an_attempt(session, enquiry, kim, clock())
    waits()
    assert (lag(), connect(workshop, service)) == (None, 0)
    with story() as session:
        one = session.merge(attempt)
        attempts.move(session, one, "placing", placed_at=clock())
        attempts.move(session, one, "call_over", call_ended_at=clock())
    clock.passes(minutes=service.configuration.capacity.wrap_minutes, seconds=-1)
    with story() as session:
        session.scalars(select(Call).where(Call.queued_at.is_not(None))).one().queue_seen_at = clock()
    assert (lag(), connect(workshop, service)) == (None, 0)
    clock.passes(seconds=3)
    assert lag() == (1, 2)
    assert connect(workshop, service) == 1


def test_flags_that_nobody_took_are_counted_with_the_age_of_the_oldest(
    service: Service, story: Opening, clock: MovingClock, workshop: Workshop
) -> None:
    def figures() -> list[tuple[int, float | None]]:
        work = readiness(workshop.engine, clock()).work
        return [(one.alerts_untaken, one.oldest_alert_seconds) for one in work if one.service == service.key]

    assert figures() == [(0, None)]
    with story() as session:
        one, other = (factories.an_enquiry(session, service, clock()) for _ in range(2))
        listening.flag(session, service, one, "possible_safeguarding", TESTER, clock())
        listening.flag(session, service, other, "urgent", TESTER, clock.passes(minutes=2))
    clock.passes(minutes=3)
    assert figures() == [(2, 300.0)]
    with story() as session:
        alerts.take(session, enquiries.by_id(session, service.id, one.id, lock=True), TESTER, clock())
    assert figures() == [(1, 180.0)]
