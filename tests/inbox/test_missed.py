"""What the network lists and no webhook told us of is added once, with the times of the network, and says so."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from advice_line import legs, messages
from advice_line.callbacks.callback import Callback
from advice_line.calls import Call
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.inbox import apply_waiting
from advice_line.inbox.missed import Found, Listing, add_missed
from advice_line.legs import Leg
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.reports import ledger
from advice_line.reports.period import Period
from advice_line.telephone.listed import ListedCall, ListedRecording
from tests import factories
from tests.inbox.network import LINE, Event, Ring, happens, problems, tell
from tests.properties import THROUGH_THE_DATABASE

MINUTE = timedelta(minutes=1)


def listed_call(ring: Ring, began: datetime, **changes: Any) -> ListedCall:
    """The call as the network's list has it: it lasted 40 seconds."""
    ended = began + timedelta(seconds=40)
    facts = {"direction": "inbound", "status": "completed", "from_": ring.number, "ended_at": ended, "seconds": 40}
    return ListedCall(**{"sid": ring.sid, "started_at": began, "changed_at": ended, **facts, **changes})


def listed_recording(ring: Ring, began: datetime, **changes: Any) -> ListedRecording:
    """Its recording: 12 seconds, begun 20 seconds into the call."""
    at = began + timedelta(seconds=20)
    facts = {"sid": ring.recording, "call_sid": ring.sid, "status": "completed", "seconds": 12}
    return ListedRecording(**{"created_at": at, "changed_at": at + timedelta(seconds=15), **facts, **changes})


def compare(
    session: Session, service: Service, calls: list[ListedCall], recordings: list[ListedRecording], now: datetime
) -> Found:
    """Compare with the lists, and apply what was missed."""
    found = add_missed(session, service, Listing({LINE: calls}, recordings), now)
    apply_waiting(session, service, now)
    assert set(problems(session, service)) <= {None}
    return found


def added(found: Found) -> tuple[int, int]:
    return found.calls, found.recordings


def test_a_message_of_which_no_webhook_came_is_there_with_its_own_times(
    session: Session, herts: Service, now: datetime
) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    lists = [listed_call(ring, began)], [listed_recording(ring, began)]
    assert added(compare(session, herts, *lists, now)) == (1, 1)
    call, message = session.scalars(select(Call)).one(), session.scalars(select(Message)).one()
    assert (call.started_at, call.ended_at, call.seconds) == (began, began + timedelta(seconds=40), 40)
    assert (call.from_number, call.end_state, call.found_at) == (ring.number, "message", now)
    assert (message.recording_sid, message.seconds, message.at) == (ring.recording, 12, began + timedelta(seconds=20))
    assert (message.state, message.ready_at, message.found_at) == ("expected", now, now)
    enquiry = session.scalars(select(Enquiry)).one()
    assert (enquiry.received_at, enquiry.caller_number) == (began, ring.number)
    assert session.scalars(select(Callback)).one().due_at == herts.line(LINE).due(began)
    assert "found_by_reconciliation" in [event.what for event in enquiries.history(session, enquiry)]


def test_comparing_again_adds_nothing(session: Session, herts: Service, now: datetime) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    lists = [listed_call(ring, began)], [listed_recording(ring, began)]
    compare(session, herts, *lists, now)
    assert compare(session, herts, *lists, now + MINUTE) == Found(1, 1, 0, 0)


def test_what_webhooks_told_is_not_found(session: Session, herts: Service, now: datetime) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    happens(session, herts, ring.with_message(), began)
    assert added(compare(session, herts, [listed_call(ring, began)], [listed_recording(ring, began)], now)) == (0, 0)
    assert session.scalars(select(Call)).one().found_at is None


def test_what_may_still_be_on_its_way_is_waited_for(session: Session, herts: Service, now: datetime) -> None:
    ring = Ring()
    began = now - timedelta(seconds=50)
    assert added(compare(session, herts, [listed_call(ring, began)], [listed_recording(ring, began)], now)) == (0, 0)


def test_a_call_with_events_that_are_not_applied_yet_is_left_to_them(
    session: Session, herts: Service, now: datetime
) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    tell(session, ring.with_message(), began)
    listing = Listing({LINE: [listed_call(ring, began)]}, [listed_recording(ring, began)])
    assert added(add_missed(session, herts, listing, now)) == (0, 0)


def test_an_end_that_was_lost_is_added_and_the_call_keeps_what_was_told(
    session: Session, herts: Service, now: datetime
) -> None:
    ring, began = Ring(), now - timedelta(hours=5)
    happens(session, herts, [ring.began()], began)
    assert ledger.unaccounted(session, herts.id, now) == [ring.sid]
    assert added(compare(session, herts, [listed_call(ring, began)], [], now)) == (1, 0)
    call = session.scalars(select(Call)).one()
    assert (call.end_state, call.ended_at, call.found_at) == ("hung_up_menu", began + timedelta(seconds=40), None)
    assert ledger.unaccounted(session, herts.id, now) == []


def test_a_recording_that_was_found_is_unaccounted_for_until_it_is_stored(
    session: Session, herts: Service, now: datetime
) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    compare(session, herts, [listed_call(ring, began)], [listed_recording(ring, began)], now)
    assert ledger.unaccounted(session, herts.id, now) == [ring.recording]
    messages.stored(session.scalars(select(Message)).one(), "herts_cot/x", 100, 12, now)
    session.flush()
    assert ledger.unaccounted(session, herts.id, now) == []


def test_a_recording_that_was_deleted_there_before_we_had_it_is_lost_and_the_caller_is_rung(
    session: Session, herts: Service, now: datetime
) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    compare(session, herts, [listed_call(ring, began)], [listed_recording(ring, began, status="deleted")], now)
    message = session.scalars(select(Message)).one()
    assert (message.state, message.enquiry_id is not None) == ("failed", True)


def test_a_recording_that_we_had_deleted_there_ourselves_is_no_news(
    session: Session, herts: Service, now: datetime
) -> None:
    ring, began = Ring(), now - timedelta(hours=3)
    happens(session, herts, ring.with_message(), began)
    message = session.scalars(select(Message)).one()
    messages.stored(message, "herts_cot/x", 100, 12, began)
    messages.provider_copy_gone(message, began)
    deleted = listed_recording(ring, began, status="deleted")
    assert added(compare(session, herts, [listed_call(ring, began)], [deleted], now)) == (0, 0)
    assert message.state == "stored"


def test_another_services_recordings_of_a_shared_account_are_left_alone(
    session: Session, herts: Service, now: datetime
) -> None:
    assert compare(session, herts, [], [listed_recording(Ring(), now - timedelta(hours=3))], now) == Found()


def test_a_withheld_number_is_found_as_withheld(session: Session, herts: Service, now: datetime) -> None:
    compare(session, herts, [listed_call(Ring("anonymous"), now - timedelta(hours=1))], [], now)
    call = session.scalars(select(Call)).one()
    assert (call.from_number, call.withheld) == (None, True)


@pytest.mark.parametrize(("status", "state"), [("completed", "answered_live"), ("no-answer", "failed")])
def test_a_connection_of_ours_has_a_row_too(
    session: Session, herts: Service, now: datetime, status: str, state: str
) -> None:
    ring, began = Ring(), now - timedelta(hours=1)
    compare(session, herts, [listed_call(ring, began, direction="outbound-api", status=status)], [], now)
    leg = session.scalars(select(Leg)).one()
    assert (leg.sid, leg.started_at, leg.end_state, leg.found_at) == (ring.sid, began, state, now)
    assert session.scalars(select(Call)).all() == []
    items = ledger.page(session, herts.id, Period(now.date(), now.date()), 10, None).items
    assert [(item.sid, item.kind, item.end_state) for item in items] == [(ring.sid, "call", state)]


def test_a_transfer_whose_webhooks_were_lost_is_a_transfer(session: Session, herts: Service, now: datetime) -> None:
    ring, began = Ring(), now - timedelta(hours=1)
    outgoing = listed_call(Ring(), began + MINUTE, direction="outbound-dial", parent_sid=ring.sid)
    compare(session, herts, [listed_call(ring, began), outgoing], [], now)
    assert session.scalars(select(Call)).one().end_state == "transferred"


class Lists:
    """In the place of an event: the lists are read."""


@THROUGH_THE_DATABASE
@given(data=st.data())
def test_whatever_is_dropped_and_whenever_the_lists_are_read_there_is_one_row_and_one_end(
    session: Session, herts: Service, now: datetime, data: st.DataObject
) -> None:
    ring, began = Ring(), now
    told = ring.with_message()
    arriving = data.draw(st.permutations([event for event in told if data.draw(st.booleans())]))
    readings = data.draw(st.integers(1, 3))
    story: list[Event | Lists] = data.draw(st.permutations([*arriving, *(Lists() for _ in range(readings))]))
    lists = [listed_call(ring, began)], [listed_recording(ring, began)]
    with session.begin_nested() as trial:
        moment, ends = began + timedelta(minutes=10), []
        for step in [*story, Lists()]:
            moment += MINUTE
            if isinstance(step, Lists):
                compare(session, herts, *lists, moment)
            else:
                happens(session, herts, [step], moment)
            ends += [call.end_state for call in session.scalars(select(Call))]
        call, message = session.scalars(select(Call)).one(), session.scalars(select(Message)).one()
        assert (call.sid, call.end_state, call.seconds, call.from_number) == (ring.sid, "message", 40, ring.number)
        assert (message.recording_sid, message.seconds, message.ready_at is not None) == (ring.recording, 12, True)
        assert len(session.scalars(select(Enquiry)).all()) == len(session.scalars(select(Callback)).all()) == 1
        # Once a message is known it stays known.
        first = ends.index("message")
        assert set(ends[first:]) == {"message"}
        trial.rollback()
    session.expunge_all()


def test_a_leg_that_is_told_of_in_any_order_comes_to_one_end(session: Session, herts: Service, now: datetime) -> None:
    sid = factories.a_sid("CA")
    leg = legs.seen(session, herts.id, sid, LINE, now)
    legs.reach(leg, "completed", now + MINUTE, 60)
    legs.reach(legs.seen(session, herts.id, sid, LINE, now + MINUTE), "ringing", now + MINUTE)
    assert (leg.status, leg.end_state, leg.started_at) == ("completed", "answered_live", now)


def test_everything_found_is_on_the_audit_trail(session: Session, herts: Service, now: datetime) -> None:
    # The serving role cannot read the trail: that adding to it does not fail is all that can be seen from here.
    compare(session, herts, [listed_call(Ring(), now - timedelta(hours=1))], [], now)
    assert session.scalar(text("SELECT count(*) FROM provider_event WHERE kind = 'found_call'")) == 1
