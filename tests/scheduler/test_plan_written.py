"""What the planner decided is written whole or not at all."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import plan as plans
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.plan import Decision, Overtaken, Slot
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from tests import factories
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening


@pytest.fixture
def slots(owner: Engine, service: Service, clock: MovingClock) -> list[Slot]:
    """Two times of one therapist, one after the other."""
    therapist = factories.a_therapist(owner, service, "sam_sample")
    starts = [clock() + timedelta(minutes=minutes) for minutes in (30, 55)]
    return [Slot(therapist.id, start, start + timedelta(minutes=25)) for start in starts]


@pytest.fixture
def planned(story: Opening, service: Service, clock: MovingClock, slots: list[Slot]) -> list[Decision]:
    """Two callbacks in these slots."""
    with story() as session:
        decisions = []
        for slot in slots:
            enquiry = factories.an_enquiry(session, service, clock())
            callback = callbacks.open_for(session, enquiry)
            assert callback is not None
            decisions.append(Decision(callback, enquiry, None, slot, ("Because.",)))
        assert plans.place(session, service.id, decisions, clock()) == 2
    return decisions


def moved(decision: Decision, to: Slot | None) -> Decision:
    return Decision(decision.callback, decision.enquiry, decision.slot, to, ("Because.",), "It made room.")


def test_two_calls_may_swap_their_slots(
    story: Opening, service: Service, clock: MovingClock, planned: list[Decision], slots: list[Slot]
) -> None:
    with story() as session:
        swapped = [moved(on_rows_of(session, one), slot) for one, slot in zip(planned, slots[::-1], strict=True)]
        assert plans.place(session, service.id, swapped, clock()) == 2
    assert [Slot.of(one.callback) for one in swapped] == slots[::-1]


def test_two_calls_in_one_slot_are_refused_by_the_database(
    story: Opening, service: Service, clock: MovingClock, planned: list[Decision], slots: list[Slot]
) -> None:
    with pytest.raises(IntegrityError, match="never_double_booked"), story() as session:
        plans.place(session, service.id, [moved(on_rows_of(session, planned[0]), slots[1])], clock())


def began(session: Session, callback: Callback, now: datetime) -> None:
    callbacks.move(session, callback, "live", now)


def lost_its_slot(session: Session, callback: Callback, now: datetime) -> None:
    callbacks.move(session, callback, "waiting", now, **callbacks.NO_SLOT)


@pytest.mark.parametrize("meanwhile", [began, lost_its_slot])
def test_a_callback_that_went_on_meanwhile_stops_the_whole_plan(
    story: Opening,
    service: Service,
    clock: MovingClock,
    planned: list[Decision],
    slots: list[Slot],
    meanwhile: Callable[[Session, Callback, datetime], None],
) -> None:
    with story() as session:
        meanwhile(session, session.merge(planned[1].callback), clock())
    later = Slot(slots[0].therapist_id, slots[0].starts_at + timedelta(hours=2), slots[0].ends_at + timedelta(hours=2))
    with story() as session:
        both = [moved(on_rows_of(session, planned[0]), later), moved(on_rows_of(session, planned[1]), slots[0])]
        with pytest.raises(Overtaken):
            plans.place(session, service.id, both, clock())
        assert Slot.of(both[0].callback) == slots[0]


def test_one_planner_at_a_time_and_nobody_waits(story: Opening, service: Service) -> None:
    with story() as first, story() as second:
        assert plans.begin(first, service.id)
        assert not plans.begin(second, service.id)
    with story() as third:
        assert plans.begin(third, service.id)


def on_rows_of(session: Session, decision: Decision) -> Decision:
    """The same decision on rows of this session."""
    enquiry = session.get_one(Enquiry, (decision.enquiry.service_id, decision.enquiry.id))
    callback = callbacks.latest_for(session, enquiry)
    assert callback is not None
    return Decision(callback, enquiry, decision.was, decision.slot, decision.reasons)
