"""Whatever the network tells of a call, forgets to tell, tells late or tells wrongly: one call, one end, nothing twice.

What a complete telling comes to is the same in any order, with any new parameters (see also test_any_order). Less, or
more than was true, may come to something else, but never to two ends, two messages for a recording or two enquiries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
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
from tests.inbox.test_any_order import CALLS, LONG, SHORT, Story, story
from tests.properties import THROUGH_THE_DATABASE

# Generated cases run the same lines again and again: counting them takes as long as running them.
pytestmark = pytest.mark.no_cover

END_STATES = {
    *("message", "answered_live", "transferred", "callback_requested", "hung_up_menu", "hung_up_queue"),
    *("hung_up_greeting", "hung_up_tone", "refused", "failed", "in_progress"),
}
RING = Ring("+447700900123", "CA" + "c" * 32, LONG)
CONTRADICTIONS = [RING.recording_is("absent", 12), RING.recording_is("failed", 12), RING.status("busy")]
STRAYS = [
    *(
        RING.status(status)
        for status in ("queued", "ringing", "busy", "failed", "canceled", "completed", "dancing", "")
    ),
    *(RING.recording_is(status, 12, sid) for status in ("completed", "absent", "failed", "") for sid in (LONG, SHORT)),
    *(RING.recorded(seconds) for seconds in (None, 0, 1, 12)),
    *(RING.pressed(keys, step) for keys, step in (("9", 7), ("", 2), ("1", 2))),
    RING.of("recorded", "goodbye", RecordingSid="", RecordingUrl="", RecordingDuration="many"),
    RING.of("recording", RecordingStatus="completed"),
    RING.of("status", CallSid="", CallStatus="completed"),
    RING.of("fallback", "record herts_advice", ErrorCode="11200"),
]
NEW = st.dictionaries(
    st.sampled_from(["Stir", "ToCity", "CallToken", "ParentCallSid"]), st.sampled_from(["", "x", "+é&"])
)
PAUSES = st.sampled_from([timedelta(seconds=1), timedelta(minutes=11), timedelta(days=2)])


@dataclass(frozen=True)
class Batch:
    """Events that come one after the other, after a pause; `fetched`: then the sound that is ready is brought in."""

    pause: timedelta
    events: Sequence[Event]
    fetched: bool


@dataclass(frozen=True)
class Ends:
    """What must never be taken back."""

    over: frozenset[str]
    status: frozenset[str]
    stored: frozenset[str]
    with_enquiry: frozenset[str]

    def hold(self, later: "Ends") -> bool:
        """Whether all of it is still so."""
        mine, theirs = vars(self), vars(later)
        return all(mine[name] <= theirs[name] for name in mine)


def batches(draw: st.DrawFn, events: Sequence[Event]) -> list[Batch]:
    """The events in any order, some twice, with parameters that nobody announced, in batches with pauses."""
    repeated = draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    told = [replace(one, said={**one.said, **draw(NEW)}) for one in draw(st.permutations([*events, *repeated]))]
    made: list[Batch] = []
    while told:
        size = draw(st.integers(1, min(3, len(told))))
        made.append(Batch(draw(PAUSES), told[:size], draw(st.sampled_from([True, False]))))
        told = told[size:]
    return made


@st.composite
def complete(draw: st.DrawFn) -> tuple[int, list[Batch]]:
    """One of the calls, told whole, and which it is."""
    which = draw(st.integers(0, len(CALLS) - 1))
    return which, batches(draw, CALLS[which](RING))


@st.composite
def anything(draw: st.DrawFn) -> list[Batch]:
    """Some of what is true of a call, and some of what is not."""
    events = draw(st.sampled_from(CALLS))(RING)
    omitted = draw(st.sets(st.integers(0, len(events) - 1), max_size=3))
    kept = [event for place, event in enumerate(events) if place not in omitted]
    odd = st.one_of(st.sampled_from(CONTRADICTIONS), st.sampled_from(STRAYS))
    return batches(draw, [*kept, *draw(st.lists(odd, min_size=2, max_size=6))])


def comes_to(session: Session, herts: Service, told: Sequence[Batch], now: datetime) -> Story:
    """Apply it all; the invariants hold after every batch. Nothing of it is kept."""
    with session.begin_nested() as trial:
        before = ends(session)
        for batch in told:
            now = tell(session, batch.events, now + batch.pause)
            apply_waiting(session, herts, now)
            assert before.hold(check(session))
            if batch.fetched:
                fetch(session, now)
            before = ends(session)
        found = story(session) if session.scalars(select(Call)).first() else {}
        assert set(problems(session, herts)) <= {None}
        trial.rollback()
    session.expunge_all()
    return found


def check(session: Session) -> Ends:
    """One call with one end state, one message for a recording, one enquiry with one callback at the most."""
    found = session.scalars(select(Call)).all()
    assert len(found) <= 1
    assert {call.end_state for call in found} <= END_STATES
    sids = [message.recording_sid for call in found for message in messages.of_call(session, call)]
    known = [sid for sid in sids if sid]
    assert len(known) == len(set(known))
    assert len(session.scalars(select(Enquiry)).all()) == len(session.scalars(select(Callback)).all()) <= 1
    return ends(session)


def ends(session: Session) -> Ends:
    call = session.scalars(select(Call)).first()
    known = messages.of_call(session, call) if call else []
    over = {"over"} if call and call.end_state != "in_progress" else set()
    return Ends(
        over=frozenset(over | {"message"} if call and call.end_state == "message" else over),
        status=frozenset({call.status} if call and calls.RANK.get(call.status) == calls.TERMINAL else ()),
        stored=frozenset(message.recording_sid or "" for message in known if message.state == "stored"),
        with_enquiry=frozenset(message.recording_sid or "" for message in known if message.enquiry_id),
    )


def fetch(session: Session, now: datetime) -> None:
    """As the scheduler does with what is ready."""
    for call in session.scalars(select(Call)):
        for message in messages.of_call(session, call):
            if message.ready_at and message.state == "expected":
                messages.stored(message, f"herts_cot/{message.recording_sid}", 16044, message.seconds or 1, now)
    session.flush()


@THROUGH_THE_DATABASE
@given(told=anything())
def test_whatever_is_told_there_is_one_end_and_nothing_twice(
    session: Session, herts: Service, now: datetime, told: list[Batch]
) -> None:
    comes_to(session, herts, told, now)


@THROUGH_THE_DATABASE
@given(whole=complete())
def test_what_was_told_whole_comes_to_the_same_however_it_was_told(
    session: Session, herts: Service, now: datetime, whole: tuple[int, list[Batch]]
) -> None:
    which, told = whole
    in_order = [Batch(timedelta(seconds=1), CALLS[which](RING), fetched=True)]
    told = [*told, Batch(timedelta(seconds=1), (), fetched=True)]
    found, expected = (comes_to(session, herts, one, now) for one in (told, in_order))
    assert found == expected
