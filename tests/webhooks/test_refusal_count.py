"""Posts with a wrong signature are counted in memory, and written down in one row for many."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from advice_line import embedded
from tests.webhooks.conftest import network_of
from webhooks.context import WebhookContext
from webhooks.database import pool
from webhooks.refusal_count import RefusalCount

WITHIN = 60.0


@pytest.fixture
def url(cluster: embedded.Server, database: str) -> str:
    return cluster.url_for("serving", database)


def rows(owner: Engine) -> list[int]:
    with owner.connect() as connection:
        return list(connection.scalars(text("SELECT count FROM refused_post ORDER BY id")))


def with_refusals(url: str, now: datetime, use: Callable[[RefusalCount], Awaitable[None]]) -> None:
    async def used() -> None:
        async with pool(url) as connections:
            await use(RefusalCount(connections, lambda: now, pause=0.05))

    asyncio.run(used())


async def until(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not come():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_many_refusals_are_one_row(url: str, owner: Engine, now: datetime) -> None:
    async def many(refusals: RefusalCount) -> None:
        for _ in range(1000):
            refusals.count()
        await until(lambda: rows(owner) == [1000])
        refusals.count()
        await until(lambda: rows(owner) == [1000, 1])

    with_refusals(url, now, many)


def test_what_could_not_be_written_is_written_later(url: str, owner: Engine, now: datetime) -> None:
    async def away(refusals: RefusalCount) -> None:
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE refused_post RENAME TO away"))
        with capture_logs() as logs:
            refusals.count()
            await until(lambda: any(one["event"] == "refusals_not_written" for one in logs))
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO refused_post"))
        await until(lambda: rows(owner) == [1])

    with_refusals(url, now, away)


def test_the_door_counts_what_it_refuses_and_nothing_else(context: WebhookContext) -> None:
    counted: list[bool] = []
    with network_of(replace(context, refused=lambda: counted.append(True))) as network:
        for signed in (None, "wrong"):
            assert network.sends("/webhooks/voice", "CallSid=CA1", signed).status_code == 403
        assert network.posts("/webhooks/voice").status_code == 200
    assert len(counted) == 2
