"""A talk that was cut off is rung again by one press, and a call that is not wanted after all is stopped."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, cut_short, ending
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import TESTER

MINUTE = timedelta(minutes=1)


@pytest.fixture
def enquiry(session: Session, herts: Service, sam: Therapist, now: datetime) -> Enquiry:
    """Planned for Sam, just now, at a time that was promised."""
    enquiry = factories.a_heard_enquiry(session, herts, now)
    callback = callbacks.open_for(session, enquiry)
    assert callback
    slot = {"therapist_id": sam.id, "starts_at": now, "ends_at": now + 25 * MINUTE}
    promise = {"promised_therapist_id": sam.id, "promised_from": slot["starts_at"], "promised_to": slot["ends_at"]}
    callbacks.move(session, callback, "planned", now, **slot, promised=True, **promise, reasons=["Because."])
    return enquiry


@pytest.fixture
def attempt(session: Session, enquiry: Enquiry, sam: Therapist, now: datetime) -> Attempt:
    return factories.an_attempt(session, enquiry, sam, now)


def goes(session: Session, attempt: Attempt, *states: str, now: datetime) -> None:
    facts: dict[str, dict[str, object]] = {"talking": {"answered_at": now}, "call_over": {"call_ended_at": now}}
    for state in states:
        attempts.move(session, attempt, state, **facts.get(state, {}))


def test_one_press_rings_the_same_therapist_again_and_leaves_the_promise_alone(
    session: Session, enquiry: Enquiry, attempt: Attempt, sam: Therapist, now: datetime
) -> None:
    callback = callbacks.open_for(session, enquiry)
    assert callback
    before = (callback.due_at, callback.starts_at, callback.therapist_id, callback.promised, callback.not_before)
    goes(session, attempt, "placing", "talking", "call_over", now=now)
    again = cut_short.ring_again(session, enquiry, attempt, TESTER, now + MINUTE)
    assert (attempt.state, attempt.result, attempt.counts) == ("finished", "dropped_before_outcome", False)
    assert (again.state, again.therapist_id, again.therapist_number) == ("to_place", sam.id, attempt.therapist_number)
    assert (again.caller_number, enquiry.status, callback.state) == (attempt.caller_number, "in_call", "live")
    after = (callback.due_at, callback.starts_at, callback.therapist_id, callback.promised, callback.not_before)
    assert after == before
    assert attempts.counted(session, enquiry) == 0


def test_it_can_be_pressed_again_after_every_drop_and_never_twice_at_once(
    session: Session, enquiry: Enquiry, attempt: Attempt, now: datetime
) -> None:
    for _ in range(3):
        goes(session, attempt, "placing", "talking", "call_over", now=now)
        previous, attempt = attempt, cut_short.ring_again(session, enquiry, attempt, TESTER, now)
        with pytest.raises(Conflict, match="not ended yet"):
            cut_short.ring_again(session, enquiry, previous, TESTER, now)
    assert [each.is_live for each in attempts.of_enquiry(session, enquiry)] == [False, False, False, True]


@pytest.mark.parametrize("state", ["placing", "ringing_caller", "talking"])
def test_a_call_that_goes_on_is_not_rung_again(
    session: Session, enquiry: Enquiry, attempt: Attempt, now: datetime, state: str
) -> None:
    goes(session, attempt, *dict.fromkeys(["placing", state]), now=now)
    with pytest.raises(Conflict, match="not ended yet"):
        cut_short.ring_again(session, enquiry, attempt, TESTER, now)


@pytest.mark.parametrize(
    ("states", "is_told"),
    [
        ([], False),
        (["placing"], True),
        (["placing", "unknown"], True),
        (["placing", "ringing_therapist"], True),
        (["placing", "ringing_caller", "call_over"], False),
    ],
)
def test_a_call_is_stopped_until_the_caller_was_connected(
    session: Session, enquiry: Enquiry, attempt: Attempt, now: datetime, states: list[str], is_told: bool
) -> None:
    goes(session, attempt, *states, now=now)
    cut_short.stop(session, enquiry, attempt, TESTER, now)
    assert (attempt.state, attempt.problem, attempt.counts) == ("abandoned", ending.STOPPED, False)
    assert attempt.to_stop == is_told
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert (enquiry.status, callback.state, callback.starts_at) == ("triaged", "planned", now)


@pytest.mark.parametrize("states", [["ringing_caller"], ["talking"], ["talking", "call_over"]])
def test_a_call_that_may_have_reached_somebody_is_not_stopped(
    session: Session, enquiry: Enquiry, attempt: Attempt, now: datetime, states: list[str]
) -> None:
    goes(session, attempt, "placing", *states, now=now)
    with pytest.raises(Conflict, match="record what came of the call"):
        cut_short.stop(session, enquiry, attempt, TESTER, now)


def test_a_call_that_was_dialled_by_hand_is_neither_rung_again_nor_stopped(
    session: Session, enquiry: Enquiry, sam: Therapist, now: datetime
) -> None:
    own = calling.log_own_call(session, enquiry, sam.id, now, TESTER, now)
    with pytest.raises(Conflict):
        cut_short.ring_again(session, enquiry, own, TESTER, now)
    with pytest.raises(Conflict):
        cut_short.stop(session, enquiry, own, TESTER, now)
