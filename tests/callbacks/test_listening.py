"""Listening changes the promise: what is urgent comes forward, and the planner is asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.audit import Actor
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import listening
from advice_line.callbacks.callback import Callback
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.lines.directory import Service
from tests import factories
from tests.scene import Scene, planning_wanted

LATER = timedelta(minutes=20)


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now)


@pytest.fixture
def callback(session: Session, enquiry: Enquiry) -> Callback:
    callback = callbacks.open_for(session, enquiry)
    assert callback
    return callback


@pytest.fixture
def actor(scene: Scene) -> Actor:
    return Actor(person_id=scene.sam_as_person.id)


def test_one_press_for_safeguarding_brings_the_call_forward(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, actor: Actor, now: datetime
) -> None:
    listening.flag(session, herts, enquiry, "possible_safeguarding", actor, now + LATER)
    assert (enquiry.priority, callback.due_at) == ("safeguarding", now + LATER + timedelta(hours=1))


def test_one_press_for_urgent_brings_it_to_the_same_day(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, actor: Actor, now: datetime
) -> None:
    listening.flag(session, herts, enquiry, "urgent", actor, now + LATER)
    assert (enquiry.priority, enquiry.flags) == ("urgent", [])
    assert callback.due_at == datetime(2026, 11, 17, 17, tzinfo=UTC)


def test_a_flag_in_what_was_noted_down_does_the_same(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, actor: Actor, now: datetime
) -> None:
    given = Triage.model_validate({"flags": ["possible_safeguarding", "interpreter_needed"]})
    listening.triage(session, herts, enquiry, given, actor, now)
    assert (callback.due_at, callback.minutes) == (now + timedelta(hours=1), 40)


def test_listening_asks_for_a_new_plan(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    listening.heard(session, herts, enquiry, actor, now + LATER)
    assert enquiry.heard_at == now + LATER
    assert planning_wanted(session) == now + LATER
