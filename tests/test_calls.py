"""What is known of a call never depends on the order in which it was told, and its end is worked out from the facts."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy.orm import Session

from advice_line import calls
from advice_line.calls import Call
from advice_line.lines.directory import Service
from tests import factories

SIXTY_SECONDS = timedelta(seconds=60)


def a_call(**facts: object) -> Call:
    """A call that rings, outside any database."""
    nothing = {"from_number": None, "withheld": False, "forwarded": False, "status": "ringing", "keys": ""}
    return Call(**{**nothing, "end_state": "in_progress", **facts})


def settled(call: Call, *, message_left: bool = False, nothing_recorded: bool = False) -> str:
    calls.settle(call, message_left=message_left, nothing_recorded=nothing_recorded)
    return call.end_state


def test_a_call_is_made_once_and_found_again(session: Session, herts: Service, now: datetime) -> None:
    sid = factories.a_sid("CA")
    first = calls.seen(session, herts.id, sid, "herts_advice_line", now)
    assert calls.seen(session, herts.id, sid, "herts_advice_line", now + SIXTY_SECONDS) is first
    assert first.started_at == now
    calls.seen(session, herts.id, sid, "herts_advice_line", now - SIXTY_SECONDS)
    assert first.started_at == now - SIXTY_SECONDS


@pytest.mark.parametrize("order", [*permutations(["queued", "initiated", "ringing", "in-progress", "completed"])][::11])
def test_statuses_in_any_order_leave_the_last_one(order: tuple[str, ...]) -> None:
    call = a_call(status="queued")
    for status in order:
        calls.reach(call, status)
    assert call.status == "completed"


@pytest.mark.parametrize("status", ["in-progress", "ringing", "busy", "queued"])
def test_an_end_is_never_left(status: str) -> None:
    call = a_call(status="completed")
    calls.reach(call, status)
    assert call.status == "completed"


@pytest.mark.parametrize("status", ["", "paused", "COMPLETED", "in_progress"])
def test_a_status_that_nobody_knows_changes_nothing(status: str) -> None:
    call = a_call(status="ringing")
    calls.reach(call, status)
    calls.reach(call, "busy")
    assert call.status == "busy"


def test_the_first_end_that_is_told_stays(now: datetime) -> None:
    call = a_call(started_at=now)
    calls.end(call, "completed", now + SIXTY_SECONDS, None)
    calls.end(call, "completed", now + 2 * SIXTY_SECONDS, 61)
    calls.end(call, "completed", now + 3 * SIXTY_SECONDS, 75)
    assert (call.status, call.ended_at, call.seconds) == ("completed", now + SIXTY_SECONDS, 61)


def test_a_call_never_ends_before_it_began(now: datetime) -> None:
    call = a_call(started_at=now)
    calls.end(call, "completed", now - SIXTY_SECONDS, 5)
    assert call.ended_at == now


def test_a_number_once_known_is_kept() -> None:
    call = a_call()
    calls.identify(call, None, withheld=True, forwarded=False)
    assert (call.from_number, call.withheld) == (None, True)
    calls.identify(call, factories.MOBILE, withheld=False, forwarded=False)
    calls.identify(call, None, withheld=True, forwarded=False)
    assert (call.from_number, call.withheld) == (factories.MOBILE, False)


def test_a_switchboard_once_seen_is_remembered() -> None:
    call = a_call()
    calls.identify(call, "+441632960200", withheld=False, forwarded=True)
    calls.identify(call, "+441632960200", withheld=False, forwarded=False)
    assert call.forwarded


def test_the_ladder_of_ends(now: datetime) -> None:
    over: dict[str, object] = {"started_at": now, "ended_at": now, "status": "completed"}
    assert settled(a_call()) == "in_progress"
    assert settled(a_call(**over)) == "hung_up_menu"
    assert settled(a_call(**over, transferred_at=now)) == "transferred"
    assert settled(a_call(**over, transferred_at=now, tone_at=now)) == "hung_up_greeting"
    assert settled(a_call(**over, tone_at=now), nothing_recorded=True) == "hung_up_tone"
    assert settled(a_call(**over, tone_at=now), message_left=True, nothing_recorded=True) == "message"
    asked: dict[str, object] = {**over, "tone_at": now, "callback_requested_at": now}
    assert settled(a_call(**asked, enquiry_id=7), nothing_recorded=True) == "callback_requested"
    assert settled(a_call(**asked, enquiry_id=7), message_left=True) == "message"
    assert settled(a_call(**asked), nothing_recorded=True) == "hung_up_tone"


@pytest.mark.parametrize("status", ["busy", "no-answer", "canceled", "failed"])
def test_a_call_that_never_connected_failed(now: datetime, status: str) -> None:
    assert settled(a_call(ended_at=now, status=status)) == "failed"
    assert settled(a_call(ended_at=now, status=status, tone_at=now), message_left=True) == "message"


def test_a_message_is_a_message_while_the_caller_is_still_there() -> None:
    assert settled(a_call(), message_left=True) == "message"


def test_the_calls_of_an_enquiry_come_oldest_first(session: Session, herts: Service, now: datetime) -> None:
    enquiry = factories.an_enquiry(session, herts, now, number=factories.MOBILE)
    earlier = factories.a_message(session, herts, now - SIXTY_SECONDS, number=factories.MOBILE)
    assert earlier.enquiry_id == enquiry.id
    found = calls.of_enquiry(session, herts.id, enquiry.id)
    assert [call.started_at for call in found] == [now - SIXTY_SECONDS, now]
