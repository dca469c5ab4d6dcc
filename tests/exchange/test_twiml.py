"""TwiML is read strictly: what Twilio refuses is refused, what it warns of is noted and left out."""

import pytest
from twilio.twiml.voice_response import VoiceResponse

from advice_line.exchange.twiml import Document, TwimlError, parse, read
from advice_line.exchange.wire import Answer


def document(*verbs: str) -> Document:
    return parse(("<Response>" + "".join(verbs) + "</Response>").encode(), "https://h/x")


def codes(*verbs: str) -> list[int]:
    return [complaint.code for complaint in document(*verbs).complaints]


def answer(body: bytes, content_type: str = "text/xml; charset=utf-8") -> Answer:
    return Answer("https://h/x", 200, content_type, body)


def refusal(body: bytes, content_type: str = "text/xml") -> int:
    with pytest.raises(TwimlError) as refused:
        read(answer(body, content_type))
    return refused.value.code


def test_the_builder_of_twilio_s_own_library_makes_documents_without_complaint() -> None:
    response = VoiceResponse()
    gather = response.gather(num_digits=1, action="/menu", timeout=10, finish_on_key="", action_on_empty_result=True)
    gather.say("Press 3 & wait.", voice="Polly.Amy-Neural", language="en-GB")
    gather.pause(length=2)
    gather.play("/greeting.wav", loop=2)
    response.record(
        action="/done",
        timeout=20,
        max_length=300,
        finish_on_key="#",
        play_beep=True,
        trim="do-not-trim",
        recording_status_callback="/rec#rc=3&rp=all",
        recording_status_callback_event="in-progress completed absent",
    )
    dial = response.dial(
        caller_id="+441632960111", timeout=20, time_limit=3600, action="/dialled", answer_on_bridge=True
    )
    dial.number("+441632960222", status_callback="/leg", status_callback_event="initiated ringing answered completed")
    response.redirect("/again", method="POST")
    response.reject(reason="busy")
    response.hangup()
    assert parse(str(response).encode(), "https://h/x").complaints == []


def test_text_and_attributes_come_through() -> None:
    (say,) = document('<Say voice="alice">  Press   3,\n then wait. </Say>').verbs
    assert (say.name, say.text, say.get("voice")) == ("Say", "Press 3, then wait.", "alice")


def test_the_words_inside_speech_marks_are_heard() -> None:
    (say,) = document('<Say>Ring <say-as interpret-as="telephone">999</say-as> <emphasis>now</emphasis>.</Say>').verbs
    assert say.text == "Ring 999 now."


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ('<Say Voice="alice">Hi</Say>', 12200),
        ("<say>Hi</say>", 12200),
        ("<Recrod/>", 12200),
        ("<Say/>", 13520),
        ('<Say loop="x">Hi</Say>', 13510),
        (f"<Say>{'a' * 4097}</Say>", 13521),
        ('<Say>Hi<Pause length="1"/></Say>', 12200),
        ('<Pause length="0"/>', 12200),
        ("<Gather><Dial>+441632960222</Dial></Gather>", 13320),
        ('<Gather numDigits="one"/>', 13314),
        ('<Gather timeout="-1"/>', 13313),
        ('<Gather method="PUT"/>', 13312),
        ('<Gather finishOnKey="a"/>', 13310),
        ('<Gather actionOnEmptyResult="yes"/>', 13338),
        ('<Gather input="speech"/>', 13326),
        ('<Gather hints="a"/>', 12200),
        ("<Record/>", 11100),
        ('<Record action="/d" maxLength="0"/>', 13612),
        ('<Record action="/d" timeout="x"/>', 13611),
        ('<Record action="/d" playBeep="True"/>', 13616),
        ('<Record action="/d" trim="trim"/>', 13699),
        ("<Record action=\"/d\" recordingStatusCallbackEvent=\"['completed', 'absent']\"/>", 13621),
        ('<Record action="/d" transcribe="true"/>', 12200),
        ("<Dial/>", 12200),
        ("<Dial><Say>Hi</Say></Dial>", 13215),
        ('<Dial timeout="x">+441632960222</Dial>', 13212),
        ('<Dial timeLimit="0">+441632960222</Dial>', 13216),
        ('<Dial answerOnBridge="1">+441632960222</Dial>', 13219),
        ('<Dial record="record-from-answer">+441632960222</Dial>', 12200),
        ('<Dial><Number statusCallbackEvent="started">+441632960222</Number></Dial>', 12200),
        ("<Redirect/>", 11100),
        ('<Redirect method="get">/x</Redirect>', 13710),
        ('<Reject reason="rude"/>', 12200),
        ('<Hangup reason="busy"/>', 12200),
    ],
)
def test_a_fault_is_noted_under_twilio_s_code(verbs: str, code: int) -> None:
    assert code in codes(verbs)


def test_a_faulty_attribute_and_an_unknown_verb_are_left_out() -> None:
    (record,) = document('<Recrod/><Record action="/d" maxLenght="9" timeout="soon"/>').verbs
    assert dict(record.attributes) == {"action": "/d"}


@pytest.mark.parametrize("verb", ["<Start/>", "<Dial><Conference>c</Conference></Dial>", "<Connect/>"])
def test_a_real_verb_that_cannot_be_played_here_is_refused_and_not_passed_over(verb: str) -> None:
    assert refusal(f"<Response>{verb}</Response>".encode()) == 12200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 12100),
        (b"<Response><Say>a & b</Say></Response>", 12100),
        (b"debug <Response/>", 12100),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>', 12100),
        (b"<response/>", 12102),
        (b"<Response><Say>" + b"a" * 65536 + b"</Say></Response>", 11750),
    ],
)
def test_what_is_no_twiml_is_refused(body: bytes, code: int) -> None:
    assert refusal(body) == code


@pytest.mark.parametrize("content_type", ["", "application/json", "text/css"])
def test_a_wrong_content_type_is_12300(content_type: str) -> None:
    assert refusal(b"<Response/>", content_type) == 12300


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml;charset=utf-8", "text/html", "text/plain"])
def test_twiml_may_come_under_several_types(content_type: str) -> None:
    assert read(answer(b"<Response><Hangup/></Response>", content_type)).verbs[0].name == "Hangup"


def test_plain_text_is_read_aloud() -> None:
    (say,) = read(answer("Back à 9".encode(), "text/plain")).verbs
    assert (say.name, say.text) == ("Say", "Back à 9")


def test_sound_is_played_and_the_call_ends() -> None:
    assert [verb.name for verb in read(answer(b"RIFF", "audio/x-wav")).verbs] == ["Play", "Hangup"]
