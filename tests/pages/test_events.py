"""The event stream: "changed" to open pages of that service, and to no others; an end when it should end."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import httpx
import pytest
from sqlalchemy import Engine, text

from advice_line import db
from advice_line.door import Door
from advice_line.pages.app import create_pages
from advice_line.pages.hints import Hints
from advice_line.staff import Person
from tests.pages.conftest import Visit
from tests.server import served


@pytest.fixture(autouse=True)
def _nobody_listens_yet(serving: Engine) -> None:
    """The watchers of the test before have been let go."""
    assert _wait_for(lambda: _who_listens(serving) is None)


@contextmanager
def listening(visit: Visit) -> Iterator[Iterator[str]]:
    """The lines of an open stream, from when it is known to listen."""
    with visit.client.stream("GET", "/events", timeout=60) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        yield lines


def test_a_change_of_ones_service_is_told(
    owner: Engine, serving: Engine, visit: Visit, sam: Person, service_id: int
) -> None:
    visit.sign_in()
    with listening(visit) as lines:
        _until_listened(serving)
        with db.transaction(serving, service_id) as session:
            db.notify(session, f"changed {service_id}")
        assert _next_event(lines) == "event: changed"


def test_a_change_is_told_to_the_watchers_of_its_service_alone(serving: Engine) -> None:
    async def watch() -> None:
        hints = Hints(serving)
        async with hints.watching(1) as one, hints.watching(2) as two:
            await asyncio.to_thread(_until_listened, serving)
            for what in ("event", "changed 2", "planning"):
                await asyncio.to_thread(_notify, serving, what)
            assert await two.changed(within=60)
            # Both are told in one go, so what was not told by now is not coming.
            assert not await one.changed(within=0.2)

    asyncio.run(watch())


def test_a_lost_connection_is_found_again_and_everybody_is_told_to_look(
    serving: Engine, visit: Visit, sam: Person, service_id: int
) -> None:
    visit.sign_in()
    with listening(visit) as lines:
        first = _until_listened(serving)
        with serving.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
        assert _next_event(lines) == "event: changed"
        _until_listened(serving, but=first)
        _notify(serving, f"changed {service_id}")
        assert _next_event(lines) == "event: changed"


def test_the_stream_ends_when_its_sign_in_does(
    owner: Engine, serving: Engine, visit: Visit, sam: Person, service_id: int
) -> None:
    visit.sign_in()
    with listening(visit) as lines:
        _until_listened(serving)
        with owner.begin() as connection:
            connection.execute(text("UPDATE sign_in SET ended_at = now()"))
        _notify(serving, f"changed {service_id}")
        assert not [line for line in lines if line.startswith("event:")]


def test_open_streams_do_not_keep_the_server_from_stopping(door: Door, sam: Person) -> None:
    app = create_pages(door)
    with served(app) as address, httpx.Client(base_url=address) as client:
        visit = Visit(client)
        visit.sign_in()
        with listening(visit) as lines:
            app.state.hints.close()
            assert not [line for line in lines if line.startswith("event:")]


def test_nobody_listens_when_nobody_watches(serving: Engine, visit: Visit, sam: Person) -> None:
    visit.sign_in()
    with listening(visit):
        _until_listened(serving)
    assert _wait_for(lambda: _who_listens(serving) is None)


def _next_event(lines: Iterator[str]) -> str:
    return next(line for line in lines if line.startswith("event:"))


def _notify(serving: Engine, what: str) -> None:
    with db.transaction(serving, None) as session:
        db.notify(session, what)


def _until_listened(serving: Engine, but: int | None = None) -> int:
    """Wait until the process's own connection listens (another than `but`); its process id in the database."""
    assert _wait_for(lambda: _who_listens(serving) not in (None, but))
    return _who_listens(serving) or 0


def _who_listens(serving: Engine) -> int | None:
    # Only its own role is shown what a connection last did.
    question = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
    with serving.connect() as connection:
        return connection.execute(question).scalar()


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = monotonic() + 60
    while monotonic() < deadline:
        if condition():
            return True
    return False
