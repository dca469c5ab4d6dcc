"""The interpreter: asks the product what to do with a call, does it verb by verb, and asks again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import urldefrag

from advice_line.exchange.call import Call
from advice_line.exchange.dial import play_dial
from advice_line.exchange.enqueue import LeftQueue, play_enqueue, play_leave
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.gather import play_gather
from advice_line.exchange.handset import HungUp
from advice_line.exchange.line import EndOfCall, Fetch, Line
from advice_line.exchange.record import play_record
from advice_line.exchange.speech import play_pause, play_say, play_sound, say
from advice_line.exchange.twiml import Document, TwimlError, Verb, read
from advice_line.exchange.wire import WireError

APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."
MOST_DOCUMENTS = 200

Ending = Literal["played", "ended", "left", "hung up"]
"""How it ended: no more verbs; <Hangup> or <Reject>; <Leave>; the person put the phone down."""


class Interpreter:
    """Plays TwiML on one line until it ends."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._first_verb = True
        self._documents = 0

    async def run(self, first: Fetch) -> Ending:
        """Follow the documents, from the first on."""
        fetch: Fetch | None = first
        try:
            while fetch is not None:
                fetch = await self._step(fetch)
        except LeftQueue:
            return "left"
        except EndOfCall:
            return "ended"
        except HungUp:
            return "hung up"
        return "played"

    async def _step(self, fetch: Fetch) -> Fetch | None:
        try:
            return await self._play(await self._document(fetch))
        except (WireError, TwimlError) as error:
            if self._line.place is not None:
                raise  # whoever waits is taken out of the queue: it is the whole call that cannot go on
            return await self._fall_back(fetch, error)

    async def _fall_back(self, failed: Fetch, error: WireError | TwimlError) -> Fetch:
        line = self._line
        url = line.resolve(failed.url)
        line.exchange.log.error(line.call.sid, error.code, error.message, url)
        if line.handset.gone:
            raise HungUp
        if line.call.fallback_url and "ErrorCode" not in failed.params:
            said = {"ErrorCode": str(error.code), "ErrorUrl": urldefrag(url).url}
            return Fetch(line.call.fallback_url, said, step="fallback")
        self._answer()
        await say(line, APPLICATION_ERROR)
        raise EndOfCall

    async def _document(self, fetch: Fetch) -> Document:
        line = self._line
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            raise TwimlError(11215, f"The practice exchange stops after {MOST_DOCUMENTS} documents in one call")
        try:
            answer = await line.exchange.ask(line.ask(fetch))
        finally:
            fetch.afterwards()
        if line.handset.gone:
            raise HungUp
        document = read(answer)
        line.url = document.url
        for complaint in document.complaints:
            line.complain(complaint.code, complaint.message)
        return document

    async def _play(self, document: Document) -> Fetch | None:
        for verb in document.verbs:
            if self._line.only is not None and verb.name not in self._line.only:
                raise TwimlError(12200, f"<{verb.name}> cannot be played to a caller who waits in a queue")
            if self._answers(verb):
                self._answer()
            fetch = await PLAYERS[verb.name](self._line, verb)
            self._first_verb = False
            if fetch is not None:
                return fetch
        return None

    def _answers(self, verb: Verb) -> bool:
        """An incoming call is picked up by the first verb that needs a line."""
        if verb.name == "Reject":
            return not self._first_verb
        waits_for_bridge = verb.name == "Dial" and verb.yes("answerOnBridge") and self._first_verb
        return verb.name not in ("Pause", "Redirect") and not waits_for_bridge

    def _answer(self) -> None:
        self._line.exchange.move(self._line.call, "in-progress")


async def whisper(exchange: Exchange, call: Call, fetch: Fetch) -> bool:
    """Play a document to somebody who was dialled, before they are connected; True when they may be connected."""
    return await Interpreter(Line(exchange, call, whisper=True)).run(fetch) == "played"


async def _dial(line: Line, verb: Verb) -> Fetch | None:
    return await play_dial(line, verb, whisper)


async def _enqueue(line: Line, verb: Verb) -> Fetch | None:
    return await play_enqueue(line, verb, lambda place, fetch: Interpreter(place).run(fetch))


async def _redirect(line: Line, verb: Verb) -> Fetch | None:
    return Fetch(verb.text or line.url, {}, verb.get("method", "POST"))


async def _hang_up(_line: Line, _verb: Verb) -> Fetch | None:
    raise EndOfCall


async def _reject(line: Line, verb: Verb) -> Fetch | None:
    if line.call.answered_at is None:
        line.exchange.move(line.call, "busy" if verb.get("reason") == "busy" else "no-answer")
    raise EndOfCall


PLAYERS: Mapping[str, Callable[[Line, Verb], Awaitable[Fetch | None]]] = {
    "Say": play_say,
    "Play": play_sound,
    "Pause": play_pause,
    "Gather": play_gather,
    "Record": play_record,
    "Dial": _dial,
    "Enqueue": _enqueue,
    "Leave": play_leave,
    "Redirect": _redirect,
    "Hangup": _hang_up,
    "Reject": _reject,
}
