"""A callback: one open promise for an enquiry, due in working days, brought forward and never put off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.callback import MOVES, NO_SLOT, OPEN, Callback
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import WrongState
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.properties import THROUGH_THE_DATABASE
from tests.scene import Stage, planning_wanted

SLOT = timedelta(minutes=25)


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now)


@pytest.fixture
def callback(session: Session, enquiry: Enquiry) -> Callback:
    return owed(session, enquiry)


def owed(session: Session, enquiry: Enquiry) -> Callback:
    found = callbacks.open_for(session, enquiry)
    assert found
    return found


def in_slot(sam: Therapist, start: datetime) -> dict[str, Any]:
    return {"therapist_id": sam.id, "starts_at": start, "ends_at": start + SLOT}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, when London's clocks are UTC's."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@THROUGH_THE_DATABASE
@given(wanted=st.lists(st.sampled_from(sorted(MOVES)), max_size=7))
def test_the_table_of_moves_is_obeyed(
    session: Session, callback: Callback, sam: Therapist, now: datetime, wanted: list[str]
) -> None:
    with session.begin_nested() as trial:
        for to in wanted:
            before = callback.state
            needs = {"planned": in_slot(sam, now), "waiting": NO_SLOT}.get(to, {})
            if to in MOVES[before]:
                callbacks.move(session, callback, to, now, **needs)
            else:
                with pytest.raises(WrongState):
                    callbacks.move(session, callback, to, now, **needs)
            assert callback.state == (to if to in MOVES[before] else before)
            assert (callback.ended_at is not None) == (callback.state not in OPEN)
        trial.rollback()
    session.refresh(callback)


def test_every_open_state_leads_to_both_ends_and_an_end_leads_nowhere() -> None:
    assert all({"kept", "dropped"} <= MOVES[state] for state in OPEN)
    assert not MOVES["kept"] | MOVES["dropped"]


def test_a_rival_who_moved_first_wins(stage: Stage, now: datetime) -> None:
    with stage.story() as session:
        factories.an_enquiry(session, stage.scene.herts, now)
    with stage.story() as mine:
        seen = mine.scalars(select(Callback)).one()
        with stage.story() as theirs:
            callbacks.move(theirs, theirs.scalars(select(Callback)).one(), "live", now)
        with pytest.raises(WrongState, match="Somebody else"):
            callbacks.move(mine, seen, "dropped", now)


def test_a_promise_is_made_once(session: Session, herts: Service, enquiry: Enquiry, callback: Callback) -> None:
    line = herts.line("herts_advice_line")
    again = callbacks.promise(session, line, enquiry, enquiry.received_at + timedelta(days=3), enquiry.received_at)
    assert again is callback
    assert (callback.due_at, callback.breach_at) == (line.due(enquiry.received_at), line.breach(enquiry.received_at))
    assert (callback.state, callback.minutes, callback.promised, callback.reasons) == ("waiting", 25, False, [])


@pytest.mark.usefixtures("callback")
def test_a_promise_asks_for_a_plan(session: Session, now: datetime) -> None:
    assert planning_wanted(session) >= now


def test_the_last_callback_of_an_enquiry_is_found_open_or_ended(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, now: datetime
) -> None:
    callbacks.move(session, callback, "kept", now)
    assert callbacks.open_for(session, enquiry) is None
    assert callbacks.latest_for(session, enquiry) is callback
    newer = callbacks.promise(session, herts.line("herts_advice_line"), enquiry, now, now)
    assert callbacks.latest_for(session, enquiry) is newer


def test_the_plan_is_in_the_order_of_time_and_then_of_what_is_due(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    made = [owed(session, factories.an_enquiry(session, herts, now - timedelta(days=age))) for age in (1, 3, 0, 2)]
    callbacks.move(session, made[2], "planned", now, **in_slot(sam, now))
    callbacks.move(session, made[0], "planned", now, **in_slot(sam, now + SLOT))
    callbacks.move(session, made[1], "dropped", now)
    assert [callback for callback, _ in callbacks.all_open(session, herts.id)] == [made[2], made[0], made[3]]


@pytest.mark.parametrize(
    ("flagged_at", "due"),
    [
        (at(17, 10, 5), at(17, 11, 5)),
        (at(17, 16, 30), at(18, 9, 30)),  # half an hour is left of the working day
        (at(20, 16, 45), at(23, 9, 45)),  # a Friday
        (at(21, 12), at(23, 10)),  # a Saturday
    ],
)
def test_possible_safeguarding_is_due_within_a_working_hour_of_the_flag(
    session: Session, herts: Service, flagged_at: datetime, due: datetime
) -> None:
    enquiry = factories.an_enquiry(session, herts, at(20, 16, 40), priority="safeguarding")
    callbacks.reconsider(session, herts, enquiry, flagged_at)
    assert owed(session, enquiry).due_at == min(due, herts.line("herts_advice_line").due(enquiry.received_at))


@pytest.mark.parametrize(
    ("received", "due"),
    [(at(17, 10, 5), at(17, 17)), (at(17, 16, 59), at(17, 17)), (at(17, 18), at(18, 17)), (at(21, 12), at(23, 17))],
)
def test_what_is_urgent_is_due_the_same_working_day(
    session: Session, herts: Service, received: datetime, due: datetime
) -> None:
    enquiry = factories.an_enquiry(session, herts, received, priority="urgent")
    callbacks.reconsider(session, herts, enquiry, received + timedelta(hours=3))
    assert owed(session, enquiry).due_at == due


def test_a_due_time_is_never_put_off(session: Session, herts: Service, enquiry: Enquiry, callback: Callback) -> None:
    due = []
    for priority, flagged_at in (("safeguarding", at(17, 11)), ("safeguarding", at(18, 11)), ("urgent", at(18, 12)),
                                 ("routine", at(18, 13))):  # fmt: skip
        enquiry.priority = priority
        callbacks.reconsider(session, herts, enquiry, flagged_at)
        due.append(callback.due_at)
    assert due == [at(17, 12)] * 4


@pytest.mark.parametrize(("flags", "needs"), [(["interpreter_needed"], []), ([], ["relay_uk"])])
def test_an_interpreted_call_takes_twice_the_talk(
    session: Session, herts: Service, now: datetime, flags: list[str], needs: list[str]
) -> None:
    enquiry = factories.an_enquiry(session, herts, now, flags=flags, caller_needs=needs)
    callbacks.reconsider(session, herts, enquiry, now)
    assert owed(session, enquiry).minutes == 2 * 15 + 10
    enquiry.flags, enquiry.caller_needs = [], []
    callbacks.reconsider(session, herts, enquiry, now)
    assert owed(session, enquiry).minutes == 25


def test_nothing_is_reconsidered_when_nothing_is_owed(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, now: datetime
) -> None:
    callbacks.move(session, callback, "kept", now)
    enquiry.priority = "urgent"
    callbacks.reconsider(session, herts, enquiry, now)
    assert callback.due_at == herts.line("herts_advice_line").due(now)
