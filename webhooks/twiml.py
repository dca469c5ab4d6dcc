"""TwiML: the documents that tell the network what to do with a call. Nothing else builds them.

The builder of the library takes any attribute it is given, misspelt ones too: each verb is written once here, and the
tests read whole documents. Documents are kept in memory by what they say, since most calls get the same few.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from advice_line.lines.numbers import may_be_rung

LANGUAGE = "en-GB"
KEPT = 1024
MENU_WAIT = 6  # seconds in which to press a key
SKIP_WAIT = 1  # seconds after a greeting in which it may still be skipped
NUMBER_WAIT = 8  # seconds in which to key in the next digit of a number
UNHURRIED_WAIT = 15  # seconds for somebody who needed time to speak, perhaps through a relay (domain rule R10)
OFFER_WAIT = 10  # seconds in which to accept a callback
CALLER_RINGS = 40  # seconds until a caller who is rung back counts as not answering
WAITING_ROUND = 20  # seconds of quiet until a waiting caller hears their place again
QUEUE_WAIT = 5  # seconds for which a therapist who pressed 1 waits for the next caller, when the first has gone
LONGEST_TALK = 2 * 60 * 60  # seconds
RECORDING_EVENTS = "in-progress completed absent"
CALL_EVENTS = "initiated ringing answered completed"
NOT_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# To a text: taken, and nothing said in return. What we answer is sent later, when it may be.
NO_REPLY = str(MessagingResponse()).encode()


@dataclass(frozen=True, slots=True)
class Played:
    """A recorded prompt, by its address."""

    address: str


Saying = str | Played
Sayings = tuple[Saying, ...]


@dataclass(frozen=True, slots=True)
class Recorder:
    """What the recorder is set to. `longest` and `silence`, which ends it, are in seconds.

    A network that takes silence for no recording does not ask for the action but goes on: to the action all the same,
    or with `closing` words to the end.
    """

    longest: int
    silence: int
    action: str
    status: str
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Through:
    """Where a caller is put through to, and for how many seconds it rings."""

    number: str
    caller_id: str
    ring_seconds: int
    action: str


@lru_cache(KEPT)
def menu(voice: str, sayings: Sayings, action: str, wait: int = MENU_WAIT) -> bytes:
    """Say it and wait for one key, which may come before the end; `action` is asked without a key, too."""
    response = VoiceResponse()
    response.append(_one_key(voice, sayings, action, wait))
    return _document(response)


@lru_cache(KEPT)
def record(voice: str, sayings: Sayings, recorder: Recorder, skip: str = "") -> bytes:
    """Greet, sound the tone and record. Keys pressed during the greeting are told to `skip`, if there is one."""
    response = VoiceResponse()
    if skip:
        response.append(_one_key(voice, sayings, skip, SKIP_WAIT, empty=False))
    else:
        _say(response, voice, sayings)
    response.record(
        action=recorder.action,
        method="POST",
        max_length=recorder.longest,
        timeout=recorder.silence,
        finish_on_key="#",
        play_beep=True,
        trim="do-not-trim",
        recording_status_callback=recorder.status,
        recording_status_callback_method="POST",
        recording_status_callback_event=RECORDING_EVENTS,
    )
    if recorder.closing:
        _say(response, voice, (recorder.closing,))
        response.hangup()
    else:
        response.redirect(recorder.action, method="POST")
    return _document(response)


@lru_cache(KEPT)
def ask_number(voice: str, sayings: Sayings, action: str) -> bytes:
    """Ask for a number by keypad, ended by hash; `action` is asked without one, too."""
    response = VoiceResponse()
    response.append(_number(voice, sayings, action, empty=True))
    return _document(response)


def read_back(voice: str, sentence: str, action: str, closing: str) -> bytes:
    """Read a number out; another one may be keyed in. Never kept in memory: it holds the number."""
    response = VoiceResponse()
    response.append(_number(voice, (sentence,), action, empty=False))
    _say(response, voice, (closing,))
    response.hangup()
    return _document(response)


def outside(voice: str, sayings: Sayings, recorder: Recorder, closing: str) -> bytes:
    """A recorder for a page that is not ours, and so cannot answer twice differently.

    Without an action the page itself is asked again after the recording, and then silence leads to `closing`. No key
    ends a recording, because whoever presses one would hear everything once more.
    """
    response = VoiceResponse()
    _say(response, voice, sayings)
    response.record(
        method="POST",  # a GET would write the caller's number into addresses, and so into other people's logs
        max_length=recorder.longest,
        timeout=recorder.silence,
        finish_on_key="",
        play_beep=True,
        trim="do-not-trim",
        recording_status_callback=recorder.status,
        recording_status_callback_method="POST",
        recording_status_callback_event=RECORDING_EVENTS,
    )
    _say(response, voice, (closing,))
    response.hangup()
    return _document(response)


@lru_cache(KEPT)
def put_through(voice: str, sayings: Sayings, through: Through) -> bytes:
    """Say it and ring somebody else; what became of it is told to the action."""
    response = VoiceResponse()
    _say(response, voice, sayings)
    dial = Dial(caller_id=through.caller_id, timeout=through.ring_seconds, action=through.action, method="POST")
    dial.number(_dialled(through.number))
    response.append(dial)
    return _document(response)


@lru_cache(KEPT)
def enqueue(voice: str, sayings: Sayings, queue: str, waiting: str, left: str) -> bytes:
    """Say it and let the caller wait in a queue; `waiting` says what they hear meanwhile, `left` what comes then."""
    response = VoiceResponse()
    _say(response, voice, sayings)
    response.enqueue(queue, wait_url=waiting, wait_url_method="POST", action=left, method="POST")
    return _document(response)


@lru_cache(KEPT)
def wait(voice: str, sayings: Sayings, action: str) -> bytes:
    """Say it to a waiting caller and keep quiet for a while; a key goes to `action`. Then it is asked for anew."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, finish_on_key="", timeout=WAITING_ROUND, action=action, method="POST")
    _say(gather, voice, sayings)
    response.append(gather)
    return _document(response)


@lru_cache(KEPT)
def leave() -> bytes:
    """Take a waiting caller out of the queue."""
    response = VoiceResponse()
    response.leave()
    return _document(response)


@lru_cache(KEPT)
def say(voice: str, sayings: Sayings) -> bytes:
    """Say it, and let what goes on around it go on."""
    response = VoiceResponse()
    _say(response, voice, sayings)
    return _document(response)


@lru_cache(KEPT)
def goodbye(voice: str, sayings: Sayings = ()) -> bytes:
    """Say it and hang up."""
    response = VoiceResponse()
    _say(response, voice, sayings)
    response.hangup()
    return _document(response)


def offer(voice: str, sentence: str, action: str) -> bytes:
    """Offer a callback to a therapist, twice in case the first words were missed; one key accepts."""
    response = VoiceResponse()
    response.append(_one_key(voice, (sentence, sentence), action, OFFER_WAIT))
    return _document(response)


def bridge(number: str, caller_id: str, action: str, status: str) -> bytes:
    """Ring the caller for the therapist, from the line's own number. Never kept in memory: it holds their number."""
    response = VoiceResponse()
    dial = Dial(caller_id=caller_id, timeout=CALLER_RINGS, time_limit=LONGEST_TALK, action=action, method="POST")
    dial.number(
        _dialled(number),
        status_callback=status,
        status_callback_method="POST",
        status_callback_event=CALL_EVENTS,
    )
    response.append(dial)
    return _document(response)


def dequeue(queue: str, connected: str, action: str) -> bytes:
    """Connect a therapist with whoever is first in the queue, once that caller has heard `connected`."""
    response = VoiceResponse()
    dial = Dial(timeout=QUEUE_WAIT, time_limit=LONGEST_TALK, action=action, method="POST")
    dial.queue(queue, url=connected, method="POST")
    response.append(dial)
    return _document(response)


def _dialled(number: str) -> str:
    """The number, looked at once more at the last moment. A ValueError, of which the caller hears an apology."""
    if not may_be_rung(number):
        raise ValueError("This number may not be rung.")
    return number


def _one_key(voice: str, sayings: Sayings, action: str, wait: int, *, empty: bool = True) -> Gather:
    # No key finishes the wait, for every key is a choice: by default # would be swallowed.
    gather = Gather(
        num_digits=1,
        finish_on_key="",
        timeout=wait,
        action=action,
        method="POST",
        action_on_empty_result=empty,
    )
    _say(gather, voice, sayings)
    return gather


def _number(voice: str, sayings: Sayings, action: str, *, empty: bool) -> Gather:
    gather = Gather(finish_on_key="#", timeout=NUMBER_WAIT, action=action, method="POST", action_on_empty_result=empty)
    _say(gather, voice, sayings)
    return gather


def _say(parent: VoiceResponse | Gather, voice: str, sayings: Sequence[Saying]) -> None:
    for saying in sayings:
        if isinstance(saying, Played):
            parent.play(saying.address)
            continue
        parent.say(NOT_XML.sub("", saying), voice=voice, language=LANGUAGE)


def _document(response: VoiceResponse) -> bytes:
    return str(response).encode()
