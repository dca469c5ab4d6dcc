"""A message: expected from the moment the recorder is handed out, until it is stored or known to be nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import calls, messages
from advice_line.audit import Actor
from advice_line.calls import Call
from advice_line.lines.directory import Service
from advice_line.messages import Message
from tests import factories
from tests.scene import Scene

GRACE = timedelta(minutes=10)


@pytest.fixture
def call(session: Session, herts: Service, now: datetime) -> Call:
    return factories.a_call(session, herts, now)


def a_message(**facts: object) -> Message:
    """A message outside any database: what a recorder that was handed out is, until told otherwise."""
    return Message(**{"state": "expected", "fetch_tries": 0, **facts})


@pytest.mark.parametrize(
    ("sid", "seconds", "sound"),
    [("RE1", 2, True), ("RE1", 1, False), ("RE1", 0, False), ("RE1", None, True), (None, None, False), (None, 9, True)],
)
def test_two_seconds_are_a_message_and_an_unknown_length_counts_as_one(
    sid: str | None, seconds: int | None, sound: bool
) -> None:
    assert a_message(recording_sid=sid, seconds=seconds).has_sound() is sound


def test_a_recorder_that_is_handed_out_is_expected_once(session: Session, call: Call, now: datetime) -> None:
    first = messages.expect(session, call, "herts_advice", now)
    assert messages.expect(session, call, "herts_advice", now + GRACE) is first
    assert (first.state, first.mailbox, first.at, call.tone_at) == ("expected", "herts_advice", now, now)
    messages.expect(session, call, "herts_advice", now - GRACE)
    assert call.tone_at == now - GRACE


def test_a_second_recorder_of_one_call_is_a_second_message(session: Session, call: Call, now: datetime) -> None:
    messages.expect(session, call, "herts_advice", now)
    one = messages.recorded(session, call, "RE1", 270, now)
    two = messages.expect(session, call, "herts_advice", now + GRACE, recorders=2)
    assert (two.recording_sid, two.state) == (None, "expected")
    assert messages.recorded(session, call, "RE2", 12, now + GRACE) is two
    assert list(messages.of_call(session, call)) == [one, two]


def test_the_recorders_are_counted_whatever_came_first(session: Session, call: Call, now: datetime) -> None:
    for sid in ("RE2", "RE1"):
        messages.recorded(session, call, sid, 12, now)
    messages.expect(session, call, "herts_advice", now, recorders=2)
    messages.expect(session, call, "herts_advice", now)
    assert [message.mailbox for message in messages.of_call(session, call)] == ["herts_advice"] * 2


def test_the_longest_length_that_is_told_stays(session: Session, call: Call, now: datetime) -> None:
    for seconds in (None, 4, 12, 3, None):
        message = messages.recorded(session, call, "RE1", seconds, now)
    assert message.seconds == 12


def test_what_was_measured_is_not_changed_by_what_is_told_later(session: Session, call: Call, now: datetime) -> None:
    message = messages.recorded(session, call, "RE1", 12, now)
    messages.ready(message, now)
    messages.stored(message, "herts_cot/RE1", 100, 11, now)
    messages.recorded(session, call, "RE1", 13, now)
    assert message.seconds == 11


def test_a_recording_that_the_network_has_is_fetched_whatever_it_said_before(now: datetime) -> None:
    for missing in (messages.lacking, messages.lost):
        message = a_message(recording_sid="RE1")
        missing(message)
        messages.ready(message, now)
        assert (message.state, message.ready_at, message.fetch_after) == ("expected", now, now)


def test_a_recording_that_is_ready_does_not_become_absent(now: datetime) -> None:
    message = a_message(recording_sid="RE1")
    messages.ready(message, now)
    messages.lacking(message)
    assert message.state == "expected"
    messages.lost(message)
    messages.ready(message, now + GRACE)
    assert (message.state, message.ready_at) == ("failed", now)


def test_a_stored_message_stays_stored(now: datetime) -> None:
    message = a_message(recording_sid="RE1")
    messages.ready(message, now)
    messages.stored(message, "herts_cot/RE1", 100, 11, now)
    messages.lacking(message)
    messages.lost(message)
    messages.ready(message, now + GRACE)
    assert (message.state, message.ready_at, message.audio_bytes) == ("stored", now, 100)


def test_a_fetch_that_fails_is_tried_ever_more_slowly(now: datetime) -> None:
    message, pauses = a_message(recording_sid="RE1"), []
    for _ in range(13):
        messages.fetch_failed(message, "Away.", now)
        assert message.fetch_after
        pauses.append((message.fetch_after - now).total_seconds())
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]
    message.fetch_tries = 5000
    messages.fetch_failed(message, "Away.", now)
    assert message.fetch_after == now + messages.BACKOFF.longest


def test_storing_leaves_no_trace_of_earlier_failures(now: datetime) -> None:
    message = a_message(recording_sid="RE1")
    messages.fetch_failed(message, "Away.", now)
    messages.stored(message, "herts_cot/RE1", 100, 11, now)
    assert (message.fetch_tries, message.fetch_problem, message.fetch_after) == (0, None, now)
    messages.provider_copy_gone(message, now)
    assert (message.provider_deleted_at, message.fetch_after) == (now, None)


def test_the_first_listener_stays_on_record(now: datetime, scene: Scene) -> None:
    message = a_message(recording_sid="RE1")
    messages.hear(message, Actor(person_id=scene.sam_as_person.id), now)
    messages.hear(message, Actor.part("tests"), now + GRACE)
    assert (message.heard_at, message.heard_by, message.heard_by_system) == (now, scene.sam_as_person.id, None)


def test_what_waited_longest_is_fetched_first(session: Session, herts: Service, now: datetime) -> None:
    late, early = (factories.a_message(session, herts, now - timedelta(minutes=age)) for age in (1, 5))
    found = messages.next_to_fetch(session, herts.id, now)
    assert found is early
    messages.claim(early, now)
    session.flush()
    assert messages.next_to_fetch(session, herts.id, now) is late
    messages.claim(late, now)
    session.flush()
    assert messages.next_to_fetch(session, herts.id, now) is None
    assert messages.next_to_fetch(session, herts.id, now + messages.LEASE) is not None


@pytest.mark.parametrize("state", ["absent", "failed", "deleted"])
def test_what_is_not_there_is_not_fetched(session: Session, herts: Service, now: datetime, state: str) -> None:
    factories.a_message(session, herts, now).state = state
    session.flush()
    assert messages.next_to_fetch(session, herts.id, now) is None


def test_a_recorder_of_which_nothing_was_heard_is_asked_about(session: Session, herts: Service, now: datetime) -> None:
    message = factories.an_expected_message(session, herts, now)
    assert messages.next_unexplained(session, herts.id, now + GRACE, GRACE) is None
    later = now + GRACE + timedelta(seconds=1)
    found = messages.next_unexplained(session, herts.id, later, GRACE)
    assert found is not None
    assert found[0] is message
    messages.lacking(message)
    session.flush()
    assert not messages.next_unexplained(session, herts.id, later, GRACE)


def test_a_call_whose_end_was_lost_is_asked_about_all_the_same(session: Session, call: Call, now: datetime) -> None:
    message = messages.expect(session, call, "herts_advice", now)
    assert not messages.next_unexplained(session, call.service_id, now + messages.LONGEST_CALL, GRACE)
    later = now + messages.LONGEST_CALL + GRACE + timedelta(seconds=1)
    assert messages.next_unexplained(session, call.service_id, later, GRACE) == (message, call)


def test_who_was_asked_about_longest_ago_is_asked_about_next(session: Session, herts: Service, now: datetime) -> None:
    one, two = (factories.an_expected_message(session, herts, now - timedelta(hours=age)) for age in (2, 1))
    for expected in (one, two):
        found = messages.next_unexplained(session, herts.id, now, GRACE)
        assert found
        assert found[0] is expected
        messages.claim(expected, now)
        session.flush()
    assert messages.next_unexplained(session, herts.id, now, GRACE) is None


def test_an_announced_recording_that_never_became_ready_is_asked_about(
    session: Session, herts: Service, now: datetime
) -> None:
    message = factories.an_expected_message(session, herts, now, recording_sid=factories.a_sid("RE"))
    later = now + timedelta(hours=1)
    assert messages.next_unexplained(session, herts.id, later, GRACE)
    messages.ready(message, now)
    session.flush()
    assert not messages.next_unexplained(session, herts.id, later, GRACE)


def test_the_recorder_of_a_running_call_is_not_missed(session: Session, call: Call, now: datetime) -> None:
    messages.expect(session, call, "herts_advice", now)
    assert not messages.next_unexplained(session, call.service_id, now + timedelta(hours=1), GRACE)
    calls.end(call, "completed", now, 5)
    session.flush()
    assert messages.next_unexplained(session, call.service_id, now + timedelta(hours=1), GRACE)
