"""Whatever the order in which the network tells of a call, and however often, the story comes out the same (E30)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import calls, messages
from advice_line.callbacks.callback import Callback
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry
from advice_line.inbox import apply_waiting
from advice_line.lines.directory import Service
from tests.inbox.network import Event, Ring, problems, tell
from tests.properties import THROUGH_THE_DATABASE

# Generated cases run the same lines again and again: counting them takes as long as running them.
pytestmark = pytest.mark.no_cover

LONG, SHORT = "RE" + "a" * 32, "RE" + "b" * 32
Story = dict[str, object]
# Each of sixteen calls has its share.
EACH_CALL = settings(THROUGH_THE_DATABASE, max_examples=THROUGH_THE_DATABASE.max_examples // 5)


def a_message(ring: Ring) -> list[Event]:
    return [*ring.with_message(), ring.status("in-progress"), ring.recording_is("in-progress")]


def a_long_message(ring: Ring) -> list[Event]:
    """Its second part is recorded after the warning."""
    return [
        ring.began("record herts_advice"),
        ring.recorded(270, LONG, answer="record herts_advice 2"),
        ring.recorded(20, SHORT),
        ring.recording_is("completed", 270, LONG),
        ring.recording_is("completed", 20, SHORT),
        ring.ended(330),
    ]


def a_hang_up_at_the_tone(ring: Ring) -> list[Event]:
    return [ring.began("record herts_advice"), ring.recorded(1), ring.recording_is("absent", 0), ring.ended(20)]


def a_transfer_nobody_answers(ring: Ring) -> list[Event]:
    through = [ring.pressed("3", 1, "menu ot_menu"), ring.pressed("2", 2, "transfer herts_ot_admin")]
    return [ring.began(), *through, ring.of("transferred", "record herts_admin"), ring.recorded(9), ring.ended()]


def a_message_that_was_lost(ring: Ring) -> list[Event]:
    return [ring.began("record herts_advice"), ring.recorded(12), ring.recording_is("failed"), ring.ended()]


def a_callback_asked_for(ring: Ring) -> list[Event]:
    """Nothing is said, 1 is pressed, and a caller who hides their number keys one in."""
    return [
        ring.began("record herts_advice"),
        ring.recording_is("in-progress"),
        ring.recording_is("absent", 0),
        ring.of("recorded", "ask again", CallStatus="in-progress"),
        ring.asked("silent", "1", 2, "ask number" if ring.number == "anonymous" else "callback"),
        *([ring.asked("number", "01632960123", 3, "callback")] if ring.number == "anonymous" else []),
        ring.ended(),
    ]


def a_message_and_a_number(ring: Ring) -> list[Event]:
    """The number is first mistyped, then said once more after the tone."""
    return [
        ring.began("record herts_advice"),
        ring.recorded(12, LONG, answer="ask number"),
        ring.asked("number", "07700900456", 3, "number"),
        ring.asked("number", "07700900457", 4, "number"),
        ring.recording_is("completed", 12, LONG),
        ring.ended(),
    ]


def a_second_try_after_silence(ring: Ring) -> list[Event]:
    return [
        ring.began("record herts_advice"),
        ring.recording_is("absent", 0, SHORT),
        ring.of("recorded", "ask again", CallStatus="in-progress"),
        ring.asked("silent", "", 2, "record herts_advice 2"),
        ring.recorded(9, LONG),
        ring.ended(),
    ]


CALLS: list[Callable[[Ring], list[Event]]] = [
    a_message,
    a_long_message,
    a_hang_up_at_the_tone,
    a_transfer_nobody_answers,
    a_message_that_was_lost,
    a_callback_asked_for,
    a_message_and_a_number,
    a_second_try_after_silence,
]


def story(session: Session) -> Story:
    """Everything that may not depend on the order, times apart."""
    call = session.scalars(select(Call)).one()
    enquiries = session.scalars(select(Enquiry)).all()
    callbacks = session.scalars(select(Callback)).all()
    of_call = messages.of_call(session, call)
    return {
        "call": (call.status, call.keys, call.from_number, call.withheld, call.seconds, call.end_state),
        "known": [moment is not None for moment in (call.tone_at, call.transferred_at, call.ended_at)],
        "messages": sorted(
            (
                m.recording_sid or "",
                m.seconds or 0,
                m.state,
                m.ready_at is not None,
                m.mailbox,
                m.enquiry_id is not None,
            )
            for m in of_call
        ),
        "enquiries": [
            (e.status, e.priority, e.flags, e.caller_number, e.caller_withheld, e.number_given) for e in enquiries
        ],
        "callbacks": [callback.state for callback in callbacks],
    }


def told(session: Session, herts: Service, batches: Sequence[Sequence[Event]], now: datetime) -> Story:
    """What becomes of a call that is told in these batches; nothing of it is kept. No end is ever left on the way."""
    with session.begin_nested() as trial:
        before: set[str] = set()
        for batch in batches:
            now = tell(session, batch, now)
            apply_waiting(session, herts, now)
            after = _ends(session)
            assert before <= after
            before = after
        found = story(session)
        assert set(problems(session, herts)) == {None}
        trial.rollback()
    session.expunge_all()
    return found


def _ends(session: Session) -> set[str]:
    """What can never be taken back."""
    call = session.scalars(select(Call)).first()
    if call is None:
        return set()
    status = {f"call {call.status}"} if calls.RANK.get(call.status) == calls.TERMINAL else set()
    left = {call.end_state} & {"message", "callback_requested"}
    of_call = messages.of_call(session, call)
    return status | left | {f"enquiry of {m.recording_sid}" for m in of_call if m.enquiry_id and m.recording_sid}


@pytest.fixture(scope="module")
def in_order() -> dict[object, Story]:
    """What became of each call when it was told in order."""
    return {}


@pytest.mark.parametrize("make", CALLS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("number", ["+447700900123", "anonymous"])
@EACH_CALL
@given(data=st.data())
def test_any_order_and_repetition_comes_to_the_same(
    session: Session,
    herts: Service,
    now: datetime,
    number: str,
    make: Callable[[Ring], list[Event]],
    in_order: dict[object, Story],
    data: st.DataObject,
) -> None:
    events = make(Ring(number, "CA" + "c" * 32, LONG))
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=4))
    shuffled = data.draw(st.permutations([*events, *repeated]))
    breaks = data.draw(st.sets(st.integers(1, len(shuffled) - 1), max_size=5))
    cuts = [0, *sorted(breaks), len(shuffled)]
    batches = [shuffled[start:end] for start, end in pairwise(cuts)]
    if (make, number) not in in_order:
        in_order[make, number] = told(session, herts, [events], now)
    assert told(session, herts, batches, now) == in_order[make, number]


@THROUGH_THE_DATABASE
@given(data=st.data())
def test_the_moments_are_those_of_the_first_word(
    session: Session, herts: Service, now: datetime, data: st.DataObject
) -> None:
    ring = Ring("+447700900123", "CA" + "c" * 32, LONG)
    shuffled = data.draw(st.permutations(ring.with_message()))
    arrived = [(event, now + timedelta(seconds=second)) for second, event in enumerate(shuffled)]
    with session.begin_nested() as trial:
        tell(session, shuffled, now)
        apply_waiting(session, herts, now)
        call, enquiry = session.scalars(select(Call)).one(), session.scalars(select(Enquiry)).one()
        assert call.started_at == now
        assert enquiry.received_at == now
        assert call.tone_at == min(at for event, at in arrived if event.answer.startswith("record"))
        assert call.ended_at == min(at for event, at in arrived if event.said.get("CallStatus") == "completed")
        trial.rollback()
    session.expunge_all()


def test_a_call_told_again_after_its_callback_was_kept_owes_no_second_one(
    session: Session, herts: Service, now: datetime
) -> None:
    ring = Ring()
    tell(session, ring.with_message(), now)
    apply_waiting(session, herts, now)
    callback = session.scalars(select(Callback)).one()
    callback.state, callback.ended_at = "kept", now
    tell(session, ring.with_message(), now)
    apply_waiting(session, herts, now)
    assert session.scalars(select(Callback)).all() == [callback]
