"""What TwiML may say: each element, its attributes, what may stand inside it, and the error code of a wrong value.

`unplayed` attributes and `UNPLAYED` elements are real TwiML that this exchange cannot play yet. It says so in its log
instead of passing over them, so that nothing proven here relies on them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

RECORDING_EVENTS = frozenset({"in-progress", "completed", "absent"})
CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

ANY = re.compile(r"(?s).*")
WHOLE = re.compile(r"\d+")
AT_LEAST_ONE = re.compile(r"0*[1-9]\d*")
YES_OR_NO = re.compile(r"true|false")
METHOD = re.compile(r"GET|POST")
KEYS = re.compile(r"[0-9*#]*")
TRIM = re.compile(r"trim-silence|do-not-trim")
SOUND_TIME = re.compile(r"\d+|auto")


def _list_of(words: frozenset[str]) -> re.Pattern[str]:
    one = "|".join(sorted(words))
    return re.compile(rf"(?:{one})(?: +(?:{one}))*")


@dataclass(frozen=True)
class Attribute:
    """What a value looks like, and Twilio's code when it does not."""

    shape: re.Pattern[str] = ANY
    code: int = 12200


@dataclass(frozen=True)
class Element:
    """One element: its attributes, and the elements that may stand inside it."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    unplayed: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    wrong_child: int = 12200


URL = Attribute()

ELEMENTS: Mapping[str, Element] = {
    "Response": Element(
        children=frozenset(
            {"Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject"} | {"Enqueue", "Leave"}
        )
    ),
    "Say": Element(
        {"voice": URL, "language": URL, "loop": Attribute(WHOLE, 13510)},
        # Speech marks change how words sound, not which words; the words inside them are heard.
        children=frozenset(
            {"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w", "amazon:effect"}
        ),
    ),
    "Play": Element({"loop": Attribute(WHOLE), "digits": Attribute(re.compile(r"[0-9*#wW]*"))}),
    "Pause": Element({"length": Attribute(AT_LEAST_ONE)}),
    "Gather": Element(
        {
            "action": URL,
            "method": Attribute(METHOD, 13312),
            "numDigits": Attribute(AT_LEAST_ONE, 13314),
            "finishOnKey": Attribute(KEYS, 13310),
            "timeout": Attribute(SOUND_TIME, 13313),
            "actionOnEmptyResult": Attribute(YES_OR_NO, 13338),
            "input": Attribute(re.compile("dtmf"), 13326),
        },
        unplayed=frozenset(
            {"speechTimeout", "maxSpeechTime", "profanityFilter", "language", "hints", "bargeIn", "debug", "enhanced"}
            | {"speechModel", "partialResultCallback", "partialResultCallbackMethod"}
        ),
        children=frozenset({"Say", "Play", "Pause"}),
        wrong_child=13320,
    ),
    "Record": Element(
        {
            "action": URL,
            "method": Attribute(METHOD, 13610),
            "timeout": Attribute(WHOLE, 13611),
            "maxLength": Attribute(AT_LEAST_ONE, 13612),
            "finishOnKey": Attribute(KEYS, 13613),
            "playBeep": Attribute(YES_OR_NO, 13616),
            "trim": Attribute(TRIM, 13699),
            "recordingStatusCallback": URL,
            "recordingStatusCallbackMethod": Attribute(METHOD, 13610),
            "recordingStatusCallbackEvent": Attribute(_list_of(RECORDING_EVENTS), 13621),
        },
        unplayed=frozenset({"transcribe", "transcribeCallback"}),
    ),
    "Dial": Element(
        {
            "action": URL,
            "method": Attribute(METHOD, 13210),
            "timeout": Attribute(WHOLE, 13212),
            "timeLimit": Attribute(AT_LEAST_ONE, 13216),
            "callerId": Attribute(ANY, 13214),
            "answerOnBridge": Attribute(YES_OR_NO, 13219),
        },
        unplayed=frozenset(
            {"record", "trim", "recordingStatusCallback", "recordingStatusCallbackMethod", "recordingTrack"}
            | {"recordingStatusCallbackEvent", "ringTone", "sequential", "hangupOnStar", "referUrl", "referMethod"}
        ),
        children=frozenset({"Number", "Queue"}),
        wrong_child=13215,
    ),
    "Enqueue": Element(
        {
            "action": URL,
            "method": Attribute(METHOD),
            "waitUrl": URL,
            "waitUrlMethod": Attribute(METHOD),
        },
        unplayed=frozenset({"workflowSid", "maxQueueSize"}),
    ),
    "Queue": Element(
        {"url": URL, "method": Attribute(METHOD)}, unplayed=frozenset({"reservationSid", "postWorkActivitySid"})
    ),
    "Leave": Element(),
    "Number": Element(
        {
            "url": URL,
            "method": Attribute(METHOD, 13221),
            "statusCallback": URL,
            "statusCallbackMethod": Attribute(METHOD, 13221),
            "statusCallbackEvent": Attribute(_list_of(CALL_EVENTS)),
        },
        unplayed=frozenset(
            {"sendDigits", "byoc", "machineDetection", "machineDetectionTimeout", "amdStatusCallback"}
            | {"machineDetectionSpeechThreshold", "machineDetectionSpeechEndThreshold", "amdStatusCallbackMethod"}
            | {"machineDetectionSilenceTimeout"}
        ),
    ),
    "Redirect": Element({"method": Attribute(METHOD, 13710)}),
    "Hangup": Element(),
    "Reject": Element({"reason": Attribute(re.compile(r"rejected|busy"))}),
}

UNPLAYED = frozenset(
    {"Connect", "Echo", "Sms", "Message", "Pay", "Prompt", "Start", "Stop", "Refer"}
    | {"Client", "Conference", "Sip", "Sim", "Application", "WhatsApp"}
)
