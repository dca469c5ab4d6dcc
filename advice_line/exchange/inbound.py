"""Incoming calls: somebody rings one of the account's numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from advice_line.exchange.call import Call, Watcher
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.faults import Fault
from advice_line.exchange.handset import Handset
from advice_line.exchange.interpreter import Interpreter
from advice_line.exchange.line import Fetch, Line
from advice_line.exchange.script import Script, follow

WITHHELD = "anonymous"
"""What Twilio sends as `From` when the caller hides their number."""


@dataclass(frozen=True)
class IncomingCall:
    """Who rings which line. Without a script a person drives the call; `hang_up_after` is in seconds of the line.
    `faults` are done to this call alone."""

    to: str
    from_: str
    script: Script | None = None
    forwarded_from: str = ""
    hang_up_after: float | None = None
    unhurried: bool = False
    faults: Sequence[Fault] = ()


def ring_in(exchange: Exchange, incoming: IncomingCall, api_base: str) -> Call:
    """Start a call to a line; it goes on by itself."""
    handset = Handset(exchange.config.pace, unhurried=incoming.unhurried, patience=incoming.hang_up_after)
    from_ = WITHHELD if incoming.from_ == "withheld" else incoming.from_
    call = exchange.new_call("inbound", from_, incoming.to, api_base, handset)
    exchange.faults.add(*(replace(fault, call_sid=call.sid) for fault in incoming.faults))
    number = exchange.config.number(incoming.to)
    call.forwarded_from, call.fallback_url = incoming.forwarded_from, number.voice_fallback_url
    if number.status_callback:
        call.watchers.append(Watcher(number.status_callback))
    exchange.spawn(call, _run(exchange, call, number.voice_url))
    if incoming.script is not None:
        exchange.spawn(call, follow(incoming.script, handset))
    return call


async def _run(exchange: Exchange, call: Call, voice_url: str) -> None:
    exchange.move(call, "ringing")
    if not voice_url:
        # A number without a voice URL is out of service: the call fails and Twilio tells nobody.
        call.watchers.clear()
        exchange.move(call, "failed")
        return
    ending = await Interpreter(Line(exchange, call)).run(Fetch(voice_url, step="voice"))
    if ending != "hung up":
        exchange.move(call, "in-progress")
    exchange.move(call, "completed" if call.answered_at else "no-answer")
