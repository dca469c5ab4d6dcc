"""<Enqueue>, <Leave> and <Dial><Queue>: a caller waits in a named queue until somebody who dials it takes the first.

While a caller waits, the wait URL is asked what they hear, and asked again when its document is over. What happens when
the one who dialled hangs up before the two are connected is not documented by Twilio: here the waiting ends in `error`.
"""

import asyncio
from collections.abc import Awaitable, Callable

from advice_line.exchange.handset import HungUp
from advice_line.exchange.line import EndOfCall, Fetch, Line
from advice_line.exchange.queues import Member
from advice_line.exchange.twiml import TwimlError, Verb

DEFAULT_TIMEOUT = 30
LONGEST_CALL = 4 * 3600
LONGEST_NAME = 64

WAITING_VERBS = frozenset({"Play", "Say", "Pause", "Gather", "Redirect", "Hangup", "Leave"})
CONNECTING_VERBS = frozenset({"Play", "Say", "Pause", "Redirect"})

Play = Callable[[Line, Fetch], Awaitable[str]]
"""Plays documents on a line, from one on, until they are over; says how they ended."""


async def play_enqueue(line: Line, verb: Verb, play: Play) -> Fetch | None:
    """Wait in the queue, be connected or leave it; then ask for the action, else go on with the next verb."""
    if not verb.text or len(verb.text) > LONGEST_NAME:
        raise TwimlError(12200, "<Enqueue> needs the name of a queue, of 64 characters at the most")
    queue = line.exchange.queues.named(verb.text)
    member = Member(line.call, queue, line.handset.seconds)
    queue.join(member)
    line.handset.in_queue = True
    waited = 0
    try:
        result = await _wait(line, verb, member, play)
        waited = member.seconds
        if result == "taken":
            result = await _meet(line, member, play)
    except (HungUp, EndOfCall):
        if verb.get("action"):
            hung_up = "bridged" if member.bridged else "hangup"
            await line.ask_in_vain(line.action(verb, _told(member, hung_up, waited or member.seconds)))
        raise
    finally:
        line.handset.in_queue = False
        queue.leave(member)
        member.finish()
    return line.action(verb, _told(member, result, waited)) if verb.get("action") else None


async def play_dequeue(line: Line, verb: Verb) -> Fetch | None:
    """<Dial> with a <Queue>: take the first in it and talk with them; then tell the action how it went."""
    told = {"DialCallStatus": "failed", "DialBridged": "false"}
    try:
        await _dequeue(line, verb, verb.children[0], told)
    except HungUp:
        if verb.get("action"):
            await line.ask_in_vain(line.action(verb, told))
        raise
    return line.action(verb, told) if verb.get("action") else None


async def _dequeue(line: Line, verb: Verb, noun: Verb, told: dict[str, str]) -> None:
    queue = line.exchange.queues.known(noun.text)
    if queue is None:
        return
    queue.dialling.append(line.handset)
    try:
        await line.handset.passes(verb.number("timeout", DEFAULT_TIMEOUT), lambda: bool(queue.members))
    finally:
        queue.dialling.remove(line.handset)
    if not queue.members:
        told["DialCallStatus"] = "no-answer"
        return
    member = queue.members.pop(0)
    member.taker, member.connecting = line.call, line.resolve(noun.get("url")) if noun.get("url") else ""
    await _take(line, verb, member, told)


async def play_leave(line: Line, _verb: Verb) -> Fetch | None:
    """<Leave>: out of the queue. Where nobody waits it means nothing."""
    if line.place is None:
        line.complain(12200, "<Leave> means nothing to a call that is in no queue")
        return None
    raise LeftQueue


class LeftQueue(EndOfCall):
    """The document took the caller out of the queue."""


def _told(member: Member, result: str, waited: int) -> dict[str, str]:
    return {"QueueResult": result, "QueueSid": member.queue.sid, "QueueTime": str(waited)}


async def _wait(line: Line, verb: Verb, member: Member, play: Play) -> str:
    """Play the wait URL again and again until the caller is taken (`taken`), or leaves (`leave`)."""
    music = asyncio.create_task(_keep_company(line, verb, member, play))
    taken = asyncio.create_task(member.taken.wait())
    try:
        await asyncio.wait({music, taken}, return_when=asyncio.FIRST_COMPLETED)
        if member.taker is not None:
            return "taken"
        return await music
    finally:
        for task in (music, taken):
            task.cancel()
        await asyncio.gather(music, taken, return_exceptions=True)


async def _keep_company(line: Line, verb: Verb, member: Member, play: Play) -> str:
    url = verb.get("waitUrl")
    if not url:
        await line.handset.passes(None)  # the network's own music
    place = Line(line.exchange, line.call, only=WAITING_VERBS, place=member)
    while True:
        fetch = Fetch(line.resolve(url), member.parameters(), verb.get("waitUrlMethod", "POST"), "waiting")
        ending = await play(place, fetch)
        if ending == "left":
            return "leave"
        if ending == "ended":
            raise EndOfCall
        if ending == "hung up":
            raise HungUp


async def _meet(line: Line, member: Member, play: Play) -> str:
    """Hear that they are about to be connected, then be connected until one of the two has had enough."""
    if member.connecting and member.taker is not None:
        told = {
            "QueueSid": member.queue.sid,
            "QueueTime": str(member.seconds),
            "DequeingCallSid": member.taker.sid,
        }
        connecting = Fetch(member.connecting, told, step="connecting")
        ending = await play(Line(line.exchange, line.call, only=CONNECTING_VERBS), connecting)
        if ending == "hung up":
            raise HungUp
    member.ready = True
    line.handset.stir()
    await line.handset.passes(None, lambda: member.over)
    return "bridged" if member.bridged else "error"


async def _take(line: Line, verb: Verb, member: Member, told: dict[str, str]) -> None:
    mine, theirs = line.handset, member.call.handset
    mine.neighbours.append(theirs)
    theirs.neighbours.append(mine)
    member.taken.set()
    started = mine.seconds
    told |= {"DialCallStatus": "completed", "DialCallSid": member.call.sid, "DialCallDuration": "0"}
    try:
        await mine.passes(None, lambda: member.ready or member.over)
        if member.ready and not member.over:
            started, member.bridged, told["DialBridged"] = mine.seconds, True, "true"
            for handset in (mine, theirs):
                handset.hears("(connected)", tone=True)
            await _talk(line, verb, member)
    finally:
        if member.bridged:
            theirs.seconds += mine.seconds - started
            told["DialCallDuration"] = str(int(mine.seconds - started))
        mine.neighbours.remove(theirs)
        theirs.neighbours.remove(mine)
        member.finish()


async def _talk(line: Line, verb: Verb, member: Member) -> None:
    """The telephone that was rung decides how long they talk, and who hangs up then."""
    behaviour, handset = line.exchange.phones.behaviour(line.call.to), line.handset
    limit = verb.number("timeLimit", LONGEST_CALL)
    if behaviour.answers == "person":
        await handset.passes(limit if handset.pace else None, lambda: member.over)
        return
    parted = await handset.passes(min(limit, behaviour.talks_seconds), lambda: member.over)
    if parted or behaviour.talks_seconds >= limit:
        return
    if behaviour.hangs_up == "other":
        member.call.handset.hang_up()
    else:
        handset.hang_up()
        raise HungUp
