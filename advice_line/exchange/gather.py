"""<Gather>: a menu is read out, and keys are listened for from its first word on."""

from advice_line.exchange.handset import Utterance, Wants
from advice_line.exchange.line import Fetch, Line
from advice_line.exchange.speech import prompt
from advice_line.exchange.twiml import Verb

DEFAULT_TIMEOUT = 5
BRIEF = 2
"""Seconds up to which a wait only lets a key interrupt what is said, when nothing follows from its silence."""


class Keys:
    """The ear of a <Gather>: collects keys until it has `most` of them, or hears a finishing key."""

    wants: Wants = "keys"

    def __init__(self, most: int | None, finish_on: str) -> None:
        self._most = most
        self._finish_on = finish_on
        self.digits = ""
        self.finished_on = ""
        self.fresh = False

    @property
    def complete(self) -> bool:
        """Whether it has all it wants."""
        return bool(self.finished_on) or len(self.digits) == self._most

    @property
    def begun(self) -> bool:
        """Whether any key was pressed: the menu then stops talking."""
        return bool(self.digits or self.finished_on)

    def press(self, key: str) -> bool:
        """A key, or the key that ends it."""
        self.fresh = True
        if key in self._finish_on:
            self.finished_on = key
        else:
            self.digits += key
        return self.complete

    def speak(self, _utterance: Utterance) -> bool:
        """Words are nothing to a keypad."""
        return False


async def play_gather(line: Line, verb: Verb) -> Fetch | None:
    """Ask for the action with what was pressed; with nothing pressed go on, unless the empty result is wanted too."""
    keys = Keys(verb.number("numDigits", 0) or None, verb.get("finishOnKey", "#"))
    with line.handset.listens(keys):
        for child in verb.children:
            await prompt(line, child, lambda: keys.begun)
        line.handset.prompt_is_over()
        seconds = verb.number("timeout", DEFAULT_TIMEOUT)
        if seconds <= BRIEF and not verb.yes("actionOnEmptyResult"):
            line.handset.moves_on()
        await _collect(line, keys, seconds)
    if keys.digits or verb.yes("actionOnEmptyResult"):
        return line.action(verb, {"Digits": keys.digits, "FinishedOnKey": keys.finished_on})
    return None


async def _collect(line: Line, keys: Keys, seconds: int) -> None:
    """Wait for the keys that are still missing; each one pressed starts the time-out afresh."""
    while not keys.complete:
        keys.fresh = False
        if not await line.handset.attends(seconds, lambda: keys.fresh):
            return
