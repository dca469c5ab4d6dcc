"""A therapist is rung, accepts with 1, and is connected with the caller."""

import pytest

from advice_line.lines.directory import Directory
from advice_line.telephone.calling import ASK_AGAIN
from tests.webhooks.conftest import KnownAttempts, ListStore
from tests.webhooks.network import CALLER, HERTS, Network
from webhooks import sentences, twiml
from webhooks.context import Bridge

VOICE = "Polly.Amy"
LINE = "?line=herts_advice_line"
ATTEMPT = "/webhooks/attempts/7"
THERAPIST = {"From": HERTS, "To": "+447700900199", "Direction": "outbound-api"}


@pytest.fixture(autouse=True)
def _one_attempt(attempts: KnownAttempts, directory: Directory) -> None:
    attempts.live[(directory.services["herts_cot"].id, 7)] = Bridge(CALLER, "H-000123")


def test_whoever_picks_up_hears_the_reference_alone(network: Network, store: ListStore) -> None:
    answer = network.posts(f"{ATTEMPT}/answered{LINE}", **THERAPIST)
    sentence = "This is the advice line. A callback, reference H 0 0 0 1 2 3, is ready. Press 1 to be connected."
    assert answer.content == twiml.offer(VOICE, sentence, f"{ATTEMPT}/keys{LINE}{ASK_AGAIN}")
    assert CALLER not in answer.text
    assert (store.last.kind, store.last.answer, store.last.line) == ("attempt_answered", "offer", "herts_advice_line")


def test_one_connects_with_the_caller_who_sees_the_lines_number(network: Network, store: ListStore) -> None:
    answer = network.posts(f"{ATTEMPT}/keys{LINE}", Digits="1", **THERAPIST)
    status = f"https://advice.example.nhs.uk{ATTEMPT}/caller-status{LINE}#rc=3&rp=all"
    assert answer.content == twiml.bridge(CALLER, HERTS, f"{ATTEMPT}/done{LINE}{ASK_AGAIN}", status)
    assert (store.last.kind, store.last.answer) == ("attempt_keys", "bridge")
    assert store.last.key == f"{store.last.call_sid}/attempt_keys/1/"


@pytest.mark.parametrize("digits", ["", "2", "#", "11"])
def test_any_other_key_or_none_connects_nobody(network: Network, digits: str) -> None:
    answer = network.posts(f"{ATTEMPT}/keys{LINE}", Digits=digits, **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.NOT_ACCEPTED,))


def test_a_therapist_who_has_hung_up_is_not_connected(network: Network) -> None:
    answer = network.posts(f"{ATTEMPT}/keys{LINE}", **{**THERAPIST, "CallStatus": "completed", "Digits": "1"})
    assert answer.content == twiml.goodbye(VOICE, (sentences.NOT_ACCEPTED,))


def test_after_the_call_the_therapist_is_asked_to_write_it_down(network: Network, store: ListStore) -> None:
    answer = network.posts(f"{ATTEMPT}/done{LINE}", DialCallStatus="completed", **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.WRITE_IT_DOWN,))
    assert store.last.kind == "attempt_done"


@pytest.mark.parametrize("step", ["answered", "keys"])
@pytest.mark.parametrize("attempt", ["8", "0", "x", "9" * 30])
def test_an_attempt_that_is_over_connects_nobody(network: Network, step: str, attempt: str) -> None:
    answer = network.posts(f"/webhooks/attempts/{attempt}/{step}{LINE}", Digits="1", **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.CANNOT_CONNECT,))


def test_the_attempt_of_another_service_connects_nobody(network: Network) -> None:
    answer = network.posts(f"{ATTEMPT}/keys?line=eput_support_line", Digits="1", **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.CANNOT_CONNECT,))


@pytest.mark.parametrize("step", ["answered", "keys"])
@pytest.mark.parametrize("number", ["+449098790000", "+447012345678", "+33123456789", "07700900123"])
def test_a_number_that_we_may_not_ring_is_never_bridged(
    network: Network, attempts: KnownAttempts, directory: Directory, step: str, number: str
) -> None:
    attempts.live[(directory.services["herts_cot"].id, 7)] = Bridge(number, "H-000123")
    answer = network.posts(f"{ATTEMPT}/{step}{LINE}", Digits="1", **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.CANNOT_CONNECT,))


@pytest.mark.parametrize("line", ["", "?line=gone"])
def test_without_its_line_nobody_is_connected(network: Network, line: str) -> None:
    answer = network.posts(f"{ATTEMPT}/keys{line}", Digits="1", **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.CANNOT_CONNECT,))


def test_a_database_that_is_away_connects_nobody(network: Network, attempts: KnownAttempts) -> None:
    attempts.failure = TimeoutError()
    answer = network.posts(f"{ATTEMPT}/answered{LINE}", **THERAPIST)
    assert answer.content == twiml.goodbye(VOICE, (sentences.CANNOT_CONNECT,))


@pytest.mark.parametrize(("leg", "kind"), [("status", "attempt_status"), ("caller-status", "attempt_caller_status")])
def test_how_both_legs_go_is_kept(network: Network, store: ListStore, leg: str, kind: str) -> None:
    answer = network.posts(f"{ATTEMPT}/{leg}{LINE}", CallStatus="completed", SequenceNumber="3", CallDuration="65")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (store.last.kind, store.last.answer) == (kind, "")
    assert store.last.key == f"{store.last.call_sid}/{kind}/completed/3"


def test_what_is_kept_in_memory_does_not_show_the_callers_number() -> None:
    assert CALLER not in repr(Bridge(CALLER, "H-000123"))
