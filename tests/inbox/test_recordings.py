"""Sound opens an enquiry, whether or not the audio ever arrives; silence is a fact of the call."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import inbox, messages
from advice_line.callbacks import callback as callbacks
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.messages import Message
from tests.inbox.network import Event, Ring, happens, problems


@pytest.fixture
def ring() -> Ring:
    return Ring()


def story(session: Session, ring: Ring) -> tuple[str, list[tuple[str, int | None]], int]:
    """The call's end, its messages' states and lengths, and how many enquiries there are."""
    call = session.scalars(select(Call).where(Call.sid == ring.sid)).one()
    known = [(message.state, message.seconds) for message in messages.of_call(session, call)]
    return call.end_state, known, len(session.scalars(select(Enquiry)).all())


def handed_out(ring: Ring) -> list[Event]:
    return [ring.began("record herts_advice")]


def test_the_recorders_own_word_opens_the_enquiry(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    happens(session, herts, [*handed_out(ring), ring.recorded(12)], now)
    assert story(session, ring) == ("message", [("expected", 12)], 1)


def test_the_recording_event_alone_opens_it_as_well(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [ring.recording_is("completed", 12)], now)
    assert story(session, ring) == ("message", [("expected", 12)], 1)
    assert session.scalars(select(Message.ready_at)).one() == now


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_hang_up_at_the_tone_is_no_enquiry(
    session: Session, herts: Service, ring: Ring, now: datetime, seconds: int
) -> None:
    events = [*handed_out(ring), ring.recorded(seconds), ring.recording_is("completed", seconds), ring.ended()]
    happens(session, herts, events, now)
    assert story(session, ring) == ("hung_up_tone", [("expected", seconds)], 0)


def test_a_hang_up_during_the_greeting_is_no_enquiry(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.ended()], now)
    assert story(session, ring) == ("hung_up_greeting", [("expected", None)], 0)


def test_a_silence_that_the_network_calls_absent_is_no_enquiry(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.recording_is("absent", 0), ring.ended()], now)
    assert story(session, ring) == ("hung_up_tone", [("absent", 0)], 0)


def test_a_recording_that_is_absent_after_sound_was_claimed_keeps_its_enquiry(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.recorded(12), ring.recording_is("absent"), ring.ended()], now)
    assert story(session, ring) == ("message", [("absent", 12)], 1)


def test_a_recording_that_failed_is_somebody_who_spoke(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.recording_is("failed", 12), ring.ended()], now)
    assert story(session, ring) == ("message", [("failed", 12)], 1)


@pytest.mark.parametrize("order", [1, -1])
def test_a_recording_that_is_there_is_fetched_whatever_else_was_said(
    session: Session, herts: Service, ring: Ring, now: datetime, order: int
) -> None:
    for other in ("failed", "absent"):
        ring = Ring(number="anonymous")
        happens(session, herts, [ring.recording_is(other), ring.recording_is("completed", 12)][::order], now)
        assert story(session, ring)[:2] == ("message", [("expected", 12)])


def test_an_unknown_length_counts_as_a_message(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    happens(session, herts, [*handed_out(ring), ring.recorded(None)], now)
    assert story(session, ring) == ("message", [("expected", None)], 1)


def test_a_recording_that_has_only_begun_says_nothing_yet(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.recording_is("in-progress")], now)
    assert story(session, ring) == ("in_progress", [("expected", None)], 0)


def test_sound_without_the_recordings_id_opens_the_enquiry(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.recorded(12, recording=""), ring.ended()], now)
    assert story(session, ring) == ("message", [("expected", 12)], 1)
    happens(session, herts, [ring.recording_is("completed", 12)], now)
    assert story(session, ring) == ("message", [("expected", 12)], 1)


def test_silence_without_the_recordings_id_is_a_hang_up_at_the_tone(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.recorded(0, recording=""), ring.ended()], now)
    assert story(session, ring) == ("hung_up_tone", [("expected", 0)], 0)


def test_the_recordings_id_is_read_from_its_address_too(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    url = f"https://api.example.net/Accounts/AC1/Recordings/{ring.recording}"
    happens(session, herts, [ring.of("recorded", RecordingUrl=url, RecordingDuration="9")], now)
    assert session.scalars(select(Message.recording_sid)).one() == ring.recording


def test_a_message_that_went_on_after_the_warning_is_two_messages_of_one_enquiry(
    session: Session, herts: Service, now: datetime
) -> None:
    for number in ("+447700900123", "anonymous"):
        ring = Ring(number=number, recording="RE1" + number[-4:])
        events = [
            *handed_out(ring),
            ring.recorded(270, answer="record herts_advice 2"),
            ring.recording_is("completed", 270),
        ]
        happens(session, herts, events, now)
        assert story(session, ring)[:2] == ("message", [("expected", 270), ("expected", None)])
        happens(session, herts, [ring.recorded(20, recording="RE2" + number[-4:]), ring.ended()], now)
        assert story(session, ring)[1] == [("expected", 270), ("expected", 20)]
    assert len(session.scalars(select(Enquiry)).all()) == 2
    assert all(enquiry.priority == "routine" for enquiry in session.scalars(select(Enquiry)))


def test_a_callback_is_owed_from_the_first_sound(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    happens(session, herts, ring.with_message(), now)
    enquiry = session.scalars(select(Enquiry)).one()
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert callback.due_at == herts.line("herts_advice_line").due(now)
    assert (enquiry.received_at, enquiry.caller_number, enquiry.status) == (now, ring.number, "new")


def test_a_recording_that_was_found_at_the_provider_is_taken_as_if_it_had_been_told(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.ended()], now)
    call = session.scalars(select(Call)).one()
    for _ in range(2):
        inbox.recording_found(session, herts, call, ring.recording, 12, now)
    assert story(session, ring) == ("message", [("expected", 12)], 1)


def test_a_recording_found_late_is_fetched_although_it_was_taken_for_absent(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [*handed_out(ring), ring.ended()], now)
    messages.lacking(session.scalars(select(Message)).one())
    happens(session, herts, [ring.recording_is("completed", 12)], now)
    assert story(session, ring) == ("message", [("expected", 12)], 1)
    assert messages.next_to_fetch(session, herts.id, now)
    assert problems(session, herts) == [None] * 3


def test_who_rang_is_filled_in_when_it_is_told_after_the_recording(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [ring.recording_is("completed", 12)], now)
    happens(session, herts, [ring.ended()], now)
    enquiry = session.scalars(select(Enquiry)).one()
    assert (enquiry.caller_number, enquiry.caller_withheld, enquiry.flags) == (ring.number, False, [])


def test_that_the_number_was_withheld_is_filled_in_as_well(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring(number="anonymous")
    happens(session, herts, [ring.recording_is("completed", 12)], now)
    happens(session, herts, [ring.ended()], now)
    enquiry = session.scalars(select(Enquiry)).one()
    assert (enquiry.caller_number, enquiry.caller_withheld, enquiry.flags) == (None, True, ["withheld_number"])


def test_a_number_told_too_late_to_group_by_is_pointed_out(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, ring.with_message(), now)
    again = Ring()
    happens(session, herts, [again.recording_is("completed", 12)], now)
    happens(session, herts, [again.ended()], now)
    flags = [enquiry.flags for enquiry in session.scalars(select(Enquiry).order_by(Enquiry.id))]
    assert flags == [[], ["possible_duplicate"]]


def test_a_number_that_staff_wrote_down_is_not_replaced(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [ring.recording_is("completed", 12)], now)
    session.scalars(select(Enquiry)).one().caller_number = "+441632960123"
    happens(session, herts, [ring.ended()], now)
    assert session.scalars(select(Enquiry)).one().caller_number == "+441632960123"
