"""The store on a real database: one row for each event, whatever happens beside it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import Engine, Row, create_engine, text

from advice_line import embedded
from tests.factories import a_service
from tests.webhooks.network import CALL_SID, HERTS
from webhooks.database import PATIENCE, conninfo, pool
from webhooks.event import Event
from webhooks.notice import PAUSE
from webhooks.store import MOST_TOGETHER, MOST_WAITING, WRITERS, DatabaseEventStore, NotKept

BREAK_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'advice-line webhooks'"
)
T = TypeVar("T")
Using = Callable[[DatabaseEventStore], Awaitable[T]]


@pytest.fixture
def url(cluster: embedded.Server, database: str, owner: Engine, now: datetime) -> str:
    """The serving role's address of a database with the Hertfordshire service."""
    a_service(owner, now)
    return cluster.url_for("serving", database)


def with_store(url: str, use: Using[T]) -> T:
    """Use a store that is open for as long."""

    async def used() -> T:
        async with pool(url) as connections:
            return await use(DatabaseEventStore(connections))

    return asyncio.run(used())


def an_event(now: datetime, nth: int = 1, **changes: str) -> Event:
    """The event of a call to Hertfordshire."""
    sid = f"CA{nth:032x}"
    usual = {
        "key": f"{sid}/call",
        "kind": "call",
        "call_sid": sid,
        "line": "",
        "number": HERTS,
        "path": "/webhooks/voice",
        "body": "From=&To=",
        "answer": "menu root",
    }
    return Event(**{**usual, **changes}, at=now)


def rows(owner: Engine) -> list[Row[tuple[object, ...]]]:
    """Everything that was kept."""
    with owner.connect() as connection:
        return list(connection.execute(text("SELECT * FROM provider_event ORDER BY id")))


def test_an_event_is_kept_whole(url: str, owner: Engine, now: datetime) -> None:
    event = an_event(now, body="From=%2B44&Odd='\"\\%s;—é\n", answer="record herts_advice")
    assert with_store(url, lambda store: store.keep(event)) is True
    (row,) = rows(owner)
    assert (row.key, row.kind, row.call_sid, row.path) == (event.key, "call", event.call_sid, "/webhooks/voice")
    assert (row.body, row.answer, row.received_at) == (event.body, "record herts_advice", now)
    assert (row.service_id, row.line_key, row.applied_at) == (1, "herts_advice_line", None)


def test_an_event_is_kept_once(url: str, owner: Engine, now: datetime) -> None:
    async def twice(store: DatabaseEventStore) -> list[bool]:
        return [await store.keep(an_event(now)), await store.keep(an_event(now))]

    assert with_store(url, twice) == [True, False]
    assert len(rows(owner)) == 1


def test_six_of_the_same_at_once_leave_one_row(url: str, owner: Engine, now: datetime) -> None:
    async def together(store: DatabaseEventStore) -> list[bool]:
        return await asyncio.gather(*(store.keep(an_event(now)) for _ in range(6)))

    assert sorted(with_store(url, together)) == [False] * 5 + [True]
    assert len(rows(owner)) == 1


def test_two_processes_told_the_same_in_another_order_never_wait_for_each_other(
    url: str, owner: Engine, now: datetime
) -> None:
    async def told(store: DatabaseEventStore, order: range) -> int:
        return sum(await asyncio.gather(*(store.keep(an_event(now, nth)) for nth in order)))

    async def both() -> tuple[int, int]:
        async with pool(url) as one, pool(url) as other:
            stores = DatabaseEventStore(one), DatabaseEventStore(other)
            return await asyncio.gather(told(stores[0], range(400)), told(stores[1], range(399, -1, -1)))

    assert sum(asyncio.run(both())) == len(rows(owner)) == 400


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"line": "herts_advice_line", "number": "+441632960999"}, "herts_advice_line"),
        ({"line": "gone"}, "herts_advice_line"),
        ({"line": "", "number": "+441632960999"}, None),
        ({"line": "", "number": "", "call_sid": ""}, None),
    ],
)
def test_whose_event_it_is(url: str, owner: Engine, now: datetime, changes: dict[str, str], line: str | None) -> None:
    with_store(url, lambda store: store.keep(an_event(now, 1, **changes)))
    (row,) = rows(owner)
    assert (row.service_id, row.line_key) == (1 if line else None, line)


def test_an_event_that_names_no_line_belongs_to_that_of_its_call(url: str, owner: Engine, now: datetime) -> None:
    async def told(store: DatabaseEventStore) -> None:
        await store.keep(an_event(now, call_sid=CALL_SID))
        await store.keep(an_event(now, 2, call_sid=CALL_SID, number=""))

    with_store(url, told)
    assert [row.line_key for row in rows(owner)] == ["herts_advice_line"] * 2


@pytest.mark.parametrize(
    ("accounts", "line"),
    [
        ("", "herts_advice_line"),
        ("default", "herts_advice_line"),
        ("eput,default", "herts_advice_line"),
        ("eput", None),
    ],
)
@pytest.mark.parametrize("told", [{"number": ""}, {"call_sid": ""}, {"line": "herts_advice_line"}])
def test_an_event_belongs_to_no_service_of_another_account(
    url: str, owner: Engine, now: datetime, accounts: str, line: str | None, told: dict[str, str]
) -> None:
    async def tell(store: DatabaseEventStore) -> None:
        await store.keep(an_event(now, call_sid=CALL_SID))
        await store.keep(an_event(now, 2, **{"call_sid": CALL_SID, "accounts": accounts, **told}))

    with_store(url, tell)
    row = rows(owner)[1]
    assert (row.service_id, row.line_key) == (1 if line else None, line)


def test_one_event_that_cannot_be_kept_takes_no_other_with_it(url: str, owner: Engine, now: datetime) -> None:
    async def together(store: DatabaseEventStore) -> list[object]:
        bad = an_event(now, 3, body="\x00")
        events = [bad if nth == 3 else an_event(now, nth) for nth in range(20)]
        return await asyncio.gather(*map(store.keep, events), return_exceptions=True)

    results = with_store(url, together)
    assert [nth for nth, result in enumerate(results) if result is not True] == [3]
    assert isinstance(results[3], NotKept)
    assert len(rows(owner)) == 19


def test_a_database_that_does_not_answer_is_given_up_in_time(url: str, owner: Engine, now: datetime) -> None:
    async def crowd(store: DatabaseEventStore) -> list[object]:
        with owner.begin() as rival:
            rival.execute(text("LOCK TABLE provider_event"))
            too_many = MOST_WAITING + WRITERS * MOST_TOGETHER + 100
            keeping = asyncio.gather(
                *(store.keep(an_event(now, nth)) for nth in range(too_many)), return_exceptions=True
            )
            async with asyncio.timeout(20 * PATIENCE):
                results = await keeping
        await store.keep(an_event(now, too_many))
        return list(results)

    results = with_store(url, crowd)
    assert {type(result) for result in results} == {NotKept, TimeoutError}
    assert an_event(now, len(results)).key in {row.key for row in rows(owner)}


def test_connections_that_broke_meanwhile_cost_no_event(
    cluster: embedded.Server, database: str, url: str, owner: Engine, now: datetime
) -> None:
    async def interrupted(store: DatabaseEventStore) -> list[bool]:
        first = await store.keep(an_event(now))
        admin = create_engine(cluster.url_for("admin", database))
        with admin.connect() as connection:
            connection.execute(text(BREAK_ALL))
        admin.dispose()
        return [first, await store.keep(an_event(now, 2))]

    assert with_store(url, interrupted) == [True, True]
    assert len(rows(owner)) == 2


def test_a_database_that_is_not_there_is_given_up_in_time(now: datetime) -> None:
    async def keep() -> None:
        async with pool("postgresql://nobody@127.0.0.1:1/nothing") as connections:
            await DatabaseEventStore(connections).keep(an_event(now))

    with pytest.raises((NotKept, TimeoutError)):
        asyncio.run(keep())


def test_the_scheduler_is_woken_at_once_and_not_for_every_event(url: str, now: datetime) -> None:
    async def listened(store: DatabaseEventStore) -> tuple[list[str], float]:
        async with await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True) as listener:
            await listener.execute("LISTEN advice_line")
            started = time.monotonic()
            for nth in range(100):
                await store.keep(an_event(now, nth))
            seconds = time.monotonic() - started
            return [notice.payload async for notice in listener.notifies(timeout=0.5)], seconds

    notices, seconds = with_store(url, listened)
    assert set(notices) == {"event"}
    assert len(notices) <= seconds / PAUSE + 2
