"""The rival of the webhook benchmark: a bare FastAPI endpoint that inserts one row with asyncpg, and checks nothing."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request, Response


def create_app() -> FastAPI:
    """For `uvicorn --factory`; `BARE_DATABASE_URL` names the database."""

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["BARE_DATABASE_URL"], min_size=10, max_size=10) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=opened)

    @app.post("/bare")
    async def insert(request: Request) -> Response:
        body = (await request.body()).decode()
        async with request.app.state.pool.acquire() as connection:
            await connection.execute("INSERT INTO bare_event (body) VALUES ($1)", body)
        return Response("<Response/>", media_type="text/xml")

    return app
