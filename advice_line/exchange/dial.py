"""<Dial>: somebody else is rung, and the two are connected until one of them has had enough."""

import re
from collections.abc import Awaitable, Callable, Iterable

from advice_line.exchange.call import Call, Watcher
from advice_line.exchange.enqueue import play_dequeue
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.handset import HungUp
from advice_line.exchange.line import Fetch, Line
from advice_line.exchange.ringing import handset_for, ring
from advice_line.exchange.twiml import TwimlError, Verb

DEFAULT_TIMEOUT = 30
LONGEST_CALL = 4 * 3600

E164 = re.compile(r"\+[1-9]\d{6,14}")

Whisper = Callable[[Exchange, Call, Fetch], Awaitable[bool]]


async def play_dial(line: Line, verb: Verb, whisper: Whisper) -> Fetch | None:
    """Ring, connect, and tell the action how it went; without an action go on with the next verb."""
    if line.whisper:
        raise TwimlError(13201, "Cannot <Dial> from the document of a <Number>")
    if any(noun.name == "Queue" for noun in verb.children):
        return await play_dequeue(line, verb)
    dialling = Dialling(line, verb, whisper)
    try:
        await dialling.run()
    except HungUp:
        if verb.get("action"):
            await line.ask_in_vain(line.action(verb, dialling.result()))
        raise
    return line.action(verb, dialling.result()) if verb.get("action") else None


class Dialling:
    """One <Dial> on its way: the legs that ring, and what became of the one that answered."""

    def __init__(self, line: Line, verb: Verb, whisper: Whisper) -> None:
        self._line = line
        self._verb = verb
        self._whisper = whisper
        self._legs: list[Call] = []
        self._ready: set[Call] = set()
        self._bridged = False

    async def run(self) -> None:
        """From the first ring to the end of the talk. Raises HungUp when the one who dialled puts the phone down."""
        handset = self._line.handset
        self._legs = [self._ring(number) for number in self._numbers()]
        if not self._legs:
            return
        handset.hears("(ringing)", tone=True)
        try:
            await handset.passes(None, lambda: bool(self._answered) or all(leg.over for leg in self._legs))
            answered = self._answered
            self._close(leg for leg in self._legs if leg is not answered)
            if answered:
                await self._connect(answered)
        finally:
            self._close(self._legs)

    def result(self) -> dict[str, str]:
        """What the action is told."""
        bridged = {"DialBridged": "true" if self._bridged else "false"}
        leg = self._answered or next(reversed(self._legs), None)
        if leg is None:
            return bridged | {"DialCallStatus": "failed"}
        return bridged | {
            "DialCallStatus": leg.status,
            "DialCallSid": leg.sid,
            "DialCallDuration": str(leg.seconds if leg.answered_at else 0),
        }

    @property
    def _answered(self) -> Call | None:
        return next((leg for leg in self._legs if leg.answered_at), None)

    @property
    def _caller_id(self) -> str:
        return self._verb.get("callerId") or self._line.call.from_

    def _numbers(self) -> list[Verb]:
        """Whom to ring: none when the caller ID may not be shown, and nobody whose number cannot be rung."""
        call, given = self._line.call, self._verb.get("callerId")
        if given and given not in (call.from_, call.to) and not self._line.exchange.config.owns(given):
            self._line.complain(13214, "callerId is neither of this call nor a number of the account")
            return []
        numbers = list(self._verb.children) or [Verb("Number", text=self._verb.text)]
        return [number for number in numbers if self._can_be_rung(number.text)]

    def _can_be_rung(self, number: str) -> bool:
        if E164.fullmatch(number):
            return True
        code = 13224 if number.startswith("0") else 13223
        self._line.complain(code, "The number to dial is not in E.164 form")
        return False

    def _ring(self, number: Verb) -> Call:
        exchange, parent = self._line.exchange, self._line.call
        handset = handset_for(exchange, number.text)
        leg = exchange.new_call("outbound-dial", self._caller_id, number.text, parent.api_base, handset)
        leg.parent = parent
        handset.neighbours.append(parent.handset)
        if number.get("statusCallback"):
            leg.watchers.append(
                Watcher(
                    self._line.resolve(number.get("statusCallback")),
                    frozenset(number.get("statusCallbackEvent", "completed").split()),
                    number.get("statusCallbackMethod", "POST"),
                )
            )
        exchange.spawn(leg, self._bring(leg, number))
        return leg

    async def _bring(self, leg: Call, number: Verb) -> None:
        """Ring one leg; once answered let it hear its whisper, and it is ready to be connected."""
        if not await ring(self._line.exchange, leg, self._verb.number("timeout", DEFAULT_TIMEOUT)):
            return
        if number.get("url"):
            fetch = Fetch(self._line.resolve(number.get("url")), {}, number.get("method", "POST"))
            if not await self._whisper(self._line.exchange, leg, fetch):
                self._line.exchange.move(leg, "completed")
                return
        self._ready.add(leg)
        leg.handset.stir()

    async def _connect(self, leg: Call) -> None:
        await self._line.handset.passes(None, lambda: leg in self._ready or leg.over)
        if leg in self._ready:
            await self._talk(leg)

    async def _talk(self, leg: Call) -> None:
        """The two are connected until one hangs up, or the limit is reached."""
        exchange, parent = self._line.exchange, self._line.call
        exchange.move(parent, "in-progress")  # answerOnBridge: picked up only now
        self._bridged = True
        parent.handset.neighbours.append(leg.handset)
        for handset in (parent.handset, leg.handset):
            handset.hears("(connected)", tone=True)
        started = parent.handset.seconds
        try:
            await self._conversation(leg)
        finally:
            parent.handset.neighbours.remove(leg.handset)
            leg.handset.seconds += parent.handset.seconds - started

    async def _conversation(self, leg: Call) -> None:
        behaviour = self._line.exchange.phones.behaviour(leg.to)
        limit = self._verb.number("timeLimit", LONGEST_CALL)
        handset = self._line.handset
        if behaviour.answers == "person":
            await handset.passes(limit if handset.pace else None, lambda: leg.handset.gone)
            return
        hung_up = await handset.passes(min(limit, behaviour.talks_seconds), lambda: leg.handset.gone)
        if not hung_up and behaviour.talks_seconds < limit and behaviour.hangs_up == "other":
            handset.hang_up()
            raise HungUp

    def _close(self, legs: Iterable[Call]) -> None:
        for leg in legs:
            self._line.exchange.move(leg, "completed" if leg.answered_at else "no-answer")
