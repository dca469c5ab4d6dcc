"""The door itself: odd posts are kept, forged ones leave nothing, and no trouble of ours reaches a caller."""

import asyncio
from dataclasses import replace
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from advice_line.lines.directory import Directory
from tests.webhooks.conftest import ListStore, a_directory, network_of
from tests.webhooks.network import (
    ACCOUNT_SID,
    CALL_SID,
    CALLER,
    HERTS,
    RECORDING_SID,
    TOKEN,
    Network,
    a_form,
)
from webhooks import sentences
from webhooks.context import WebhookContext
from webhooks.event import key_of
from webhooks.post import Post, TooLong
from webhooks.signature import sign
from webhooks.steps import STEPS

ATTEMPT_LINE = "?line=herts_advice_line"
EVERY_STEP = [
    step.path.format(line="herts_advice_line", node="root", attempt="7", offer="7") + ATTEMPT_LINE for step in STEPS
]
SPOKEN = [
    step.path.format(line="herts_advice_line", node="root", attempt="7", offer="7") + ATTEMPT_LINE
    for step in STEPS
    if step.take
]
WITH_A_DOCUMENT = SPOKEN + [step.path + ATTEMPT_LINE for step in STEPS if step.document]
HEARD_ONLY = sorted(set(EVERY_STEP) - set(SPOKEN))


def raw(network: Network, target: str, body: bytes) -> tuple[int, str]:
    """Post bytes as they are, signed over what they mean; returns the status and the document."""
    pairs = sorted({tuple(part.split(b"=", 1)) for part in body.split(b"&")})
    words = b"https://advice.example.nhs.uk" + target.encode() + b"".join(name + value for name, value in pairs)
    answer = network.sends(
        target, body, sign(TOKEN.encode(), words.decode("utf-8", "surrogateescape"), "sha1").decode()
    )
    return answer.status_code, answer.text


@pytest.mark.parametrize("path", EVERY_STEP)
def test_nothing_is_kept_of_a_post_that_is_not_signed(network: Network, store: ListStore, path: str) -> None:
    with capture_logs() as logs:
        answer = network.sends(f"/webhooks{path}", urlencode(a_form()), None)
    assert (answer.status_code, answer.content, store.events) == (403, b"", [])
    assert [entry["event"] for entry in logs] == ["webhook_refused"]
    assert CALLER not in str(logs)


@pytest.mark.parametrize("path", EVERY_STEP)
@pytest.mark.parametrize(
    "form",
    [
        {"AccountSid": ACCOUNT_SID},
        {"AccountSid": ACCOUNT_SID, "CallSid": "", "To": "", "From": "", "CallStatus": "", "Digits": ""},
        {"AccountSid": ACCOUNT_SID, "CallSid": "x" * 5000, "RecordingSid": "\x00", "Tomorrow": "'; DROP TABLE call"},
        a_form(CallSid="CA\x00", To="\x00", Digits="\x00\ud7ff", CallStatus="not-a-status", ErrorCode="e" * 900),
        a_form(CallStatus="s" * 900, DialCallStatus="d" * 900, Digits="1" * 900, ErrorCode="e" * 900),
    ],
)
def test_whatever_is_signed_is_welcome_and_kept(
    network: Network, store: ListStore, path: str, form: dict[str, str]
) -> None:
    answer = network.posts_form(f"/webhooks{path}", form)
    assert answer.status_code == (200 if path in WITH_A_DOCUMENT else 204)
    if path in WITH_A_DOCUMENT:
        assert ET.fromstring(answer.content).tag == "Response"  # noqa: S314 - our own document
    assert len(store.events) == 1
    assert "\x00" not in "".join(store.last.as_json().values())
    assert len(store.last.key) < 300


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.sampled_from(EVERY_STEP),
    st.dictionaries(
        st.sampled_from(
            ["CallSid", "To", "Digits", "CallStatus", "DialCallStatus", "RecordingDuration", "RecordingSid"]
        ),
        st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from([CALL_SID, HERTS, "270", "1", "completed"]),
    ),
)
def test_no_signed_form_can_break_the_door(network: Network, store: ListStore, path: str, form: dict[str, str]) -> None:
    before = len(store.events)
    answer = network.posts_form(f"/webhooks{path}", {"AccountSid": ACCOUNT_SID, **form})
    assert answer.status_code == (200 if path in WITH_A_DOCUMENT else 204)
    assert len(store.events) == before + 1


def test_what_was_said_is_kept_as_it_came(network: Network, store: ListStore) -> None:
    form = a_form(New="never heard of", Blank="", CallerName="Zoë & Söhne")
    network.posts_form("/webhooks/call-status?x=%31", form)
    assert store.last.body == urlencode(form)
    assert store.last.path == "/webhooks/call-status?x=%31"


def test_bytes_that_are_no_text_are_welcome_and_kept_without_them(network: Network, store: ListStore) -> None:
    body = b"AccountSid=" + ACCOUNT_SID.encode() + b"&CallSid=" + CALL_SID.encode() + b"&From=\xff\xfe\x00x"
    assert raw(network, "/webhooks/call-status", body)[0] == 204
    assert store.last.body.endswith("&From=\ufffd\ufffd\ufffdx")


def test_the_first_of_a_repeated_field_counts(network: Network, store: ListStore) -> None:
    body = b"AccountSid=" + ACCOUNT_SID.encode() + b"&Digits=3&Digits=2"
    assert raw(network, "/webhooks/voice/herts_advice_line/root?n=1&r=0", body)[0] == 200
    assert store.last.answer == "menu ot_menu"


def test_the_same_event_has_the_same_key_and_another_has_another(network: Network, store: ListStore) -> None:
    for sequence, status in ((0, "ringing"), (0, "ringing"), (1, "in-progress")):
        network.posts("/webhooks/call-status", CallStatus=status, SequenceNumber=str(sequence))
    first, again, other = [event.key for event in store.events]
    assert first == again == f"{CALL_SID}/status/ringing/0"
    assert other == f"{CALL_SID}/status/in-progress/1"


@pytest.mark.parametrize(
    ("target", "fields", "rest"),
    [
        ("voice", {}, f"{CALL_SID}/call"),
        ("voice/herts_advice_line/root?n=4&r=0", {"Digits": "3"}, f"{CALL_SID}/keys/4"),
        ("voice/herts_advice_line/root?n=x", {"Digits": "3"}, f"{CALL_SID}/keys/0"),
        ("voice/herts_advice_line/advice_line/recorded?n=5&part=1", {}, f"{CALL_SID}/recorded/5"),
        ("voice/herts_advice_line/ot_service/transferred?n=3", {}, f"{CALL_SID}/transferred/3"),
        (
            "recording-status?line=herts_advice_line",
            {"RecordingSid": RECORDING_SID, "RecordingStatus": "completed"},
            f"{RECORDING_SID}/completed",
        ),
    ],
)
def test_natural_keys(network: Network, store: ListStore, target: str, fields: dict[str, str], rest: str) -> None:
    network.posts(f"/webhooks/{target}", **fields)
    assert store.last.key == rest


def test_odd_events_are_the_same_when_their_words_are(network: Network, store: ListStore) -> None:
    for body in ("1", "1", "2"):
        network.posts_form("/webhooks/call-status", {"AccountSid": ACCOUNT_SID, "Body": body})
    first, again, other = [event.key for event in store.events]
    assert first == again != other
    assert first.startswith("odd/")
    assert key_of("") == ""


def test_a_body_of_64_kilobytes_is_read_and_a_longer_one_is_not(network: Network, store: ListStore) -> None:
    form = {"AccountSid": ACCOUNT_SID, "Body": ""}
    room = 64 * 1024 - len(urlencode(form))
    assert network.posts_form("/webhooks/call-status", {**form, "Body": "x" * room}).status_code == 204
    assert network.posts_form("/webhooks/call-status", {**form, "Body": "x" * (room + 1)}).status_code == 413
    assert len(store.events) == 1


def test_a_body_is_refused_before_it_is_read_whole() -> None:
    asked = []

    async def receive() -> dict[str, object]:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * 40_000, "more_body": True}

    usual = {"query_string": b"", "raw_path": b"/webhooks/voice"}
    with pytest.raises(TooLong):
        asyncio.run(Post.read({**usual, "headers": [(b"content-length", b"65537")]}, receive))
    assert asked == []
    with pytest.raises(TooLong):
        asyncio.run(Post.read({**usual, "headers": [(b"content-length", b"10")]}, receive))
    assert len(asked) == 2


@pytest.mark.parametrize("path", ["/webhooks/voice/", "/webhooks/call-status/", "/webhooks/nothing"])
def test_an_address_that_is_not_ours_is_never_a_redirect(network: Network, path: str) -> None:
    assert network.posts(path).status_code == 404


@pytest.mark.parametrize("path", SPOKEN)
@pytest.mark.parametrize("failure", [TimeoutError(), ConnectionError("with words that quote a caller")])
def test_a_caller_hears_no_error_when_nothing_can_be_kept(
    network: Network, store: ListStore, path: str, failure: Exception
) -> None:
    store.failure = failure
    with capture_logs() as logs:
        answer = network.posts(f"/webhooks{path}", Digits="3")
    assert answer.status_code == 200
    assert ET.fromstring(answer.content).tag == "Response"  # noqa: S314 - our own document
    assert [entry["log_level"] for entry in logs if entry["event"] == "event_not_kept"] == ["error"]
    assert "quote" not in str(logs)


@pytest.mark.parametrize("target", ["voice", "voice/herts_advice_line/root?n=1&r=0"])
def test_a_caller_in_a_menu_comes_to_the_tone_at_once_when_nothing_can_be_kept(
    network: Network, store: ListStore, target: str
) -> None:
    store.failure = TimeoutError()
    answer = network.posts(f"/webhooks/{target}", Digits="3")
    assert sentences.SOMETHING_WRONG in answer.text
    assert 0 < answer.text.index("999") < answer.text.index("111") < answer.text.index("<Record")


def test_a_caller_at_the_tone_still_comes_to_it_when_nothing_can_be_kept(
    network: Network, store: ListStore, directory: Directory
) -> None:
    target = "/webhooks/voice/herts_advice_line/ot_menu?n=2&r=0"
    as_usual = network.posts(target, Digits="1").content
    store.failure = TimeoutError()
    assert network.posts(target, Digits="1").content == as_usual


@pytest.mark.parametrize("path", HEARD_ONLY)
def test_a_status_event_that_cannot_be_kept_is_asked_for_again(network: Network, store: ListStore, path: str) -> None:
    store.failure = TimeoutError()
    assert network.posts(f"/webhooks{path}").status_code == 503


def test_a_fault_of_ours_is_an_apology_and_a_loud_word(
    context: WebhookContext, store: ListStore, directory: Directory
) -> None:
    service = directory.services["herts_cot"].configuration
    line = service.lines[0]
    leads_nowhere = line.menu.nodes["root"].model_copy(update={"options": {"3": "gone"}})
    menu = line.menu.model_copy(update={"nodes": {**line.menu.nodes, "root": leads_nowhere}})
    broken = a_directory(service.model_copy(update={"lines": (line.model_copy(update={"menu": menu}),)}))
    with network_of(replace(context, directory=lambda: broken)) as network, capture_logs() as logs:
        answer = network.posts("/webhooks/voice/herts_advice_line/root?n=1&r=0", Digits="3")
    assert answer.status_code == 200
    assert sentences.SOMETHING_WRONG in answer.text
    assert [entry["event"] for entry in logs] == ["webhook_failed"]
    assert store.last.answer == "record herts_advice"
