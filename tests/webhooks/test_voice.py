"""A call on its way through the example lines: what each step answers, and what is kept of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from advice_line.lines.directory import Directory
from advice_line.lines.menu import AnnounceNode, MenuNode, VoicemailNode
from advice_line.telephone.calling import ASK_AGAIN
from tests.fakes import MovingClock
from tests.webhooks.conftest import ListStore, a_directory, network_of
from tests.webhooks.network import EPUT, HERTS, RECORDING_SID, Network
from webhooks import sentences, twiml, voice
from webhooks.context import WebhookContext
from webhooks.post import Post
from webhooks.twiml import Recorder, Through

LINE = "herts_advice_line"
VOICE = "Polly.Amy"
STATUS = f"https://advice.example.nhs.uk/webhooks/recording-status?line={LINE}#rc=3&rp=all"
NODE = f"/webhooks/voice/{LINE}"
FIRST = "recorded?n=3&part=1&as=first&max=270"


@pytest.fixture
def root(directory: Directory) -> MenuNode:
    """The main menu of Hertfordshire."""
    return _menu(directory, "root")


@pytest.fixture
def advice_line(directory: Directory) -> VoicemailNode:
    """The mailbox of the advice line."""
    node = directory.lines[LINE].menu.nodes["advice_line"]
    assert isinstance(node, VoicemailNode)
    return node


def _menu(directory: Directory, key: str) -> MenuNode:
    node = directory.lines[LINE].menu.nodes[key]
    assert isinstance(node, MenuNode)
    return node


def _tone(action: str, *, longest: int = 270, closing: str = "") -> Recorder:
    return Recorder(longest, 20, action, STATUS, closing)


def test_a_call_hears_the_main_menu(network: Network, store: ListStore, root: MenuNode) -> None:
    answer = network.posts("/webhooks/voice", CallStatus="ringing")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content == twiml.menu(VOICE, (root.prompt,), f"{NODE}/root?n=1&r=0{ASK_AGAIN}")
    assert (store.last.kind, store.last.answer) == ("call", "menu root")


def test_three_leads_to_the_second_menu(network: Network, store: ListStore, directory: Directory) -> None:
    answer = network.posts(f"{NODE}/root?n=1&r=0", Digits="3")
    prompt = _menu(directory, "ot_menu").prompt
    assert answer.content == twiml.menu(VOICE, (prompt,), f"{NODE}/ot_menu?n=2&r=0{ASK_AGAIN}")
    assert (store.last.kind, store.last.answer) == ("keys", "menu ot_menu")


def test_three_then_one_leads_to_the_tone(network: Network, store: ListStore, advice_line: VoicemailNode) -> None:
    answer = network.posts(f"{NODE}/ot_menu?n=2&r=0", Digits="1")
    tone = _tone(f"{NODE}/advice_line/recorded?n=3&part=1&as=first&max=270{ASK_AGAIN}")
    skip = f"{NODE}/advice_line/skipped?n=3{ASK_AGAIN}"
    assert answer.content == twiml.record(VOICE, (advice_line.greeting,), tone, skip)
    assert store.last.answer == "record herts_advice"


def test_the_greeting_begins_with_the_emergency_numbers(network: Network) -> None:
    heard = network.posts(f"{NODE}/ot_menu?n=2&r=0", Digits="1").text
    assert 0 < heard.index("999") < heard.index("111") < heard.index("Please leave a message") < heard.index("<Record")
    assert "example dot N H S dot U K" in heard


def test_three_then_two_rings_the_office(network: Network, store: ListStore) -> None:
    answer = network.posts(f"{NODE}/ot_menu?n=2&r=0", Digits="2")
    prompt = "We are putting you through to the children's occupational therapy office."
    through = Through("+441632960220", "+441923470680", 25, f"{NODE}/ot_service/transferred?n=3{ASK_AGAIN}")
    assert answer.content == twiml.put_through(VOICE, (prompt,), through)
    assert store.last.answer == "transfer herts_ot_admin"


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", ""])
def test_an_office_that_does_not_answer_leads_to_its_mailbox(network: Network, store: ListStore, status: str) -> None:
    answer = network.posts(f"{NODE}/ot_service/transferred?n=3", DialCallStatus=status)
    assert "<Record" in answer.text
    assert (store.last.kind, store.last.answer) == ("transferred", "record herts_admin")


@pytest.mark.parametrize("status", ["completed", "answered"])
def test_a_transfer_that_was_answered_ends_in_silence(network: Network, store: ListStore, status: str) -> None:
    answer = network.posts(f"{NODE}/ot_service/transferred?n=3", DialCallStatus=status)
    assert answer.content == twiml.goodbye(VOICE)
    assert store.last.answer == "goodbye"


def test_a_hub_that_does_not_answer_is_said_and_the_call_ends(
    network: Network, store: ListStore, directory: Directory
) -> None:
    answer = network.posts(f"{NODE}/referral_hub/transferred?n=2", DialCallStatus="busy")
    node = directory.lines[LINE].menu.nodes["referral_hub_away"]
    assert isinstance(node, AnnounceNode)
    assert answer.content == twiml.goodbye(VOICE, (node.prompt,))
    assert store.last.answer == "say referral_hub_away"


@pytest.mark.parametrize(("digits", "node"), [("#", "root"), ("3", "ot_menu")])
def test_hash_is_a_choice_like_any_other(network: Network, store: ListStore, digits: str, node: str) -> None:
    network.posts(f"{NODE}/root?n=1&r=2", Digits=digits)
    assert store.last.answer == f"menu {node}"


def test_star_goes_back(network: Network, root: MenuNode) -> None:
    answer = network.posts(f"{NODE}/ot_menu?n=2&r=1", Digits="*")
    assert answer.content == twiml.menu(VOICE, (root.prompt,), f"{NODE}/root?n=3&r=0{ASK_AGAIN}")


@pytest.mark.parametrize("digits", ["1", "9", "*", "33", "x"])
def test_an_unknown_key_is_not_guessed_and_the_menu_is_repeated(network: Network, root: MenuNode, digits: str) -> None:
    answer = network.posts(f"{NODE}/root?n=1&r=1", Digits=digits)
    again = f"{NODE}/root?n=2&r=1{ASK_AGAIN}"
    assert answer.content == twiml.menu(VOICE, (sentences.NOT_RECOGNISED, root.prompt), again)


def test_no_key_repeats_the_menu_twice_and_then_goes_on(network: Network, store: ListStore, root: MenuNode) -> None:
    for step, repeat in ((1, 0), (2, 1)):
        answer = network.posts(f"{NODE}/root?n={step}&r={repeat}", Digits="")
        again = f"{NODE}/root?n={step + 1}&r={repeat + 1}{ASK_AGAIN}"
        assert answer.content == twiml.menu(VOICE, (root.prompt,), again)
    network.posts(f"{NODE}/root?n=3&r=2")
    assert store.last.answer == "menu ot_menu"


def test_somebody_who_never_stops_pressing_comes_to_the_tone(network: Network, store: ListStore) -> None:
    network.posts(f"{NODE}/root?n=60&r=0", Digits="#")
    assert store.last.answer == "record herts_advice"


@pytest.mark.parametrize("digits", ["#", "hangup"])
def test_a_recording_is_thanked_for(
    network: Network, store: ListStore, advice_line: VoicemailNode, digits: str
) -> None:
    answer = network.posts(
        f"{NODE}/advice_line/{FIRST}", Digits=digits, RecordingSid=RECORDING_SID, RecordingDuration="31"
    )
    assert answer.content == twiml.goodbye(VOICE, (advice_line.closing,))
    assert (store.last.kind, store.last.answer) == ("recorded", "goodbye")
    assert store.last.key == f"{store.last.call_sid}/recorded/{RECORDING_SID}"


def test_a_long_message_is_warned_and_goes_on(network: Network, store: ListStore, advice_line: VoicemailNode) -> None:
    answer = network.posts(f"{NODE}/advice_line/{FIRST}", RecordingDuration="270", Digits="")
    tone = _tone(f"{NODE}/advice_line/recorded?n=4&part=2&as=last&max=30{ASK_AGAIN}", longest=30)
    assert answer.content == twiml.record(VOICE, (sentences.NEARLY_FULL,), tone)
    assert store.last.answer == "record herts_advice 2"


@pytest.mark.parametrize(("take", "digits"), [("as=first", "#"), ("as=first", "hangup"), ("as=last", ""), ("", "")])
def test_nobody_is_asked_to_go_on_who_has_finished(
    network: Network, advice_line: VoicemailNode, take: str, digits: str
) -> None:
    target = f"{NODE}/advice_line/recorded?n=3&part=1&{take}&max=270"
    answer = network.posts(target, RecordingDuration="270", Digits=digits)
    assert answer.content == twiml.goodbye(VOICE, (advice_line.closing,))


@pytest.mark.parametrize(
    "target",
    ["root?n=1&r=0", "advice_line/recorded?n=3&part=1", "ot_service/transferred?n=3"],
)
def test_a_caller_who_has_gone_is_handed_nothing(network: Network, store: ListStore, target: str) -> None:
    answer = network.posts(f"{NODE}/{target}", CallStatus="completed", DialCallStatus="canceled", Digits="hangup")
    assert answer.content == twiml.goodbye(VOICE)
    assert store.last.answer == "goodbye"


def test_southend_says_that_nobody_can_take_the_call_while_it_is_open(
    network: Network, store: ListStore, clock: MovingClock
) -> None:
    clock.time = datetime(2026, 11, 17, 13, 0, tzinfo=UTC)
    heard = network.posts("/webhooks/voice", To=EPUT).text
    assert 0 < heard.index("nobody can take your call") < heard.index("dial 999") < heard.index("<Record")
    assert store.last.answer == "record eput_support"


def test_southend_takes_messages_while_it_is_closed(network: Network, store: ListStore) -> None:
    heard = network.posts("/webhooks/voice", To=EPUT).text
    assert 0 < heard.index("dial 999") < heard.index("The line is closed just now") < heard.index("<Record")
    assert store.last.answer == "record eput_support"


def test_the_eve_of_a_bank_holiday_is_announced_after_the_greeting(network: Network, clock: MovingClock) -> None:
    clock.time = datetime(2026, 8, 28, 17, 0, tzinfo=UTC)  # Friday, 18:00 in London
    heard = network.posts(f"{NODE}/ot_menu?n=2&r=0", Digits="1").text
    words = (
        "We are closed on Saturday 29 August, Sunday 30 August and Monday 31 August. "
        "We will start to call back on Tuesday 1 September."
    )
    assert heard.index("press hash when you have finished") < heard.index(words) < heard.index("<Record")
    assert words in network.posts("/webhooks/voice/fallback", ErrorCode="11200").text
    assert words in network.posts(f"{NODE}/advice_line/skipped?n=3", Digits="*").text


def test_a_number_that_is_not_ours_is_said_to_be_not_in_use(network: Network, store: ListStore) -> None:
    answer = network.posts("/webhooks/voice", To="+441632960999")
    assert answer.content == twiml.goodbye(VOICE, (sentences.NOT_IN_USE,))
    assert "dial 999" in answer.text
    assert (store.last.number, store.last.answer) == ("+441632960999", "goodbye")


@pytest.mark.parametrize("target", ["gone?n=1&r=0", "advice_line?n=4&r=0", "gone/transferred?n=2"])
def test_a_node_that_is_gone_starts_the_menu_afresh(network: Network, store: ListStore, target: str) -> None:
    network.posts(f"{NODE}/{target}", Digits="3", DialCallStatus="busy")
    assert store.last.answer == "menu root"


def test_a_mailbox_that_is_gone_still_says_thank_you(network: Network) -> None:
    answer = network.posts(f"{NODE}/gone/recorded?n=4&part=1", RecordingSid=RECORDING_SID)
    assert answer.content == twiml.goodbye(VOICE, (sentences.THANK_YOU,))


def test_a_line_that_is_gone_is_found_by_the_number_called(network: Network, store: ListStore) -> None:
    network.posts("/webhooks/voice/gone/root?n=1&r=0", Digits="3")
    assert store.last.answer == "menu ot_menu"


def test_the_fallback_apologises_and_records(network: Network, store: ListStore, advice_line: VoicemailNode) -> None:
    answer = network.posts("/webhooks/voice/fallback", ErrorCode="11200", ErrorUrl="https://x.example/voice")
    tone = _tone(f"{NODE}/advice_line/recorded?n=1&part=1&as=rescue&max=270{ASK_AGAIN}", closing=advice_line.closing)
    said = (sentences.SOMETHING_WRONG, sentences.LEAVE_MESSAGE)
    assert answer.content == twiml.record(VOICE, said, tone)
    assert (store.last.kind, store.last.answer) == ("fallback", "record herts_advice")
    assert store.last.key.endswith("/fallback/11200")


@pytest.mark.parametrize("step", ["recorded", "more", "number"])
def test_who_has_left_a_message_is_not_asked_for_it_again_when_an_answer_is_lost(network: Network, step: str) -> None:
    lost = f"https://advice.example.nhs.uk{NODE}/advice_line/{step}?n=3&part=1&as=first&max=270"
    heard = network.posts("/webhooks/voice/fallback", ErrorCode="11200", ErrorUrl=lost).text
    assert heard.index("dial 999") < heard.index(sentences.LEFT_ALREADY) < heard.index("<Record")


def test_nor_when_the_fault_is_ours(context: WebhookContext) -> None:
    form = {"To": HERTS, "CallStatus": "in-progress"}
    ours = Post(f"{NODE}/advice_line/recorded?n=3&part=1", "", list(form.items()), form)
    assert sentences.LEFT_ALREADY in voice.apologise(context, ours).document.decode()


@pytest.mark.parametrize("lost", ["https://x.example/webhooks/voice", f"{NODE}/advice_line/silent?n=4", "["])
def test_who_has_left_nothing_is_not_told_that_it_is_there(network: Network, lost: str) -> None:
    heard = network.posts("/webhooks/voice/fallback", ErrorCode="11200", ErrorUrl=lost).text
    assert sentences.LEFT_ALREADY not in heard


def test_the_fallback_of_an_unknown_number_says_goodbye(network: Network) -> None:
    answer = network.posts("/webhooks/voice/fallback", To="+441632960999")
    assert answer.content == twiml.goodbye(VOICE, (sentences.SOMETHING_WRONG, sentences.CALL_LATER))


def test_the_fallback_finds_the_recorder_behind_a_branch(network: Network, store: ListStore) -> None:
    network.posts("/webhooks/voice/fallback", To=EPUT)
    assert store.last.answer == "record eput_support"


@pytest.mark.parametrize(("entry", "mailbox"), [("ot_service", "herts_admin"), ("referral_hub", "herts_advice")])
def test_the_fallback_goes_the_way_of_somebody_who_does_nothing(
    context: WebhookContext, directory: Directory, store: ListStore, entry: str, mailbox: str
) -> None:
    with network_of(replace(context, directory=lambda: _with_menu(directory, {"entry": entry}))) as network:
        network.posts("/webhooks/voice/fallback")
    assert store.last.answer == f"record {mailbox}"


def test_the_fallback_of_a_line_without_a_recorder_asks_to_call_later(
    context: WebhookContext, directory: Directory
) -> None:
    away: Mapping[str, object] = {
        "nodes": {"away": directory.lines[LINE].menu.nodes["referral_hub_away"]},
        "entry": "away",
    }
    with network_of(replace(context, directory=lambda: _with_menu(directory, away))) as network:
        answer = network.posts("/webhooks/voice/fallback")
    assert answer.content == twiml.goodbye(VOICE, (sentences.SOMETHING_WRONG, sentences.CALL_LATER))


def _with_menu(directory: Directory, changes: Mapping[str, object]) -> Directory:
    """Hertfordshire with another menu."""
    service = directory.services["herts_cot"].configuration
    line = service.lines[0]
    changed = line.model_copy(update={"menu": line.menu.model_copy(update=dict(changes))})
    return a_directory(service.model_copy(update={"lines": (changed,)}))
