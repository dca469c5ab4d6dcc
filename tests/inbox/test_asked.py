"""What callers ask without words: to be called, at a number they key in; and that a second silence is shown."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import messages
from advice_line.audit import Actor
from advice_line.callbacks import callback as callbacks
from advice_line.calls import Call
from advice_line.enquiries import triage
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.lines.directory import Service
from tests import factories
from tests.inbox.network import Event, Ring, happens, problems

GIVEN = "07700900456"
SWITCHBOARD = "+441632960200"


def silent(ring: Ring) -> list[Event]:
    """Nobody says anything, and the caller hangs up when asked once more."""
    absent = [ring.recording_is("in-progress"), ring.recording_is("absent", 0)]
    return [ring.began("record herts_advice"), *absent, ring.of("recorded", "ask again"), ring.ended()]


def asked_to_be_called(ring: Ring) -> list[Event]:
    return [*silent(ring)[:-1], ring.asked("silent", "1", 3, "callback"), ring.ended()]


def with_number(ring: Ring, keys: str = GIVEN) -> list[Event]:
    """A message, then a number by keypad."""
    return [*ring.with_message(), ring.asked("number", keys, 4, "number")]


def ends(session: Session) -> list[str]:
    return list(session.scalars(select(Call.end_state).order_by(Call.id)))


def enquiries(session: Session) -> list[Enquiry]:
    return list(session.scalars(select(Enquiry).order_by(Enquiry.id)))


def test_who_presses_1_is_owed_a_callback_without_any_recording(
    session: Session, herts: Service, now: datetime
) -> None:
    happens(session, herts, asked_to_be_called(Ring()), now)
    (enquiry,) = enquiries(session)
    callback = callbacks.open_for(session, enquiry)
    assert ends(session) == ["callback_requested"]
    assert (enquiry.caller_number, enquiry.heard_at, enquiry.status) == (factories.MOBILE, None, "new")
    assert callback
    assert callback.due_at == herts.line("herts_advice_line").due(now)
    assert messages.of_enquiry(session, herts.id, enquiry.id) == []
    happens(session, herts, asked_to_be_called(Ring(sid=session.scalars(select(Call.sid)).one())), now)
    assert enquiries(session) == [enquiry]


def test_who_presses_1_with_an_enquiry_open_joins_it(session: Session, herts: Service, now: datetime) -> None:
    happens(session, herts, Ring().with_message(), now)
    happens(session, herts, asked_to_be_called(Ring()), now)
    assert ends(session) == ["message", "callback_requested"]
    assert len(enquiries(session)) == 1


def test_who_hides_their_number_and_gives_none_cannot_be_called(
    session: Session, herts: Service, now: datetime
) -> None:
    happens(session, herts, asked_to_be_called(Ring("anonymous")), now)
    assert ends(session) == ["hung_up_tone"]
    assert enquiries(session) == []


@pytest.mark.parametrize("hidden", ["anonymous", SWITCHBOARD])
def test_a_number_that_is_keyed_in_is_rung_back_and_groups_nothing(
    session: Session, herts: Service, now: datetime, hidden: str
) -> None:
    happens(session, herts, with_number(Ring(hidden)), now)
    happens(session, herts, with_number(Ring(hidden)), now)
    happens(session, herts, Ring("+447700900456").with_message(), now)
    found = [(enquiry.caller_number, enquiry.caller_withheld, enquiry.number_given) for enquiry in enquiries(session)]
    assert found == [("+447700900456", False, True)] * 2 + [("+447700900456", False, False)]
    marked = ["possible_duplicate" in enquiry.flags for enquiry in enquiries(session)]
    assert marked == [False, True, True]
    assert set(problems(session, herts)) == {None}


def test_a_number_that_we_may_not_ring_is_not_taken(session: Session, herts: Service, now: datetime) -> None:
    happens(session, herts, with_number(Ring("anonymous"), "0900123456"), now)
    assert [enquiry.caller_number for enquiry in enquiries(session)] == [None]


def test_a_number_that_a_person_wrote_down_is_not_replaced(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring("anonymous")
    happens(session, herts, ring.with_message(), now)
    (enquiry,) = enquiries(session)
    written = Triage.model_validate({"caller": {"number": "01632 960123"}})
    triage.triage(session, enquiry, written, Actor.part("test"), now)
    happens(session, herts, [ring.asked("number", GIVEN, 4, "number")], now)
    assert (enquiry.caller_number, enquiry.number_given) == ("+441632960123", False)


def test_a_number_that_is_said_joins_the_message(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring("anonymous")
    said = factories.a_sid("RE")
    more = [ring.asked("number", "", 4, "record herts_advice 2"), ring.recorded(7, said), ring.ended()]
    happens(session, herts, [ring.began("record herts_advice"), ring.recorded(9, answer="ask number"), *more], now)
    (enquiry,) = enquiries(session)
    assert [message.seconds for message in messages.of_enquiry(session, herts.id, enquiry.id)] == [9, 7]


def test_a_second_silent_call_on_one_day_is_shown_to_a_person(session: Session, herts: Service, now: datetime) -> None:
    happens(session, herts, silent(Ring()), now)
    assert enquiries(session) == []
    happens(session, herts, silent(Ring()), now + timedelta(hours=2))
    (enquiry,) = enquiries(session)
    assert (enquiry.flags, enquiry.heard_at, enquiry.caller_number) == (["silent_calls"], None, factories.MOBILE)
    assert callbacks.open_for(session, enquiry) is None
    assert set(session.scalars(select(Call.enquiry_id))) == {enquiry.id}
    assert ends(session) == ["hung_up_tone", "hung_up_tone"]


@pytest.mark.parametrize(
    ("number", "later"),
    [("+447700900123", timedelta(hours=14)), ("anonymous", timedelta(hours=1)), (SWITCHBOARD, timedelta(hours=1))],
)
def test_silence_of_another_day_or_of_anybody_is_only_counted(
    session: Session, herts: Service, now: datetime, number: str, later: timedelta
) -> None:
    happens(session, herts, silent(Ring(number)), now)
    happens(session, herts, silent(Ring(number)), now + later)
    assert enquiries(session) == []
    assert ends(session) == ["hung_up_tone", "hung_up_tone"]


def test_twenty_seconds_of_silence_that_were_recorded_are_still_silence(
    session: Session, herts: Service, now: datetime
) -> None:
    for _ in range(2):
        ring = Ring()
        stopped = ring.of("recorded", "ask again", RecordingSid=ring.recording, RecordingDuration="20", Digits="")
        happens(session, herts, [ring.began("record herts_advice"), stopped, ring.ended()], now)
        happens(session, herts, [ring.recording_is("completed", 20)], now)
    (enquiry,) = enquiries(session)
    assert ends(session) == ["hung_up_tone", "hung_up_tone"]
    for message in session.scalars(select(messages.Message)):
        messages.stored(message, "herts_cot/RE", 9, 20, now)
    assert len(messages.of_enquiry(session, herts.id, enquiry.id)) == 2


def test_who_rings_from_abroad_is_rung_at_the_number_that_they_keyed_in(
    session: Session, herts: Service, now: datetime
) -> None:
    ring = Ring(number="+33123456789")
    told = [*silent(ring)[:-1], ring.asked("silent", "1", 3, "ask number"), ring.asked("number", GIVEN, 4, "callback")]
    happens(session, herts, [*told, ring.ended()], now)
    (enquiry,) = enquiries(session)
    assert (enquiry.caller_number, enquiry.number_given, ends(session)) == (
        "+447700900456",
        True,
        ["callback_requested"],
    )


def test_who_rings_from_abroad_and_keys_in_none_is_promised_nothing(
    session: Session, herts: Service, now: datetime
) -> None:
    ring = Ring(number="+33123456789")
    happens(session, herts, [*silent(ring)[:-1], ring.asked("silent", "1", 3, "ask number"), ring.ended()], now)
    assert enquiries(session) == []
