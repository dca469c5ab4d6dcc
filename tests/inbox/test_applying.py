"""Each kind of event means one thing to the story; what cannot be understood stays in sight, and stops nobody."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from advice_line import calls, messages
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry
from advice_line.inbox import apply_waiting
from advice_line.lines.directory import Service
from tests import factories
from tests.inbox.network import Event, Ring, happens, problems, tell
from tests.scene import Stage


def call_of(session: Session, ring: Ring) -> Call:
    return session.scalars(select(Call).where(Call.sid == ring.sid)).one()


@pytest.fixture
def ring() -> Ring:
    return Ring()


def test_a_call_begins(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    assert happens(session, herts, [ring.began()], now) == 1
    call = call_of(session, ring)
    assert (call.line_key, call.status, call.started_at) == ("herts_advice_line", "ringing", now)
    assert (call.from_number, call.withheld, call.end_state) == (factories.MOBILE, False, "in_progress")
    assert problems(session, herts) == [None]


def test_nothing_is_applied_twice(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    happens(session, herts, ring.with_message(), now)
    assert apply_waiting(session, herts, now) == 0


def test_no_more_than_asked_for_is_applied_in_the_order_of_arrival(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    tell(session, ring.with_message(), now)
    assert apply_waiting(session, herts, now, limit=2) == 2
    assert not messages.of_call(session, call_of(session, ring))
    assert apply_waiting(session, herts, now) == 4


def test_keys_are_put_in_the_order_of_their_steps(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    steps = [ring.pressed("1", 3), ring.pressed("3", 1, "menu ot_menu"), ring.pressed("", 2, "menu ot_menu")]
    happens(session, herts, steps, now)
    assert call_of(session, ring).keys == "31"


def test_the_recorder_that_is_handed_out_is_an_expected_message(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    happens(session, herts, [ring.began("record herts_advice")], now)
    (message,) = messages.of_call(session, call_of(session, ring))
    assert (message.state, message.mailbox, message.enquiry_id) == ("expected", "herts_advice", None)


def test_a_transfer_is_noted_at_its_first_time(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    events = [ring.pressed("2", 1, "transfer herts_referral_hub"), ring.of("transferred", "say referral_hub_away")]
    happens(session, herts, [*events, ring.ended()], now)
    call = call_of(session, ring)
    assert (call.transferred_at, call.end_state) == (now, "transferred")


def test_a_transfer_without_answer_ends_at_the_recorder(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    events = [ring.pressed("2", 1, "transfer herts_ot_admin"), ring.of("transferred", "record herts_admin")]
    happens(session, herts, [*events, ring.recorded(), ring.ended()], now)
    assert call_of(session, ring).end_state == "message"


def test_a_fallback_hands_out_the_recorder_as_well(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    events = [ring.began("record herts_advice"), ring.of("fallback", "record herts_advice", ErrorCode="11200")]
    happens(session, herts, events, now)
    assert len(messages.of_call(session, call_of(session, ring))) == 1


def test_a_hang_up_in_the_menu(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    happens(session, herts, [ring.began(), ring.ended(7)], now)
    call = call_of(session, ring)
    assert (call.end_state, call.status, call.seconds) == ("hung_up_menu", "completed", 7)


def test_a_step_that_says_the_call_is_over_ends_it(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    hung_up = replace(ring.pressed("", 1, "goodbye"), said={**ring.pressed("").said, "CallStatus": "completed"})
    happens(session, herts, [ring.began(), hung_up], now)
    assert call_of(session, ring).end_state == "hung_up_menu"


def test_a_call_that_never_connected(session: Session, herts: Service, ring: Ring, now: datetime) -> None:
    happens(session, herts, [ring.began(), ring.status("no-answer", CallDuration="0")], now)
    assert (call_of(session, ring).end_state, call_of(session, ring).seconds) == ("failed", 0)


def test_a_withheld_number_is_no_number(session: Session, herts: Service, now: datetime) -> None:
    for said in ("anonymous", "+266696687", "Restricted", "sip:unknown@example.net"):
        ring = Ring(number=said)
        happens(session, herts, [ring.began()], now)
        assert (call_of(session, ring).from_number, call_of(session, ring).withheld) == (None, True)


def test_a_call_that_the_switchboard_passed_on(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring(number="+441632960200")
    happens(session, herts, ring.with_message(), now)
    enquiry = session.scalars(select(Enquiry)).one()
    assert call_of(session, ring).forwarded
    assert (enquiry.caller_number, enquiry.caller_withheld) == (None, False)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"CallSid": ""},
        {"CallSid": "CA1", "CallStatus": "", "From": "", "CallDuration": "", "Digits": ""},
        {"CallSid": "CA1", "CallStatus": "weird", "From": "\x00", "CallDuration": "-1", "Digits": "ABC;--"},
        {"CallSid": "CA1", "CallDuration": "99999999999999999999", "From": "+" + "9" * 400},
        {"CallSid": "CA1", "RecordingSid": " ", "RecordingUrl": "", "RecordingDuration": "long"},
    ],
)
@pytest.mark.parametrize("kind", ["call", "keys", "transferred", "fallback", "recorded", "recording", "status"])
def test_blank_and_odd_fields_are_welcome(
    session: Session, herts: Service, now: datetime, kind: str, said: dict[str, str]
) -> None:
    happens(session, herts, [Event(kind, said)], now)
    assert problems(session, herts) == [None]
    assert not session.scalars(select(Enquiry)).all()


def test_the_first_value_of_a_repeated_field_counts(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring()
    tell(session, [ring.began()], now)
    twice = text("UPDATE provider_event SET body = body || '&From=%2B447700900999&CallStatus=busy'")
    session.execute(twice)
    apply_waiting(session, herts, now)
    assert (call_of(session, ring).from_number, call_of(session, ring).status) == (factories.MOBILE, "ringing")


def test_an_event_that_cannot_be_applied_is_kept_with_its_problem_and_the_others_go_on(
    session: Session, herts: Service, now: datetime
) -> None:
    odd, good = Ring(), Ring()
    happens(session, herts, [odd.of("nonsense"), *good.with_message()], now)
    assert problems(session, herts) == ["KeyError", *[None] * 6]
    assert call_of(session, good).end_state == "message"


def test_an_event_that_the_database_refuses_does_not_stop_the_others_either(
    session: Session, herts: Service, now: datetime
) -> None:
    gone, good = Ring(number="+447700900321"), Ring()
    tell(session, [gone.began()], now)
    session.execute(text("UPDATE provider_event SET line_key = 'gone_line'"))
    with capture_logs() as told:
        happens(session, herts, good.with_message(), now)
    assert problems(session, herts) == ["IntegrityError", *[None] * 6]
    assert [(entry["event"], entry["log_level"]) for entry in told] == [("event_not_applied", "error")]


def test_a_line_that_is_newer_than_what_the_worker_has_read_is_known_all_the_same(
    session: Session, herts: Service, ring: Ring, now: datetime
) -> None:
    before = Service(herts.id, herts.configuration.model_copy(update={"lines": ()}))
    happens(session, before, ring.with_message(), now)
    assert problems(session, herts) == [None] * 6
    assert call_of(session, ring).end_state == "message"


def test_an_event_of_no_line_is_nobodys(session: Session, herts: Service, now: datetime) -> None:
    event = Event("status", {"CallSid": "CA1", "To": "+441632960999"}, line="")
    assert happens(session, herts, [event], now) == 0
    assert session.scalar(text("SELECT events_of_no_service()")) == 1


def test_an_event_that_names_no_line_follows_its_call(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring()
    late = replace(ring.ended(), line="", said={"CallSid": ring.sid, "CallStatus": "completed"})
    later = tell(session, [ring.began()], now)
    assert happens(session, herts, [late], later) == 2
    assert call_of(session, ring).ended_at is not None


def test_another_services_call_is_not_touched(session: Session, herts: Service, eput: Service, now: datetime) -> None:
    ring = Ring()
    line = next(iter(eput.lines))
    tell(session, [replace(ring.began(), line=line)], now)
    assert apply_waiting(session, herts, now) == 0


def test_two_appliers_at_once_do_everything_once(stage: Stage, herts: Service, now: datetime) -> None:
    rings = [Ring(number=factories.a_number()) for _ in range(6)]
    with stage.story() as session:
        tell(session, [event for ring in rings for event in ring.with_message()], now)

    def apply(_: int) -> int:
        with stage.story() as session:
            return apply_waiting(session, herts, now, limit=5)

    with ThreadPoolExecutor(4) as workers:
        done = 0
        for _ in range(40):
            done += sum(workers.map(apply, range(4)))
            if done >= 36:
                break
    assert done == 36
    with stage.story() as session:
        assert problems(session, herts) == [None] * 36
        assert len(session.scalars(select(Enquiry)).all()) == 6
        assert {call.end_state for call in session.scalars(select(calls.Call))} == {"message"}
