"""The documents, whole: the builder lets a misspelt attribute pass, so every letter is written out here."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks import twiml
from webhooks.twiml import Recorder, Through

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
RECORD = (
    '<Record action="/recorded?n=2&amp;part=1" finishOnKey="#" maxLength="270" method="POST" playBeep="true"'
    ' recordingStatusCallback="https://a.example/recording-status?line=l#rc=3&amp;rp=all"'
    ' recordingStatusCallbackEvent="in-progress completed absent" recordingStatusCallbackMethod="POST"'
    ' timeout="20" trim="do-not-trim" />'
)
SAY = '<Say language="en-GB" voice="Polly.Amy">'


def document(*verbs: str) -> bytes:
    """A document of these verbs."""
    return f"{HEAD}<Response>{''.join(verbs)}</Response>".encode()


def test_a_menu() -> None:
    made = twiml.menu("Polly.Amy", ("We do not know that.", "Press 2 & wait."), "/webhooks/voice/l/n?n=1&r=0")
    assert made == document(
        '<Gather action="/webhooks/voice/l/n?n=1&amp;r=0" actionOnEmptyResult="true" finishOnKey="" method="POST"'
        ' numDigits="1" timeout="6">',
        f"{SAY}We do not know that.</Say>{SAY}Press 2 &amp; wait.</Say></Gather>",
    )


def test_a_recorder() -> None:
    recorder = Recorder(270, 20, "/recorded?n=2&part=1", "https://a.example/recording-status?line=l#rc=3&rp=all")
    made = twiml.record("Polly.Amy", ("Speak after the tone.",), recorder)
    assert made == document(
        f"{SAY}Speak after the tone.</Say>",
        RECORD,
        '<Redirect method="POST">/recorded?n=2&amp;part=1</Redirect>',
    )


def test_a_recorder_after_which_nothing_more_is_asked() -> None:
    recorder = Recorder(
        270, 20, "/recorded?n=2&part=1", "https://a.example/recording-status?line=l#rc=3&rp=all", "Goodbye."
    )
    assert twiml.record("Polly.Amy", (), recorder) == document(RECORD, f"{SAY}Goodbye.</Say><Hangup />")


def test_a_greeting_that_a_key_can_skip() -> None:
    recorder = Recorder(270, 20, "/recorded?n=2&part=1", "https://a.example/recording-status?line=l#rc=3&rp=all")
    made = twiml.record("Polly.Amy", ("A long greeting.",), recorder, "/skipped?n=2")
    assert made == document(
        '<Gather action="/skipped?n=2" actionOnEmptyResult="false" finishOnKey="" method="POST" numDigits="1"'
        ' timeout="1">',
        f"{SAY}A long greeting.</Say></Gather>",
        RECORD,
        '<Redirect method="POST">/recorded?n=2&amp;part=1</Redirect>',
    )


def test_a_number_is_asked_for_and_read_back() -> None:
    gather = '<Gather action="/number?n=3" actionOnEmptyResult="{}" finishOnKey="#" method="POST" timeout="8">'
    asked = twiml.ask_number("Polly.Amy", ("Key it in.",), "/number?n=3")
    assert asked == document(gather.format("true"), f"{SAY}Key it in.</Say></Gather>")
    read = twiml.read_back("Polly.Amy", "It is 0 1.", "/number?n=3", "Goodbye.")
    closing = f"{SAY}It is 0 1.</Say></Gather>{SAY}Goodbye.</Say><Hangup />"
    assert read == document(gather.format("false"), closing)


def test_a_transfer() -> None:
    made = twiml.put_through("Polly.Amy", ("One moment.",), Through("+441632960220", "+441923470680", 25, "/t?n=3"))
    assert made == document(
        f"{SAY}One moment.</Say>",
        '<Dial action="/t?n=3" callerId="+441923470680" method="POST" timeout="25">',
        "<Number>+441632960220</Number></Dial>",
    )


def test_a_goodbye() -> None:
    assert twiml.goodbye("Polly.Amy", ("Goodbye.",)) == document(f"{SAY}Goodbye.</Say><Hangup />")
    assert twiml.goodbye("Polly.Amy") == document("<Hangup />")


def test_an_offer_is_said_twice() -> None:
    assert twiml.offer("Polly.Amy", "Press 1.", "/keys?line=l") == document(
        '<Gather action="/keys?line=l" actionOnEmptyResult="true" finishOnKey="" method="POST" numDigits="1"'
        f' timeout="10">{SAY}Press 1.</Say>{SAY}Press 1.</Say></Gather>',
    )


def test_a_bridge() -> None:
    made = twiml.bridge("+447700900123", "+441923470680", "/done?line=l", "https://a.example/s?line=l#rc=3&rp=all")
    assert made == document(
        '<Dial action="/done?line=l" callerId="+441923470680" method="POST" timeLimit="7200" timeout="40">',
        '<Number statusCallback="https://a.example/s?line=l#rc=3&amp;rp=all"'
        ' statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST">',
        "+447700900123</Number></Dial>",
    )


@given(st.text())
def test_whatever_is_said_the_document_is_xml(words: str) -> None:
    ET.fromstring(twiml.goodbye("Polly.Amy", (words,)))  # noqa: S314 - our own document


def test_control_characters_are_not_spoken() -> None:
    assert twiml.goodbye("Polly.Amy", ("Good\x00\x0b\ufffebye.",)) == twiml.goodbye("Polly.Amy", ("Goodbye.",))


def test_a_callers_number_is_not_kept_in_memory() -> None:
    assert not hasattr(twiml.bridge, "cache_info")
    assert not hasattr(twiml.read_back, "cache_info")


@pytest.mark.parametrize(
    "number", ["+449098790000", "+447012345678", "+448001111111", "+33123456789", "07700900123", ""]
)
def test_no_document_dials_a_number_that_we_may_not_ring(number: str) -> None:
    with pytest.raises(ValueError, match="may not be rung"):
        twiml.bridge(number, "+441923470680", "/done", "https://a.example/s")
    with pytest.raises(ValueError, match="may not be rung"):
        twiml.put_through("Polly.Amy", (), Through(number, "+441923470680", 25, "/t"))
