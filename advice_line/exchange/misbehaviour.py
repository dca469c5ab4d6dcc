"""Misbehaviour: how the REST interface answers when a fault says that it is slow, busy or broken."""

import asyncio
import math

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from advice_line.exchange.exchange import Exchange
from advice_line.exchange.rest_error import RestError, not_found

ERROR_PAGE = (
    "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse><RestException><Status>404</Status></RestException>"
)


async def misbehave(exchange: Exchange, request: Request) -> None:
    """Be slow, busy or broken where a fault says so, or mark the answer as one to lose."""
    name = request.path_params.get("name") or request.path_params.get("sid", "")
    recording = exchange.recordings.get(name.partition(".")[0])
    call_sid = recording.call.sid if recording else request.query_params.get("CallSid", name)
    step = "deletion" if request.method == "DELETE" else "media" if _asks_for_sound(request) else "rest"
    fault = exchange.faults.take(step, call_sid, "slow", "busy", "error", "unanswered")
    if fault is None:
        return
    if fault.does == "unanswered":
        request.state.unanswered = True
        return
    if fault.does == "busy":
        raise RestError(429, 20429, "Too Many Requests", retry_after=math.ceil(fault.seconds))
    if fault.does == "error":
        raise RestError(500, 20500, "Internal Server Error")
    await asyncio.sleep(fault.seconds)


class LostAnswers:
    """Breaks the connection after the head of an answer that is to be lost."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            if message["type"] != "http.response.body" or "unanswered" not in state:
                await send(message)

        await self.app(scope, receive, sending)


def sound(media: bytes, deed: str, path: str) -> Response:
    """The sound, or what a fault puts in its place."""
    match deed:
        case "missing":
            raise not_found(path)
        case "truncated":
            return Response(media[: len(media) // 2], media_type="audio/x-wav")
        case "page":
            return Response(ERROR_PAGE, media_type="application/xml")
        case "wrong_type":
            return Response(media, media_type="text/plain")
        case _:
            return Response(media, media_type="audio/x-wav")


def _asks_for_sound(request: Request) -> bool:
    return "name" in request.path_params and not request.path_params["name"].endswith(".json")
