"""Events: a stream that says "changed" to a page that is being looked at; the page then fetches its lists again.

Pages work without it: lists are also fetched once a minute, and by every press of reload.
"""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from advice_line.pages.guard import Staff
from advice_line.pages.hints import Hints
from advice_line.pages.visitor import visitor

pages = APIRouter()

CHECKED_EVERY = 60.0  # seconds after which a stream makes sure that its sign-in still holds
APART = 1.0  # seconds between two hints, so that a busy minute does not fetch a list a hundred times
TRY_AGAIN = 3_000  # milliseconds after which a browser that lost the stream asks for it again


@pages.get("/events", response_class=EventSourceResponse)
async def listen(request: Request, who: Staff) -> AsyncIterator[ServerSentEvent]:
    hints: Hints = request.app.state.hints
    async with hints.watching(who.service_id) as watcher:
        yield ServerSentEvent(comment="listening", retry=TRY_AGAIN)
        while True:
            changed = await watcher.changed(CHECKED_EVERY)
            if hints.closed or not await run_in_threadpool(_still_here, request, who.service_id):
                return
            if changed:
                yield ServerSentEvent(event="changed", raw_data="1")
                await asyncio.sleep(APART)


def _still_here(request: Request, service_id: int) -> bool:
    now_here = visitor(request)
    return now_here is not None and now_here.membership is not None and now_here.service_id == service_id
