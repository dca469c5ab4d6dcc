"""Around the recorder: silence, one question, and the number of a caller whom we cannot see."""

import pytest

from advice_line.lines.directory import Directory
from advice_line.lines.menu import VoicemailNode
from advice_line.telephone.calling import ASK_AGAIN
from tests.webhooks.conftest import ListStore
from tests.webhooks.network import RECORDING_SID, Network
from webhooks import sentences, twiml

LINE, VOICE = "herts_advice_line", "Polly.Amy"
NODE = f"/webhooks/voice/{LINE}/advice_line"
FIRST = "n=3&part=1&as=first&max=270"
HIDDEN = ["anonymous", "+441632960200"]


@pytest.fixture
def closing(directory: Directory) -> bytes:
    """What the mailbox says in the end."""
    node = directory.lines[LINE].menu.nodes["advice_line"]
    assert isinstance(node, VoicemailNode)
    return twiml.goodbye(VOICE, (node.closing,))


def stopped(network: Network, take: str = FIRST, **fields: str) -> bytes:
    """The answer to a recorder that stopped."""
    return network.posts(f"{NODE}/recorded?{take}", **fields).content


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"RecordingSid": RECORDING_SID, "RecordingDuration": "1", "Digits": "#"},
        {"RecordingSid": RECORDING_SID, "RecordingDuration": "20", "Digits": ""},
        {"RecordingSid": RECORDING_SID, "RecordingDuration": "21", "Digits": ""},
    ],
)
def test_who_said_nothing_is_asked_once_more(network: Network, store: ListStore, fields: dict[str, str]) -> None:
    answer = stopped(network, **fields)
    silent = f"{NODE}/silent?n=4&part=1&as=first&max=270"
    assert answer == twiml.menu(VOICE, (sentences.NOTHING_YET,), silent + ASK_AGAIN)
    assert store.last.answer == "ask again"
    again = network.posts(silent, Digits="").text
    assert "/recorded?n=5&amp;part=2&amp;as=again&amp;max=270" in again
    assert store.last.answer == "record herts_advice 2"
    assert stopped(network, "n=5&part=2&as=again&max=270") == twiml.goodbye(VOICE, (sentences.NOTHING_HEARD,))


def test_who_cannot_speak_presses_1_and_will_be_called(network: Network, store: ListStore) -> None:
    answer = network.posts(f"{NODE}/silent?n=4&part=1&as=first&max=270", Digits="1")
    assert answer.content == twiml.goodbye(VOICE, (sentences.WILL_CALL,))
    assert (store.last.kind, store.last.answer) == ("silent", "callback")


@pytest.mark.parametrize("number", HIDDEN)
def test_who_cannot_speak_and_hides_their_number_keys_one_in(network: Network, store: ListStore, number: str) -> None:
    answer = network.posts(f"{NODE}/silent?n=4&part=1&as=first&max=270", Digits="1", From=number)
    call = "part=1&as=call&max=270"
    action = f"{NODE}/number?n=5&{call}&r=1"
    assert answer.content == twiml.ask_number(VOICE, (sentences.KEY_NUMBER,), action + ASK_AGAIN)
    network.posts(action, Digits="07700900456", From=number)
    assert store.last.answer == "callback"
    for asked, said in ((1, "ask number"), (2, "goodbye")):
        network.posts(f"{NODE}/number?n=5&{call}&r={asked}", Digits="", From=number)
        assert store.last.answer == said


def test_who_fell_silent_is_asked_once_whether_there_is_more(
    network: Network, store: ListStore, closing: bytes
) -> None:
    answer = stopped(network, RecordingSid=RECORDING_SID, RecordingDuration="50", Digits="")
    more = f"{NODE}/more?n=4&part=1&as=first&max=220"
    assert answer == twiml.menu(VOICE, (sentences.MORE,), more + ASK_AGAIN, 15)
    on = network.posts(more, Digits="1").text
    assert "/recorded?n=5&amp;part=2&amp;as=more&amp;max=220#" in on
    assert 'finishOnKey="#" maxLength="220"' in on
    assert store.last.answer == "record herts_advice 2"
    assert network.posts(more, Digits="").content == closing
    part = "n=5&part=2&as=more&max=220"
    assert stopped(network, part, RecordingSid=RECORDING_SID, RecordingDuration="60", Digits="") == closing
    stopped(network, part, RecordingSid=RECORDING_SID, RecordingDuration="220", Digits="")
    assert store.last.answer == "record herts_advice 3"


@pytest.mark.parametrize("number", HIDDEN)
def test_whose_number_we_cannot_see_is_asked_for_one_after_the_message(
    network: Network, store: ListStore, closing: bytes, number: str
) -> None:
    answer = stopped(network, RecordingSid=RECORDING_SID, RecordingDuration="9", Digits="#", From=number)
    action = f"{NODE}/number?n=4&part=1&as=first&max=270&r=1"
    assert answer == twiml.ask_number(VOICE, (sentences.NUMBER_HIDDEN,), action + ASK_AGAIN)
    assert store.last.answer == "ask number"
    spoken = network.posts(action, Digits="", From=number).text
    assert "/recorded?n=5&amp;part=2&amp;as=number&amp;max=60" in spoken
    assert store.last.answer == "record herts_advice 2"
    said = {"RecordingSid": RECORDING_SID, "RecordingDuration": "7", "From": number}
    assert stopped(network, "n=5&part=2&as=number&max=60", **said) == closing


def test_a_number_that_is_keyed_in_is_read_back_and_kept_out_of_what_we_note(
    network: Network, store: ListStore
) -> None:
    heard = network.posts(f"{NODE}/number?n=4&{FIRST[4:]}&r=1", Digits="07700900456", From="anonymous").text
    assert "0 7 7 0 0, 9 0 0 4 5 6" in heard
    assert "If that is right, you can hang up." in heard
    assert (store.last.kind, store.last.answer) == ("number", "number")


@pytest.mark.parametrize("digits", ["0900123456", "07012345678", "999", "12", "0033123456789"])
def test_only_an_ordinary_number_of_the_uk_will_be_called(network: Network, store: ListStore, digits: str) -> None:
    asked = network.posts(f"{NODE}/number?n=4&{FIRST[4:]}&r=1", Digits=digits, From="anonymous").text
    assert sentences.NOT_A_NUMBER in asked
    network.posts(f"{NODE}/number?n=5&{FIRST[4:]}&r=2", Digits=digits, From="anonymous")
    assert store.last.answer == "record herts_advice 2"


def test_star_goes_straight_to_the_tone_and_still_says_that_it_records(network: Network, store: ListStore) -> None:
    heard = network.posts(f"{NODE}/skipped?n=3", Digits="*").text
    assert heard.index(sentences.RECORDED) < heard.index("<Record")
    assert "<Gather" not in heard
    assert (store.last.kind, store.last.answer) == ("skipped", "record herts_advice")


def test_another_key_during_the_greeting_begins_it_again(network: Network) -> None:
    heard = network.posts(f"{NODE}/skipped?n=3", Digits="5").text
    assert heard.index(sentences.NOT_RECOGNISED) < heard.index("dial 999") < heard.index("<Record")


def test_somebody_who_never_stops_pressing_comes_to_an_end(network: Network, store: ListStore) -> None:
    network.posts(f"{NODE}/skipped?n=60", Digits="5")
    assert store.last.answer == "record herts_advice"
    network.posts(f"{NODE}/number?n=60&{FIRST[4:]}&r=1", Digits="5", From="anonymous")
    assert store.last.answer == "goodbye"


@pytest.mark.parametrize("step", ["silent", "more", "number", "skipped"])
def test_a_caller_who_has_gone_is_asked_nothing(network: Network, store: ListStore, step: str) -> None:
    network.posts(f"{NODE}/{step}?{FIRST}", Digits="1", CallStatus="completed")
    assert store.last.answer == "goodbye"


@pytest.mark.parametrize("step", ["silent", "more", "number"])
def test_a_mailbox_that_is_gone_is_no_fault_of_the_callers(network: Network, step: str) -> None:
    answer = network.posts(f"/webhooks/voice/{LINE}/gone/{step}?{FIRST}", Digits="1")
    assert answer.content == twiml.goodbye(VOICE, (sentences.THANK_YOU,))


@pytest.mark.parametrize("number", ["+33123456789", "+15005550006"])
def test_a_caller_whom_we_may_not_ring_is_asked_for_a_number_before_we_promise_a_call(
    network: Network, store: ListStore, number: str
) -> None:
    heard = network.posts(f"{NODE}/silent?n=3&part=1&as=first&max=270", Digits="1", From=number).text
    assert sentences.KEY_UK_NUMBER in heard
    assert store.last.answer == "ask number"
    action = f"{NODE}/number?n=4&part=1&as=call&max=270"
    heard = network.posts(f"{action}&r=1", Digits="07700900456", From=number).text
    assert sentences.WILL_CALL_NUMBER in heard
    assert store.last.answer == "callback"
    assert sentences.NO_NUMBER in network.posts(f"{action}&r=2", Digits="", From=number).text
