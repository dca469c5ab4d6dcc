"""Calling back: who is rung, what a result does to the promise, and what is left when nobody was reached."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.audit import Actor
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.calling import NextWindow, Result
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, Malformed
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import MOBILE
from tests.scene import Scene, planning_wanted

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Nobody was reached, and it counts.
MISSED = "no_answer"


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now, number=MOBILE)


@pytest.fixture
def callback(session: Session, enquiry: Enquiry, sam: Therapist, now: datetime) -> Callback:
    """Planned for Sam, in an hour."""
    callback = callbacks.open_for(session, enquiry)
    assert callback
    slot = {"therapist_id": sam.id, "starts_at": now + HOUR, "ends_at": now + 2 * HOUR}
    callbacks.move(session, callback, "planned", now, **slot, reasons=["Because."])
    return callback


@pytest.fixture
def actor(scene: Scene) -> Actor:
    return Actor(person_id=scene.sam_as_person.id)


@pytest.fixture
def attempt(
    session: Session, enquiry: Enquiry, callback: Callback, sam: Therapist, actor: Actor, now: datetime
) -> Attempt:
    return calling.ring_back(session, enquiry, sam, actor, now)


def test_ringing_back_opens_the_live_attempt(
    attempt: Attempt, enquiry: Enquiry, callback: Callback, sam: Therapist, actor: Actor
) -> None:
    assert (attempt.state, attempt.opened_by, attempt.self_dialled) == ("to_place", actor.person_id, False)
    assert (attempt.therapist_id, attempt.therapist_number) == (sam.id, "+447700900199")
    assert attempt.caller_number == MOBILE
    assert (enquiry.status, callback.state, callback.therapist_id) == ("in_call", "live", sam.id)


def test_nobody_is_rung_twice_at_once(
    session: Session, attempt: Attempt, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    with pytest.raises(Conflict, match="being rung just now"):
        calling.ring_back(session, enquiry, sam, actor, now)
    with pytest.raises(Conflict, match="being rung just now"):
        calling.log_own_call(session, enquiry, sam.id, now, actor, now)


@pytest.mark.parametrize("number", [None, "", "12345", "+33123456789", "+449061234567"])
def test_there_must_be_a_number_that_we_can_ring(
    session: Session, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime, number: str | None
) -> None:
    enquiry.caller_number = number
    with pytest.raises(Conflict, match=r"no number to ring|cannot ring"):
        calling.ring_back(session, enquiry, sam, actor, now)
    assert attempts.live(session, enquiry) is None


def test_a_number_is_dialled_in_the_form_that_the_network_wants(
    session: Session, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    enquiry.caller_number = "01632960123"
    assert calling.ring_back(session, enquiry, sam, actor, now).caller_number == "+441632960123"


def test_there_must_be_somebody_to_make_the_call(
    session: Session, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    with pytest.raises(Conflict, match="choose a therapist"):
        calling.ring_back(session, enquiry, None, actor, now)
    with pytest.raises(Conflict, match="no phone number"):
        calling.ring_back(session, enquiry, Therapist(id=sam.id, phone=None), actor, now)


def test_a_closed_enquiry_is_not_rung(
    session: Session, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    enquiries.move(session, enquiry, "closed", actor, now, closing_reason="caller_withdrew", closed_at=now)
    with pytest.raises(Conflict, match="closed"):
        calling.ring_back(session, enquiry, sam, actor, now)
    with pytest.raises(Conflict, match="closed"):
        calling.log_own_call(session, enquiry, sam.id, now, actor, now)


@pytest.mark.parametrize("result", sorted(taxonomy.ATTEMPT_RESULTS))
def test_what_each_result_does(
    session: Session, herts: Service, enquiry: Enquiry, attempt: Attempt, callback: Callback, actor: Actor,
    now: datetime, result: str,
) -> None:  # fmt: skip
    window = NextWindow(now + HOUR, now + 2 * HOUR) if result == "not_convenient_rebooked" else None
    calling.finish(session, herts, enquiry, attempt, Result(result, "a note", window), actor, now + 5 * MINUTE)
    assert (attempt.state, attempt.result, attempt.note) == ("finished", result, "a note")
    assert attempt.finished_at == now + 5 * MINUTE
    if result == "spoke_to_caller":
        assert (enquiry.status, callback.state, callback.ended_at) == ("follow_up_due", "kept", now + 5 * MINUTE)
        return
    gap = 120 if taxonomy.ATTEMPT_RESULTS[result].counts_as_attempt else 10
    not_before = None if result == "dropped_before_outcome" else now + gap * MINUTE
    assert (enquiry.status, callback.state, callback.not_before) == ("retry_due", "waiting", not_before)
    assert (callback.therapist_id, callback.starts_at, callback.reasons) == (None, None, [])


def test_a_new_time_that_was_agreed_is_kept(
    session: Session,
    herts: Service,
    enquiry: Enquiry,
    attempt: Attempt,
    callback: Callback,
    actor: Actor,
    now: datetime,
) -> None:
    agreed = NextWindow(now + 24 * HOUR, now + 25 * HOUR)
    calling.finish(session, herts, enquiry, attempt, Result("not_convenient_rebooked", "", agreed), actor, now)
    assert (callback.wanted_from, callback.wanted_to) == (agreed.start, agreed.end)
    again = calling.log_own_call(session, enquiry, None, now + MINUTE, actor, now + MINUTE)
    calling.finish(session, herts, enquiry, again, Result(MISSED), actor, now + MINUTE)
    assert (callback.wanted_from, callback.wanted_to) == (None, None)


@pytest.mark.parametrize(
    ("result", "field"),
    [
        (Result("shouted"), "result"),
        (Result(""), "result"),
        (Result("not_convenient_rebooked"), "next_window"),
    ],
)
def test_a_result_must_be_one_that_we_know(now: datetime, result: Result, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        result.check(now)
    assert [fault.field for fault in refused.value.faults] == [field]


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (0, 1), (2, 1), (1, 1)])
def test_a_new_time_lies_ahead_and_goes_forwards(now: datetime, start: int, end: int) -> None:
    with pytest.raises(Malformed, match="new time in the future"):
        Result(MISSED, "", NextWindow(now + start * HOUR, now + end * HOUR)).check(now)


def test_a_refused_result_changes_nothing(
    session: Session,
    herts: Service,
    enquiry: Enquiry,
    attempt: Attempt,
    callback: Callback,
    actor: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Malformed):
        calling.finish(session, herts, enquiry, attempt, Result("shouted"), actor, now)
    assert (attempt.state, enquiry.status, callback.state) == ("to_place", "in_call", "live")


def test_every_result_asks_for_a_plan_and_is_history(
    session: Session, herts: Service, enquiry: Enquiry, attempt: Attempt, actor: Actor, now: datetime
) -> None:
    calling.finish(session, herts, enquiry, attempt, Result(MISSED), actor, now + HOUR)
    assert planning_wanted(session) == now + HOUR
    told = [(event.what, event.detail, event.to_status) for event in enquiries.history(session, enquiry)][-3:]
    assert told == [("moved", None, "in_call"), ("attempted", MISSED, None), ("moved", None, "retry_due")]


def test_a_call_that_the_therapist_dialled_is_logged_at_its_time(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, sam: Therapist, actor: Actor, now: datetime
) -> None:
    attempt = calling.log_own_call(session, enquiry, sam.id, now - MINUTE, actor, now)
    assert (attempt.state, attempt.self_dialled, attempt.at) == ("call_over", True, now - MINUTE)
    calling.finish(session, herts, enquiry, attempt, Result(MISSED), actor, now)
    assert (callback.state, callback.not_before) == ("waiting", now - MINUTE + 120 * MINUTE)


def test_a_call_is_logged_neither_ahead_of_time_nor_before_its_message(
    session: Session, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    for at, sentence in ((now + MINUTE, "future"), (enquiry.received_at - MINUTE, "after the message")):
        with pytest.raises(Malformed, match=sentence) as refused:
            calling.log_own_call(session, enquiry, sam.id, at, actor, now)
        assert refused.value.faults[0].field == "at"


def test_a_call_that_was_never_made_leaves_everything_as_it_was(
    session: Session, enquiry: Enquiry, attempt: Attempt, callback: Callback, sam: Therapist, now: datetime
) -> None:
    calling.abandon(session, enquiry, attempt, "Nobody picked up.", now)
    assert (attempt.state, attempt.problem, attempt.result) == ("abandoned", "Nobody picked up.", None)
    assert (callback.state, callback.therapist_id, enquiry.status) == ("planned", sam.id, "triaged")
    assert enquiries.history(session, enquiry)[-2].detail == "Nobody picked up."


def test_a_call_without_a_slot_goes_back_to_waiting(
    session: Session, herts: Service, sam: Therapist, actor: Actor, now: datetime
) -> None:
    enquiry = factories.an_enquiry(session, herts, now)
    attempt = calling.ring_back(session, enquiry, sam, actor, now)
    calling.abandon(session, enquiry, attempt, "Nobody picked up.", now)
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert (callback.state, enquiry.status) == ("waiting", "new")


@pytest.mark.parametrize("result", [MISSED, "engaged"])
def test_a_caller_who_was_tried_before_is_still_to_be_tried_again(
    session: Session, herts: Service, enquiry: Enquiry, attempt: Attempt, sam: Therapist, actor: Actor, now: datetime,
    result: str,
) -> None:  # fmt: skip
    calling.finish(session, herts, enquiry, attempt, Result(result), actor, now)
    again = calling.ring_back(session, enquiry, sam, actor, now)
    calling.abandon(session, enquiry, again, "Nobody picked up.", now)
    assert enquiry.status == "retry_due"


def test_a_further_call_after_they_were_spoken_to_owes_nothing_new(
    session: Session, herts: Service, enquiry: Enquiry, attempt: Attempt, sam: Therapist, actor: Actor, now: datetime
) -> None:
    calling.finish(session, herts, enquiry, attempt, Result("spoke_to_caller"), actor, now)
    missed = calling.ring_back(session, enquiry, sam, actor, now)
    calling.finish(session, herts, enquiry, missed, Result(MISSED), actor, now)
    assert enquiry.status == "follow_up_due"
    dropped = calling.ring_back(session, enquiry, sam, actor, now)
    calling.abandon(session, enquiry, dropped, "Nobody picked up.", now)
    assert enquiry.status == "follow_up_due"
    assert callbacks.open_for(session, enquiry) is None


def test_dropping_and_keeping_end_the_promise_and_may_be_asked_twice(
    session: Session, herts: Service, enquiry: Enquiry, callback: Callback, now: datetime
) -> None:
    other = factories.an_enquiry(session, herts, now)
    for end in (calling.drop, calling.drop):
        end(session, enquiry, now)
    for end in (calling.keep, calling.keep):
        end(session, other, now)
    latest = callbacks.latest_for(session, other)
    assert latest
    assert (callback.state, latest.state) == ("dropped", "kept")
