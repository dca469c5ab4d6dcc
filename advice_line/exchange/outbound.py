"""Outbound calls: the product asks for one over REST, and follows it with a document of its own."""

from dataclasses import dataclass

from advice_line.exchange.call import Call, Watcher
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.interpreter import Interpreter
from advice_line.exchange.line import Fetch, Line
from advice_line.exchange.ringing import handset_for, ring

DEFAULT_TIMEOUT = 60


@dataclass(frozen=True)
class OutgoingCall:
    """What `POST Calls.json` asked for. `timeout` is how long to ring, `time_limit` how long to talk, in seconds."""

    to: str
    from_: str
    url: str
    method: str = "POST"
    fallback_url: str = ""
    watcher: Watcher | None = None
    timeout: int = DEFAULT_TIMEOUT
    time_limit: int | None = None


def place_call(exchange: Exchange, outgoing: OutgoingCall, api_base: str) -> Call:
    """Queue a call; it goes on by itself."""
    handset = handset_for(exchange, outgoing.to)
    call = exchange.new_call("outbound-api", outgoing.from_, outgoing.to, api_base, handset)
    call.fallback_url = outgoing.fallback_url
    if outgoing.watcher:
        call.watchers.append(outgoing.watcher)
    exchange.spawn(call, _run(exchange, call, outgoing))
    return call


async def _run(exchange: Exchange, call: Call, outgoing: OutgoingCall) -> None:
    if not await ring(exchange, call, outgoing.timeout):
        return
    if outgoing.time_limit is not None:
        call.handset.patience = outgoing.time_limit
    await Interpreter(Line(exchange, call)).run(Fetch(outgoing.url, method=outgoing.method, step="voice"))
    exchange.move(call, "completed")
