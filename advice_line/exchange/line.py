"""The line: what every verb works with while it plays - the call, the person's handset, and the document in hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from advice_line.exchange.call import Call
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.queues import Member
from advice_line.exchange.twiml import Verb
from advice_line.exchange.wire import Ask


class EndOfCall(Exception):
    """The document said that the call is over, or that it goes on elsewhere."""


def _nothing() -> None:
    return


@dataclass(frozen=True)
class Fetch:
    """The next document to ask for. The URL may be relative to the document that named it; `afterwards` is called
    once the product has answered, well or badly."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    afterwards: Callable[[], None] = _nothing


class Line:
    """One call being told what to do. A `whisper` plays to the dialled person before they are connected.

    `only` are the verbs that may be played here, when not all may; `place` is the caller's, who waits in a queue.
    """

    def __init__(
        self,
        exchange: Exchange,
        call: Call,
        *,
        whisper: bool = False,
        only: frozenset[str] | None = None,
        place: Member | None = None,
    ) -> None:
        self.exchange = exchange
        self.call = call
        self.handset = call.handset
        self.whisper = whisper
        self.only = only
        self.place = place
        self.url = ""

    def action(self, verb: Verb, params: Mapping[str, str]) -> Fetch:
        """What a verb asks for when it is done; without `action` the same document again."""
        return Fetch(verb.get("action") or self.url, params, verb.get("method", "POST"))

    def resolve(self, url: str) -> str:
        """A URL in the current document, made absolute; what is no URL stays as it is, for the wire to refuse."""
        try:
            return urljoin(self.url, url)
        except ValueError:
            return url

    def ask(self, fetch: Fetch) -> Ask:
        """A request for a document about this call."""
        params = {**self.call.parameters(), **fetch.params}
        return Ask("twiml", self.call.sid, self.resolve(fetch.url), params, fetch.method)

    async def ask_in_vain(self, fetch: Fetch) -> None:
        """Ask for a verb's action although the person has gone, as Twilio does; nobody is left to hear the answer."""
        gone = replace(fetch, params={**fetch.params, "CallStatus": "completed"})
        await self.exchange.wire.tell(self.ask(gone))

    def complain(self, code: int, message: str) -> None:
        """Note what Twilio's debugger would show."""
        self.exchange.log.error(self.call.sid, code, message, self.url)
