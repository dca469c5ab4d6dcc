"""The door while its database stands still, is away, or cannot be heard: every caller is answered in good time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import Engine, make_url, text
from starlette.applications import Starlette
from starlette.routing import Mount

from advice_line import embedded
from advice_line.embedded.place import PORT
from tests.factories import a_service
from tests.webhooks.network import a_form, signature
from webhooks import sentences
from webhooks.app import create_webhooks
from webhooks.attempts import DatabaseAttempts
from webhooks.context import WebhookContext
from webhooks.database import PATIENCE, pool
from webhooks.store import DatabaseEventStore

NETWORK_WAITS = 15.0  # seconds: the network's own limit for one answer
VOICE, STATUS, ANSWERED = (
    "/webhooks/voice",
    "/webhooks/call-status",
    "/webhooks/attempts/7/answered?line=herts_advice_line",
)


class Wire:
    """The wire to the database. `cut` stops every byte on it, in both directions, and closes nothing."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        """The port at this end."""
        server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            self.mend()
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _joined(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        far_in, far_out = await asyncio.open_unix_connection(self._socket)
        for source, sink in ((near_in, far_out), (far_in, near_out)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(65_536):
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()
        finally:
            sink.close()


@dataclass
class Caller:
    """Posts to a door as the network does, and looks at the clock."""

    http: httpx.AsyncClient
    wire: Wire
    posted: int = 0

    async def posts(self, target: str) -> tuple[int, str, float]:
        """Status, document, and how many seconds the answer took."""
        self.posted += 1
        form = a_form(CallSid=f"CA{self.posted:032x}")
        headers = {"X-Twilio-Signature": signature(target, form)}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.monotonic()
        answer = await self.http.post(target, content=urlencode(form), headers=headers, timeout=60)
        return answer.status_code, answer.text, time.monotonic() - started


Doing = Callable[[Caller], Awaitable[None]]


@pytest.fixture
def at_the_door(
    cluster: embedded.Server, database: str, owner: Engine, context: WebhookContext
) -> Callable[[Doing], None]:
    """Do something at a door whose database is real and lies at the other end of a wire."""
    a_service(owner, context.now())
    url = make_url(cluster.url_for("serving", database))

    async def done(doing: Doing) -> None:
        wire = Wire(Path(str(url.query["host"])) / f".s.PGSQL.{url.port or url.query.get('port', PORT)}")
        async with wire.laid() as port:
            near = url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
            async with pool(near) as connections:
                parts = replace(context, store=DatabaseEventStore(connections), attempts=DatabaseAttempts(connections))
                app = Starlette(routes=[Mount("/webhooks", create_webhooks(parts))])
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
                    await doing(Caller(http, wire))
                wire.mend()

    return lambda doing: asyncio.run(done(doing))


def kept(owner: Engine) -> int:
    with owner.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM provider_event")) or 0


async def troubled(caller: Caller) -> None:
    """What a caller, the network and a therapist get while the database cannot do its part."""
    voice, status, answered = await asyncio.gather(*(caller.posts(path) for path in (VOICE, STATUS, ANSWERED)))
    assert (voice[0], status[0], answered[0]) == (200, 503, 200)
    assert sentences.SOMETHING_WRONG in voice[1]
    assert "<Record" in voice[1]
    assert sentences.CANNOT_CONNECT in answered[1]
    assert max(voice[2], status[2]) < PATIENCE + 2
    assert answered[2] < 2 * PATIENCE + 2 < NETWORK_WAITS


def test_a_database_that_stands_still_keeps_nobody_waiting(at_the_door: Callable[[Doing], None], owner: Engine) -> None:
    async def doing(caller: Caller) -> None:
        assert (await caller.posts(VOICE))[0] == 200
        with owner.begin() as rival:
            rival.execute(text("LOCK TABLE provider_event, attempt"))
            await troubled(caller)
        assert (await caller.posts(STATUS))[0] == 204

    at_the_door(doing)


def test_a_database_that_is_not_heard_any_more_keeps_nobody_waiting(
    at_the_door: Callable[[Doing], None], owner: Engine
) -> None:
    async def doing(caller: Caller) -> None:
        assert (await caller.posts(VOICE))[0] == 200
        caller.wire.cut()
        await troubled(caller)
        caller.wire.mend()
        async with asyncio.timeout(60):
            while (await caller.posts(STATUS))[0] != 204:
                continue

    at_the_door(doing)
    assert kept(owner) >= 2


def test_two_hundred_callers_at_once_are_answered_while_the_database_is_not_heard(
    at_the_door: Callable[[Doing], None],
) -> None:
    async def doing(caller: Caller) -> None:
        caller.wire.cut()
        answers = await asyncio.gather(*(caller.posts(VOICE) for _ in range(200)))
        assert {status for status, _, _ in answers} == {200}
        assert all("<Record" in document for _, document, _ in answers)
        assert max(seconds for _, _, seconds in answers) < NETWORK_WAITS - 5

    at_the_door(doing)
