"""The line: what every verb works with while it plays - the call, the person's handset, and the document in hand."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from advice_line.exchange.call import Call
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.queues import Member
from advice_line.exchange.twiml import Verb
from advice_line.exchange.wire import Ask

STEPS = {"Gather": "keys", "Record": "recorded", "Dial": "transferred", "Enqueue": "left"}
"""What the log and the faults call the request for a verb's action."""


class EndOfCall(Exception):
    """The document said that the call is over, or that it goes on elsewhere."""


def _nothing() -> None:
    return


@dataclass(frozen=True)
class Fetch:
    """The next document to ask for, and the step of the call at which it is. The URL may be relative to the document
    that named it; `afterwards` is called once the product has answered, well or badly."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    step: str = "document"
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
        step = STEPS.get(verb.name, "document")
        return Fetch(verb.get("action") or self.url, params, verb.get("method", "POST"), step)

    def resolve(self, url: str) -> str:
        """A URL in the current document, made absolute; what is no URL stays as it is, for the wire to refuse."""
        try:
            return urljoin(self.url, url)
        except ValueError:
            return url

    def ask(self, fetch: Fetch) -> Ask:
        """A request for a document about this call."""
        params = {**self.call.parameters(), **fetch.params}
        return Ask(fetch.step, self.call.sid, self.resolve(fetch.url), params, fetch.method)

    async def ask_in_vain(self, fetch: Fetch) -> None:
        """Ask for a verb's action although the person has gone, as Twilio does; nobody is left to hear the answer."""
        gone = replace(fetch, params={**fetch.params, "CallStatus": "completed"})
        await asyncio.wait([self.exchange.tell(self.call, self.ask(gone))])

    def complain(self, code: int, message: str) -> None:
        """Note what Twilio's debugger would show."""
        self.exchange.log.error(self.call.sid, code, message, self.url)
