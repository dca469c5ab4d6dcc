"""A mailbox: the talk around the recorder. Greeting, tone, silence, one question, and the number of a hidden caller.

Silence up to the line's limit ends nothing. Then who said something is asked once whether there is more, and who said
nothing is asked once to speak, or to press 1 to be called (edge cases E13, E14). A caller whose number we cannot see is
asked for one, by keypad or by voice (edge cases E05, E05b).
"""

from dataclasses import dataclass, replace

from advice_line.lines.directory import Line
from advice_line.lines.menu import VoicemailNode
from advice_line.telephone import numbers
from advice_line.telephone.told import Told
from webhooks import addresses, sentences, twiml
from webhooks.answer import Answer
from webhooks.sounds import prompt
from webhooks.take import Take, Why
from webhooks.twiml import Recorder, Saying, Sayings

SKIP, CALL_ME, GO_ON = "*", "1", "1"
LONGEST_NUMBER = 60  # seconds in which to say a number
MOST_ASKED = 2  # times for a number by keypad


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A voicemail node of a line, for one caller at one moment."""

    line: Line
    key: str
    node: VoicemailNode
    step: int
    public_url: str

    @property
    def greeting(self) -> Saying:
        """Its greeting, as words or as a recorded prompt."""
        return prompt(self.line, self.public_url, self.node.greeting, self.node.recording)

    def greet(self, sayings: Sayings, closure: Sayings) -> Answer:
        """Greet and record; star goes straight to the tone."""
        skip = addresses.skipped(self.line.key, self.key, self.step)
        return self.tone((*sayings, self.greeting, *closure), self._take("first"), skip)

    def skip(self, digits: str, closure: Sayings) -> Answer:
        """A key was pressed during the greeting. Nobody can skip that the message is recorded (domain rule R01)."""
        if digits != SKIP:
            return self.greet((sentences.NOT_RECOGNISED,), closure)
        return self.tone((*closure, sentences.RECORDED), self._take("first"))

    def rescue(self, sayings: Sayings) -> Answer:
        """Record, whatever is out of order: nothing more is asked afterwards."""
        return self.tone(sayings, self._take("rescue"))

    def tone(self, sayings: Sayings, take: Take, skip: str = "") -> Answer:
        """Say it, sound the tone and record."""
        recorder = Recorder(
            longest=take.longest,
            silence=self.line.recording.silence_end_seconds,
            action=addresses.recorded(self.line.key, self.key, self.step, take),
            status=addresses.recording_status(self.public_url, self.line.key),
            # While something is out of order, silence ends the call: it might go round for ever.
            closing=self.node.closing if take.why == "rescue" else "",
        )
        part = f" {take.part}" if take.part > 1 else ""
        return Answer(f"record {self.node.mailbox}{part}", twiml.record(self.line.voice, sayings, recorder, skip))

    def stopped(self, take: Take, told: Told, *, hidden: bool) -> Answer:
        """The recorder stopped, and the caller is still there. `hidden`: we cannot see whose call it is."""
        limits = self.line.recording
        if take.why == "number":
            return self._goodbye(self.node.closing)
        if told.cut_off and take.why != "last":
            rest = limits.max_message_seconds - limits.warn_at_seconds
            return self.tone((sentences.NEARLY_FULL,), take.next("last", rest))
        if take.why in {"first", "again"} and self._nothing_said(told):
            return self._ask_again(take) if take.why == "first" else self._goodbye(sentences.NOTHING_HEARD)
        if take.why in {"first", "again"} and told.quiet(limits.silence_end_seconds):
            return self._ask_for_more(take, told.recording_seconds or 0)
        return self._thank(take, hidden=hidden and take.why != "rescue")

    def was_silent(self, take: Take, digits: str, *, hidden: bool, foreign: bool = False) -> Answer:
        """Who had said nothing pressed a key, or none: 1 to be called, else they are recorded once more.

        `foreign`: we see their number, and may not ring it, so they are asked for another before we promise anything.
        """
        if digits != CALL_ME:
            return self.tone((), take.next("again", self.line.recording.warn_at_seconds))
        if hidden or foreign:
            asking = sentences.KEY_UK_NUMBER if foreign else sentences.KEY_NUMBER
            return self._ask_for_number(replace(take, why="call"), (asking,))
        return Answer("callback", twiml.goodbye(self.line.voice, (sentences.WILL_CALL,)))

    def has_more(self, take: Take, digits: str, *, hidden: bool) -> Answer:
        """Who had fallen silent pressed a key, or none: 1 to go on."""
        return self.tone((), take.next("more", take.longest)) if digits == GO_ON else self._thank(take, hidden=hidden)

    def number(self, take: Take, digits: str, asked: int) -> Answer:
        """A number was keyed in, or none. It is read out again, so that it can be put right."""
        given = _callable(digits)
        if given:
            return self._read_back(take, given, asked)
        if asked < MOST_ASKED and (digits or take.why == "call"):
            sorry = (sentences.NOT_A_NUMBER,) if digits else ()
            return self._ask_for_number(take, (*sorry, sentences.KEY_NUMBER), asked)
        if take.why == "call":
            return self._goodbye(sentences.NO_NUMBER)
        return self.tone((sentences.SAY_NUMBER,), take.next("number", LONGEST_NUMBER))

    def _take(self, why: Why) -> Take:
        return Take(why, 1, self.line.recording.warn_at_seconds)

    def _nothing_said(self, told: Told) -> bool:
        """Less was recorded than counts as a message. Without any word of a recording there is none."""
        limits = self.line.recording
        if told.recording_seconds is None:
            return told.recording_sid is None
        return told.recording_seconds - told.quiet(limits.silence_end_seconds) < limits.min_speech_seconds

    def _ask_again(self, take: Take) -> Answer:
        action = addresses.silent(self.line.key, self.key, self.step, take)
        return Answer("ask again", twiml.menu(self.line.voice, (sentences.NOTHING_YET,), action))

    def _ask_for_more(self, take: Take, seconds: int) -> Answer:
        limits = self.line.recording
        left = max(limits.warn_at_seconds - seconds, limits.max_message_seconds - limits.warn_at_seconds)
        action = addresses.more(self.line.key, self.key, self.step, replace(take, longest=left))
        return Answer("ask more", twiml.menu(self.line.voice, (sentences.MORE,), action, twiml.UNHURRIED_WAIT))

    def _thank(self, take: Take, *, hidden: bool) -> Answer:
        if hidden:
            return self._ask_for_number(take, (sentences.NUMBER_HIDDEN,))
        return self._goodbye(self.node.closing)

    def _ask_for_number(self, take: Take, sayings: Sayings, asked: int = 0) -> Answer:
        action = addresses.number(self.line.key, self.key, self.step, take, asked + 1)
        return Answer("ask number", twiml.ask_number(self.line.voice, sayings, action))

    def _read_back(self, take: Take, number: str, asked: int) -> Answer:
        action = addresses.number(self.line.key, self.key, self.step, take, asked)
        closing = sentences.WILL_CALL_NUMBER if take.why == "call" else self.node.closing
        document = twiml.read_back(self.line.voice, sentences.read_out(numbers.display(number)), action, closing)
        return Answer("callback" if take.why == "call" else "number", document)

    def _goodbye(self, sentence: str) -> Answer:
        return Answer("goodbye", twiml.goodbye(self.line.voice, (sentence,)))


def _callable(digits: str) -> str | None:
    try:
        return numbers.callable_number(digits)
    except ValueError:
        return None
