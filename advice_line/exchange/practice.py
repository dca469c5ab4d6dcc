"""The practice routes: how a browser, the command line and tests ring, press, speak, listen and hang up.

State is told by long polling: give the `version` you know as `since`, and the answer comes when there is news.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from advice_line.exchange.call import Call
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.inbound import ring_in
from advice_line.exchange.orders import E164, FaultOrder, NewCall, PhoneOrder, Press, Refused, Speech
from advice_line.exchange.rest import exchange_of

LONGEST_POLL = 20.0

State = dict[str, object]
TheExchange = Annotated[Exchange, Depends(exchange_of)]


def call_of(sid: str, exchange: TheExchange) -> Call:
    """The call that a path names."""
    call = exchange.calls.get(sid)
    if call is None:
        raise Refused(404, "There is no such call. It may have been before the exchange was last started.")
    return call


TheCall = Annotated[Call, Depends(call_of)]

router = APIRouter(prefix="/practice")


@router.get("/health")
async def health(exchange: TheExchange) -> State:
    """Alive, and how much is going on."""
    return {"status": "ok", "calls": len(exchange.calls), "live": sum(not c.over for c in exchange.calls.values())}


@router.get("/lines")
async def lines(exchange: TheExchange) -> list[State]:
    """The lines that can be rung."""
    return [{"number": e164, "label": number.label} for e164, number in exchange.config.numbers.items()]


@router.get("/log")
async def log(exchange: TheExchange, event: str | None = None, call_sid: str | None = None) -> Response:
    """The exchange's log as JSON lines, oldest first, of one kind or of one call if asked."""
    entries = exchange.log.entries(event=event, call_sid=call_sid)
    return Response("".join(json.dumps(entry) + "\n" for entry in entries), media_type="application/x-ndjson")


@router.get("/faults")
async def faults(exchange: TheExchange) -> list[State]:
    """What is still to be done wrong on purpose."""
    return [fault.as_json() for fault in exchange.faults.waiting]


@router.post("/faults", status_code=201)
async def add_fault(order: FaultOrder, exchange: TheExchange) -> list[State]:
    """Do something wrong on purpose, from now on."""
    exchange.faults.add(order.fault())
    return await faults(exchange)


@router.delete("/faults", status_code=204)
async def clear_faults(exchange: TheExchange) -> None:
    """Do everything right, from now on."""
    exchange.faults.clear()


@router.post("/calls", status_code=201)
async def ring(request: Request, order: NewCall, exchange: TheExchange) -> State:
    """Ring a line. A scripted call is waited for unless `wait` is false."""
    incoming = await order.incoming()
    call = ring_in(exchange, incoming, str(request.base_url).rstrip("/"))
    while order.scripted and order.wait and not call.settled and not exchange.closing:
        await call.handset.bell.wait(LONGEST_POLL)
    return state(call)


@router.get("/calls/{sid}")
async def look(call: TheCall, exchange: TheExchange, since: int = -1) -> State:
    """What has been heard and what the call waits for; with `since`, as soon as there is news."""
    bell = call.handset.bell
    if bell.rung <= since and not call.settled and not exchange.closing:
        await bell.wait(LONGEST_POLL)
    return state(call)


@router.post("/calls/{sid}/press")
async def press(call: TheCall, order: Press) -> State:
    """Press keys. What nobody listens for is lost, and the transcript says so."""
    call.handset.press(order.digits)
    return state(call)


@router.post("/calls/{sid}/speak")
async def say(call: TheCall, order: Speech) -> State:
    """Say something after the tone; answers when it has been said."""
    sound = await order.sound()
    if sound is not None:
        await call.handset.speak(sound, order.words(sound))
    if order.then_press:
        call.handset.press(order.then_press)
    if order.then_hang_up:
        call.handset.hang_up()
    return state(call)


@router.post("/calls/{sid}/keep-silent")
async def keep_silent(call: TheCall) -> State:
    """Do nothing until the line loses patience."""
    call.handset.keep_silent()
    return state(call)


@router.post("/calls/{sid}/hang-up")
async def hang_up(call: TheCall) -> State:
    """Put the phone down."""
    call.handset.hang_up()
    return state(call)


@router.post("/calls/{sid}/answer")
async def answer(call: TheCall, exchange: TheExchange) -> State:
    """Pick up a telephone that waits for a person."""
    ringing = exchange.phones.ring_of(call)
    if ringing is None or call.status != "ringing":
        raise Refused(409, "That telephone is not ringing any more.")
    if exchange.phones.behaviour(call.to).answers != "person":
        raise Refused(409, "That telephone answers by itself. Set its answers to person first.")
    ringing.picked_up = True
    call.handset.stir()
    return state(call)


@router.get("/phones/{number}")
async def show_phone(number: E164, exchange: TheExchange) -> State:
    """How a practice telephone behaves."""
    return exchange.phones.behaviour(number).as_json()


@router.put("/phones/{number}")
async def set_phone(number: E164, order: PhoneOrder, exchange: TheExchange) -> State:
    """Tell a practice telephone how to behave when it rings."""
    exchange.phones.set(number, order.behaviour())
    return exchange.phones.behaviour(number).as_json()


@router.get("/phones/{number}/rings")
async def rings(number: E164, exchange: TheExchange, since: int = -1) -> list[State]:
    """What has rung a number; with `since`, as soon as there are more than so many."""
    while len(exchange.phones.rings(number)) <= since and not exchange.closing:
        rung = exchange.bell.rung
        await exchange.bell.wait(LONGEST_POLL)
        if exchange.bell.rung == rung:
            break
    return [each.as_json() for each in exchange.phones.rings(number)]


def state(call: Call) -> State:
    """A call as its driver sees it."""
    handset = call.handset
    return {
        "sid": call.sid,
        "status": call.status,
        "direction": call.direction,
        "from": call.from_,
        "to": call.to,
        "waiting_for": handset.waiting_for,
        "heard": handset.heard,
        "steps": [step.as_json() for step in handset.steps],
        "resting": handset.resting,
        "settled": call.settled,
        "version": handset.bell.rung,
    }


async def refused(_request: Request, error: Exception) -> JSONResponse:
    """One sentence that says what to do."""
    assert isinstance(error, Refused)  # noqa: S101 - the type under which it is registered
    return JSONResponse({"error": error.sentence}, error.status)


async def misread(_request: Request, error: Exception) -> JSONResponse:
    """The same for an order that has the wrong shape."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the type under which it is registered
    faults = (f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors())
    return JSONResponse({"error": "Please correct this and try again. " + "; ".join(faults)}, 422)
