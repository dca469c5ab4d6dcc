"""What the network told is read leniently: blank, missing, repeated and new fields are welcome, and nothing raises."""

from dataclasses import asdict
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_line.telephone.told import Told, read


def told(path: str = "/webhooks/voice", **fields: str) -> Told:
    return read(path, urlencode(fields))


def test_everything_that_is_read() -> None:
    facts = told(
        "/webhooks/voice/herts_advice_line/root?n=2&r=0",
        CallSid="CA1", CallStatus="completed", From="+447700900123", ForwardedFrom="+441632960200", CallDuration="40",
        Digits="31", RecordingSid="RE1", RecordingStatus="completed", RecordingDuration="12", DialCallStatus="busy",
    )  # fmt: skip
    assert (facts.call_sid, facts.status, facts.number, facts.withheld) == ("CA1", "completed", "+447700900123", False)
    assert (facts.forwarded, facts.seconds, facts.keys, facts.step) == (True, 40, "31", 2)
    assert (facts.recording_sid, facts.recording_status, facts.recording_seconds) == ("RE1", "completed", 12)
    assert (facts.attempt_id, facts.dial_status) == (None, "busy")
    assert facts.over


def test_nothing_is_told_by_nothing() -> None:
    nothing = read("", "")
    assert {*asdict(nothing).values()} == {None, False, ""}
    assert told(CallSid="", CallStatus=" ", From="", CallDuration="", Digits="", RecordingUrl="") == nothing
    assert not nothing.over


@pytest.mark.parametrize(
    ("seconds", "digits", "quiet", "cut_off"),
    [
        ("50", "", 20, False),
        ("12", "", 12, False),
        ("269", "", 0, True),
        ("50", "#", 0, False),
        ("50", "hangup", 0, False),
    ],
)
def test_a_recorder_that_stopped_by_itself_heard_silence_or_came_to_its_limit(
    seconds: str, digits: str, quiet: int, cut_off: bool
) -> None:
    facts = told("/webhooks/voice/l/n/recorded?n=2&part=1&as=first&max=270", RecordingDuration=seconds, Digits=digits)
    assert (facts.quiet(20), facts.cut_off) == (quiet, cut_off)


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "canceled", "failed"])
def test_a_call_is_over_at_its_end(status: str) -> None:
    assert told(CallStatus=status).over


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "answered", "Completed"])
def test_a_call_is_not_over_before(status: str) -> None:
    assert not told(CallStatus=status).over


def test_the_first_value_that_says_something_counts() -> None:
    assert read("/", "Digits=&Digits=1&Digits=2&CallSid=+CA1+&CallSid=CA2").keys == "1"
    assert read("/", "CallSid=+CA1+&CallSid=CA2").call_sid == "CA1"


@pytest.mark.parametrize("said", ["anonymous", "+266696687", "sip:x", "\x00"])
def test_a_number_that_is_none_was_withheld(said: str) -> None:
    assert (told(From=said).number, told(From=said).withheld) == (None, True)


@pytest.mark.parametrize("digits", ["hangup", "", "abc"])
def test_what_is_no_key_is_no_key(digits: str) -> None:
    assert told(Digits=digits).keys == ""


def test_star_and_hash_are_keys() -> None:
    assert told(Digits="*1#").keys == "*1#"


@pytest.mark.parametrize("length", ["-1", "1.5", "soon", "1e9", "9999999999", "٣"])
def test_a_length_that_is_none_is_unknown(length: str) -> None:
    assert told(RecordingDuration=length).recording_seconds is None


def test_a_recording_is_known_by_its_address_too() -> None:
    url = "https://api.dublin.ie1.example.net/2010-04-01/Accounts/AC1/Recordings/REabc123"
    assert told(RecordingUrl=url).recording_sid == "REabc123"
    assert told(RecordingUrl=url, RecordingSid="REother").recording_sid == "REother"
    assert told(RecordingUrl="https://example.net/else").recording_sid is None


@pytest.mark.parametrize("sid", ["RE/../../etc", "RE 1", "R", "RE\x00", "RE" + "x" * 80])
def test_an_id_that_is_none_is_no_id(sid: str) -> None:
    assert told(CallSid=sid, RecordingSid=sid).recording_sid is None
    assert told(CallSid=sid).call_sid is None


@pytest.mark.parametrize(
    ("path", "attempt"),
    [
        ("/webhooks/attempts/17/keys?line=herts_advice_line", 17),
        ("/webhooks/attempts/17", None),
        ("/webhooks/attempts/x/keys", None),
        ("/webhooks/attempts/9999999999999999999999/keys", None),
        ("/elsewhere/webhooks/attempts/17/keys", None),
    ],
)
def test_our_own_calls_say_which_attempt_they_are(path: str, attempt: int | None) -> None:
    assert told(path).attempt_id == attempt


@given(st.text(), st.text())
def test_nothing_that_is_said_can_raise(path: str, body: str) -> None:
    facts = read(path, body)
    assert facts.call_sid is None or facts.call_sid.isalnum()


@given(st.dictionaries(st.sampled_from(["CallSid", "From", "Digits", "CallDuration", "RecordingUrl"]), st.text()))
def test_no_value_of_a_known_field_can_raise(fields: dict[str, str]) -> None:
    assert (told(**fields).seconds or 0) >= 0
