"""The network's lists are read every quarter of an hour, whole days at a time, and again after a failure."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from advice_line.calls import Call
from advice_line.errors import NotNow, OutsideFailed
from advice_line.inbox import reconciliation
from advice_line.inbox.reconciliation import EVERY, OVERLAP, Reconciliation
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.telephone.listed import ListedCall, ListedRecording
from scheduler.reconciling import reconcile, reconcile_since
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening

BUSY = NotNow("The telephone network cannot answer just now (HTTP 429).", after=timedelta(minutes=30))


def rang(telephone: FakeTelephone, service: Service, began: datetime) -> str:
    """Somebody rang and left a message, and no webhook came; returns the call's sid."""
    call, ended = factories.a_sid("CA"), began + timedelta(seconds=40)
    (line,) = service.lines.values()
    telephone.calls.append(
        (line.number, ListedCall(call, "inbound", "completed", factories.MOBILE, began, ended, ended, 40))
    )
    telephone.recordings.append(ListedRecording(factories.a_sid("RE"), call, "completed", began, ended, 12))
    return call


def state(story: Opening, service: Service) -> Reconciliation:
    with story() as session:
        row = reconciliation.state(session, service.id)
        assert row
        return row


def stored(story: Opening) -> tuple[int, int]:
    """How many calls and messages there are."""
    with story() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Call, Message)]
    return counts[0] or 0, counts[1] or 0


def test_what_webhooks_dropped_is_added_at_the_next_quarter_of_an_hour(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    assert reconcile(workshop, service) == 0
    rang(telephone, service, clock.passes(minutes=5))
    assert reconcile(workshop, service) == 0
    clock.passes(minutes=10)
    assert reconcile(workshop, service) == 2
    assert stored(story) == (1, 1)
    assert state(story, service).through == clock()
    clock.passes(minutes=15)
    assert reconcile(workshop, service) == 0


def test_a_call_that_still_ran_at_the_last_reading_is_read_again(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    reconcile(workshop, service)
    clock.passes(hours=4)
    rang(telephone, service, clock() - OVERLAP + timedelta(hours=1))
    assert reconcile(workshop, service) == 2


def test_a_service_is_not_reconciled_from_before_its_first_call(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    rang(telephone, service, clock() - timedelta(days=2))
    assert reconcile(workshop, service) == 0


def test_an_operator_may_look_further_back(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    rang(telephone, service, clock() - timedelta(days=2))
    seen: list[date] = []
    found = reconcile_since(workshop, service, clock() - timedelta(days=3), seen.append)
    assert (found.calls, found.recordings, len(seen)) == (1, 1, 4)


@pytest.mark.parametrize("method", ["calls_of", "recordings_on"])
def test_a_day_whose_lists_break_off_is_left_as_it_was_and_read_again(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening, method: str
) -> None:
    reconcile(workshop, service)
    rang(telephone, service, clock.passes(minutes=5))
    clock.passes(minutes=10)
    telephone.failures[method].append(NotNow("The telephone network could not be reached."))
    through = state(story, service).through
    assert reconcile(workshop, service) == 0
    assert stored(story) == (0, 0)
    after = state(story, service)
    assert (after.through, after.failures, after.problem) == (through, 1, "The telephone network could not be reached.")
    clock.passes(minutes=1)
    assert reconcile(workshop, service) == 2
    assert (state(story, service).failures, state(story, service).problem) == (0, None)


def test_a_busy_network_is_left_in_peace_for_as_long_as_it_says(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    telephone.failures["calls_of"].append(BUSY)
    reconcile(workshop, service)
    assert state(story, service).next_at == clock() + timedelta(minutes=30)


def test_pauses_grow_up_to_a_quarter_of_an_hour(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    pauses = []
    for _ in range(6):
        telephone.failures["calls_of"].append(OutsideFailed("No."))
        reconcile(workshop, service)
        pauses.append(state(story, service).next_at - clock())
        clock.time = state(story, service).next_at
    assert pauses == [*(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)), EVERY, EVERY]


def test_two_at_once_do_no_harm(
    new_workshop: Callable[[], Workshop], service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    since = clock() - timedelta(hours=2)
    for minutes in range(10):
        rang(telephone, service, since + timedelta(minutes=minutes))
    with ThreadPoolExecutor(3) as hands:
        looks = [hands.submit(reconcile_since, new_workshop(), service, since) for _ in range(3)]
        found = [look.result() for look in looks]
    assert sum(one.calls for one in found) == sum(one.recordings for one in found) == 10
    assert stored(story) == (10, 10)


def test_only_one_worker_takes_a_turn(
    new_workshop: Callable[[], Workshop], service: Service, telephone: FakeTelephone, clock: MovingClock, story: Opening
) -> None:
    rival, turns = new_workshop(), list[int]()
    telephone.before["calls_of"] = lambda: turns.append(reconcile(rival, service))
    reconcile(new_workshop(), service)
    assert {*turns} == {0}
    assert state(story, service).failures == 0
