"""Ringing: a practice telephone rings, and does what its number was told to do."""

from advice_line.exchange.call import Call
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.handset import Handset, HungUp
from advice_line.exchange.phones import Behaviour, Ring
from advice_line.exchange.script import Script, follow

RING_BUFFER = 5
"""Seconds that Twilio adds to every time-out of ringing."""
VOICEMAIL_SECONDS = 60.0


def handset_for(exchange: Exchange, number: str) -> Handset:
    """The handset of a practice telephone."""
    answers = exchange.phones.behaviour(number).answers
    patience = VOICEMAIL_SECONDS if answers == "voicemail" else None
    return Handset(exchange.config.pace, unhurried=answers == "person", patience=patience)


async def ring(exchange: Exchange, call: Call, seconds: int) -> bool:
    """Ring the telephone that a call goes to: True when it was answered, else the call is in its last state."""
    behaviour = exchange.phones.behaviour(call.to)
    bell = exchange.phones.ring(call)
    try:
        exchange.move(call, "initiated")
        if behaviour.answers in ("busy", "fail"):
            exchange.move(call, "busy" if behaviour.answers == "busy" else "failed")
            return False
        exchange.move(call, "ringing")
        answered = await _answers(call, bell, behaviour, seconds + RING_BUFFER)
    except HungUp:
        # Cancelled by the product, given up by the one who dialled, or declined by the person.
        exchange.move(call, "busy")
        return False
    exchange.move(call, "in-progress" if answered else "no-answer")
    if answered and behaviour.answers != "person":
        keys = "" if behaviour.answers == "voicemail" else behaviour.presses
        exchange.spawn(call, follow(Script(keys=keys, stays=True), call.handset))
    return answered


async def _answers(call: Call, bell: Ring, behaviour: Behaviour, longest: int) -> bool:
    handset = call.handset
    match behaviour.answers:
        case "person":
            seconds = None if handset.pace == 0 else longest
            return await handset.passes(seconds, lambda: bell.picked_up)
        case "no":
            await handset.passes(longest)
            return False
        case _:
            await handset.passes(min(longest, behaviour.answer_after_seconds))
            return behaviour.answer_after_seconds < longest
