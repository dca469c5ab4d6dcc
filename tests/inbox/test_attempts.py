"""What the network tells of our own calls moves an attempt along, in any order, and never decides who was spoken to."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.calling import Result, finish
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.inbox.network import LINE, Event, happens, problems

THERAPIST_LEG, CALLER_LEG = factories.a_sid("CA"), factories.a_sid("CA")
ACCEPTED = ("keys", {"CallSid": THERAPIST_LEG, "CallStatus": "in-progress", "Digits": "1"})
PICKED_UP = ("answered", {"CallSid": THERAPIST_LEG, "CallStatus": "in-progress"})
TALKING = ("caller-status", {"CallSid": CALLER_LEG, "CallStatus": "in-progress"})
CALLER_GONE = ("caller-status", {"CallSid": CALLER_LEG, "CallStatus": "completed", "CallDuration": "60"})
DIAL_OVER = ("done", {"CallSid": THERAPIST_LEG, "DialCallStatus": "completed"})
HUNG_UP = ("status", {"CallSid": THERAPIST_LEG, "CallStatus": "completed"})
Told = tuple[str, dict[str, str]]


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now)


@pytest.fixture
def attempt(session: Session, enquiry: Enquiry, sam: Therapist, now: datetime) -> Attempt:
    """Sam's call is being placed."""
    attempt = factories.an_attempt(session, enquiry, sam, now)
    attempts.move(session, attempt, "placing", placed_at=now)
    return attempt


@pytest.fixture
def told(session: Session, herts: Service, attempt: Attempt, now: datetime) -> Callable[..., str]:
    """Tell things of the attempt's call, a second apart; returns the state that it is in then."""

    def tell(*all_told: Told) -> str:
        events = [
            Event(f"attempt_{what.replace('-', '_')}", said, path=f"/webhooks/attempts/{attempt.id}/{what}?line={LINE}")
            for what, said in all_told
        ]
        happens(session, herts, events, now)
        assert set(problems(session, herts)) == {None}
        return attempt.state

    return tell


def test_a_call_goes_from_the_therapist_to_the_caller(
    told: Callable[..., str], attempt: Attempt, now: datetime
) -> None:
    assert told(PICKED_UP) == "ringing_therapist"
    assert (attempt.call_sid, attempt.accepted_at) == (THERAPIST_LEG, None)
    assert told(ACCEPTED) == "ringing_caller"
    assert attempt.accepted_at == now
    assert told(TALKING) == "talking"
    assert (attempt.caller_call_sid, attempt.answered_at) == (CALLER_LEG, now)
    assert told(CALLER_GONE) == "call_over"
    assert (attempt.call_ended_at, attempt.result, attempt.is_live) == (now, None, True)
    assert told(DIAL_OVER, HUNG_UP) == "call_over"


def test_everything_at_once_ends_in_the_same_place(told: Callable[..., str], attempt: Attempt) -> None:
    assert told(ACCEPTED, TALKING, CALLER_GONE, DIAL_OVER, HUNG_UP) == "call_over"
    assert attempt.problem is None


def test_what_comes_late_changes_nothing(told: Callable[..., str], attempt: Attempt, now: datetime) -> None:
    told(ACCEPTED, CALLER_GONE)
    assert told(PICKED_UP, TALKING, ACCEPTED, CALLER_GONE) == "call_over"
    assert attempt.call_ended_at == now + timedelta(seconds=1)


def test_a_therapists_leg_that_still_rings_says_nothing(told: Callable[..., str]) -> None:
    assert told(("status", {"CallSid": THERAPIST_LEG, "CallStatus": "ringing"})) == "placing"


def test_the_therapist_decides_what_came_of_it_and_the_network_says_nothing_more(
    told: Callable[..., str], attempt: Attempt, enquiry: Enquiry, session: Session, herts: Service, now: datetime
) -> None:
    told(ACCEPTED, TALKING)
    finish(session, herts, enquiry, attempt, Result("voicemail_no_message"), factories.TESTER, now)
    assert told(CALLER_GONE, DIAL_OVER, HUNG_UP) == "finished"
    assert (attempt.call_ended_at, attempt.result) == (None, "voicemail_no_message")


def test_an_event_without_its_calls_id_forgets_none(told: Callable[..., str], attempt: Attempt) -> None:
    told(PICKED_UP, ("keys", {"CallSid": "", "Digits": "1"}))
    assert (attempt.state, attempt.call_sid) == ("ringing_caller", THERAPIST_LEG)
    told(TALKING, ("caller-status", {"CallStatus": "completed"}))
    assert (attempt.state, attempt.caller_call_sid) == ("call_over", CALLER_LEG)


@pytest.mark.parametrize("which", ["0", "999999999", "x"])
def test_an_unknown_attempt_is_nothing_to_do(session: Session, herts: Service, now: datetime, which: str) -> None:
    event = Event("attempt_status", HUNG_UP[1], path=f"/webhooks/attempts/{which}/status?line={LINE}")
    assert happens(session, herts, [event], now) == 1
    assert problems(session, herts) == [None]


def test_our_own_calls_are_not_calls_to_the_line(told: Callable[..., str], session: Session) -> None:
    before = session.scalars(select(Call.sid)).all()
    told(PICKED_UP, ACCEPTED, TALKING, CALLER_GONE)
    assert session.scalars(select(Call.sid)).all() == before
