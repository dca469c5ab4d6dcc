"""The door of a live line: who may wait, what they hear, and where each key and each end leads."""

from dataclasses import replace
from datetime import datetime

import pytest

from advice_line.live.current import LiveLine
from tests.fakes import MovingClock
from tests.webhooks.conftest import ListStore, network_of
from tests.webhooks.network import ACCOUNT_SID, CALLER, EPUT, Network
from webhooks.context import WebhookContext
from webhooks.store import NotKept

AGAIN = "#rc=1&amp;rp=5xx,ct,rt&amp;rt=7000"
QUEUE = "/webhooks/voice/eput_support_line/live_queue"
OFFERS = "/webhooks/offers/7"
LINE = "?line=eput_support_line"
ON_DUTY = LiveLine(on_duty=1)


@pytest.fixture
def clock() -> MovingClock:
    """A Thursday at 13:00 in London: the line is open."""
    return MovingClock(datetime.fromisoformat("2026-11-19T13:00:00+00:00"))


def says(context: WebhookContext, target: str, /, live: LiveLine = ON_DUTY, **fields: str) -> str:
    """What the door answers while the live line stands like this."""
    with network_of(replace(context, live=lambda _line: live)) as network:
        return network.posts(target, To=EPUT, **fields).text


def waits(context: WebhookContext, **fields: str) -> str:
    return says(context, f"{QUEUE}/waiting?n=1", ON_DUTY, **{"QueuePosition": "2", "QueueTime": "30", **fields})


def test_a_caller_waits_while_somebody_is_on_duty(context: WebhookContext, store: ListStore) -> None:
    document = says(context, "/webhooks/voice")
    assert "In an emergency dial 999" in document
    assert f'waitUrl="{QUEUE}/waiting?n=1{AGAIN}" waitUrlMethod="POST">eput_support_line</Enqueue>' in document
    assert f'action="{QUEUE}/left?n=1{AGAIN}"' in document
    assert store.last.answer == "queue live_queue"


@pytest.mark.parametrize(
    ("live", "at"),
    [
        (LiveLine(on_duty=0), "13:00"),
        (LiveLine(on_duty=1, waiting=5), "13:00"),
        (LiveLine(on_duty=1), "14:25"),
        (LiveLine(on_duty=1), "14:29"),
    ],
)
def test_nobody_waits_in_vain(context: WebhookContext, clock: MovingClock, live: LiveLine, at: str) -> None:
    clock.time = datetime.fromisoformat(f"2026-11-19T{at}:00+00:00")
    document = says(context, "/webhooks/voice", live)
    assert "nobody can take your call just now" in document
    assert "<Record" in document


def test_the_last_who_may_wait_comes_in_before_the_last_minutes(context: WebhookContext, clock: MovingClock) -> None:
    clock.time = datetime.fromisoformat("2026-11-19T14:24:59+00:00")
    assert "<Enqueue" in says(context, "/webhooks/voice", LiveLine(on_duty=1, waiting=4))


def test_who_waits_is_told_their_place_and_what_they_may_do(context: WebhookContext) -> None:
    document = waits(context)
    for words in ("You are number 2 in the queue.", "called back today, press 1", "leave a message, press 2"):
        assert words in document
    assert "no music" not in document
    assert "no music" in waits(context, QueueTime="0")
    assert "You are next in the queue" in waits(context, QueuePosition="1")


@pytest.mark.parametrize("caller", ["anonymous", "+441632960300", "+33123456789"])
def test_a_ring_back_is_offered_to_nobody_whom_we_could_not_ring(context: WebhookContext, caller: str) -> None:
    assert "press 1" not in waits(context, From=caller)
    assert "we do not know that choice" in says(context, f"{QUEUE}/waiting/keys?n=1", Digits="1", From=caller)


def test_a_ring_back_is_promised_only_while_there_is_time_for_it_today(
    context: WebhookContext, clock: MovingClock
) -> None:
    clock.time = datetime.fromisoformat("2026-11-19T14:16:00+00:00")
    assert "press 1" not in waits(context)


def test_1_keeps_the_place(context: WebhookContext, store: ListStore) -> None:
    document = says(context, f"{QUEUE}/waiting/keys?n=1", Digits="1")
    assert "We have kept your place" in document
    assert "<Hangup" in document
    assert store.last.answer == "keep_place live_queue"


def test_a_place_that_could_not_be_written_down_is_not_promised(context: WebhookContext, store: ListStore) -> None:
    store.failure = NotKept("The database is away.")
    assert "<Leave" in says(context, f"{QUEUE}/waiting/keys?n=1", Digits="1")


def test_nobody_waits_of_whom_nobody_knows(context: WebhookContext, store: ListStore) -> None:
    store.failure = NotKept("The database is away.")
    document = says(context, "/webhooks/voice")
    assert "<Enqueue" not in document
    assert "<Record" in document


@pytest.mark.parametrize(
    ("live", "waited"), [(LiveLine(on_duty=0), "30"), (LiveLine(on_duty=1), "180")], ids=["nobody", "too long"]
)
def test_who_would_wait_in_vain_from_now_on_is_taken_out(context: WebhookContext, live: LiveLine, waited: str) -> None:
    document = says(context, f"{QUEUE}/waiting?n=1", live, QueueTime=waited)
    assert document.endswith("<Response><Leave /></Response>")


@pytest.mark.parametrize(
    ("result", "live", "waited", "hears"),
    [
        ("leave", ON_DUTY, "30", "In an emergency dial 999"),  # 2 was pressed: straight to the message
        ("leave", ON_DUTY, "181", "nobody can take your call"),
        ("leave", LiveLine(on_duty=0), "30", "nobody can take your call"),
        ("queue-full", ON_DUTY, "0", "nobody can take your call"),
        ("system-error", ON_DUTY, "0", "nobody can take your call"),
        ("bridged", ON_DUTY, "30", "Thank you. Goodbye."),
    ],
)
def test_who_leaves_the_queue_is_led_on(
    context: WebhookContext, result: str, live: LiveLine, waited: str, hears: str
) -> None:
    document = says(context, f"{QUEUE}/left?n=1", live, QueueResult=result, QueueTime=waited)
    assert hears in document
    assert ("<Record" in document) == (result != "bridged")


def test_who_hung_up_is_told_nothing(context: WebhookContext, store: ListStore) -> None:
    assert "<Say" not in says(context, f"{QUEUE}/left?n=1", QueueResult="hangup", CallStatus="completed")
    assert store.last.answer == "goodbye"


def test_a_therapist_hears_nothing_of_the_caller_and_accepts_with_1(context: WebhookContext) -> None:
    offered = says(context, f"{OFFERS}/answered{LINE}", From=EPUT)
    assert "A caller is waiting" in offered
    assert CALLER not in offered
    accepted = says(context, f"{OFFERS}/keys{LINE}", Digits="1", From=EPUT)
    assert f'<Queue method="POST" url="{OFFERS}/connected{LINE}{AGAIN}">eput_support_line</Queue>' in accepted
    assert "<Dial" not in says(context, f"{OFFERS}/keys{LINE}", Digits="", From=EPUT)


def test_a_caller_hears_that_somebody_is_there_and_nothing_is_recorded(context: WebhookContext) -> None:
    document = says(context, f"{OFFERS}/connected{LINE}", DequeingCallSid="CA" + "9" * 32)
    assert "A therapist is with you now. This call is not recorded." in document


def test_a_therapist_is_told_when_nobody_waits_any_more(context: WebhookContext) -> None:
    gone = says(context, f"{OFFERS}/done{LINE}", DialCallStatus="no-answer", DialBridged="false")
    spoke = says(context, f"{OFFERS}/done{LINE}", DialCallStatus="completed", DialBridged="true")
    assert "nobody else is waiting" in gone
    assert "record what came of the call" in spoke


def test_a_call_of_another_account_takes_no_caller(network: Network) -> None:
    answer = network.posts(f"{OFFERS}/keys?line=no_such_line", Digits="1", AccountSid=ACCOUNT_SID)
    assert "<Queue" not in answer.text
