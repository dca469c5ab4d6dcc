"""What a person hears: words spoken, sounds played, pauses kept."""

import re
from collections.abc import Callable

from advice_line.exchange.line import Fetch, Line
from advice_line.exchange.sound import NotAWav, Sound
from advice_line.exchange.twiml import Verb
from advice_line.exchange.wire import Answer, Ask, WireError

CHARACTERS_A_SECOND = 15
BYTES_A_SECOND = 4000
"""Of an MP3 of 32 kbit/s, to guess how long one lasts."""
FOREVER = 1000

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

Until = Callable[[], bool]


def _never() -> bool:
    return False


async def play_say(line: Line, verb: Verb) -> Fetch | None:
    """<Say>."""
    await prompt(line, verb, _never)
    return None


async def play_sound(line: Line, verb: Verb) -> Fetch | None:
    """<Play>."""
    await prompt(line, verb, _never)
    return None


async def play_pause(line: Line, verb: Verb) -> Fetch | None:
    """<Pause>."""
    await prompt(line, verb, _never)
    return None


async def prompt(line: Line, verb: Verb, until: Until) -> None:
    """Play one <Say>, <Play> or <Pause> to its end, or to where the person interrupts it."""
    if verb.name == "Pause":
        await line.handset.passes(verb.number("length", 1), until)
        return
    for _ in range(verb.number("loop", 1) or FOREVER):
        if until():
            return
        if verb.name == "Say":
            await say(line, verb.text, until)
        else:
            await _play(line, verb, until)


async def say(line: Line, text: str, until: Until = _never) -> None:
    """Speak words, sentence by sentence, at the pace of speech."""
    for sentence in SENTENCE_END.split(text):
        if sentence and not until():
            line.handset.hears(sentence)
            await line.handset.passes(max(1.0, len(sentence) / CHARACTERS_A_SECOND), until)


async def _play(line: Line, verb: Verb, until: Until) -> None:
    if verb.get("digits"):
        line.handset.hears("(keys are pressed)", tone=True)
        await line.handset.passes(len(verb.get("digits")) / 2, until)
        return
    try:
        answer = await line.exchange.wire.fetch(Ask("media", line.call.sid, line.resolve(verb.text), method="GET"))
    except WireError as error:
        line.complain(error.code, error.message)
        return
    if not answer.content_type.startswith("audio/"):
        line.complain(12300, f"Invalid Content-Type: {answer.content_type or 'none given'} for <Play>")
        return
    name = answer.url.partition("?")[0].rpartition("/")[2]
    line.handset.hears(f"(sound: {name})")
    await line.handset.passes(_seconds(answer), until)


def _seconds(answer: Answer) -> float:
    try:
        return Sound.of_wav(answer.body).seconds
    except NotAWav:
        return len(answer.body) / BYTES_A_SECOND
