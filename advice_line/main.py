"""The web process put together: settings, database, pages, API, the telephone's door, and what operations ask.

Started by `advice-line serve`. `create_app` serves everything; `create_web` and `create_telephone` are its halves, each
for a machine of its own. Nothing else but the command line knows all the parts.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from advice_line import clock, db, log
from advice_line.api.app import create_api
from advice_line.door import Door
from advice_line.errors import Misconfigured
from advice_line.gauges import Gauges
from advice_line.lines.current import CurrentDirectory
from advice_line.live.current import CurrentLive
from advice_line.pages.app import create_pages
from advice_line.readiness import readiness
from advice_line.settings import Settings
from advice_line.vault import Vault
from webhooks import database
from webhooks.app import create_webhooks, serving
from webhooks.attempts import DatabaseAttempts
from webhooks.context import WebhookContext
from webhooks.refusal_count import RefusalCount
from webhooks.store import DatabaseEventStore

notes = structlog.get_logger()


def create_app() -> FastAPI:
    """Everything on one port."""
    return build(Settings.load(), with_webhooks=True)


def create_web() -> FastAPI:
    """Pages, API and operations, without the telephone's door."""
    return build(Settings.load(), with_webhooks=False)


def create_telephone() -> FastAPI:
    """The telephone's door and operations, without pages and API."""
    settings = Settings.load()
    log.configure(settings.log_format)
    engine, door = db.connect(_database_url(settings), pool_size=2), serving(settings, clock.now)

    @asynccontextmanager
    async def open_door(_app: FastAPI) -> AsyncIterator[None]:
        async with door.router.lifespan_context(door):
            yield
        engine.dispose()

    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=open_door)
    _add_operations(app, engine)
    app.mount("/", door)
    return app


def build(settings: Settings, *, with_webhooks: bool, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The web process of these settings. `now` is the clock of its doors."""
    log.configure(settings.log_format)
    settings.secret("secret_key")
    url = _database_url(settings)
    engine, reports = db.connect(url), _reports_engine(settings, url)
    directory, calls = CurrentDirectory(engine), database.pool(url)
    door = Door(settings, engine, reports, directory, Vault.of(settings), now)
    pages = create_pages(door)
    closing = [directory.close, engine.dispose, reports.dispose]

    @asynccontextmanager
    async def open_parts(_app: FastAPI) -> AsyncIterator[None]:
        if with_webhooks:
            await calls.open()
        yield
        pages.state.hints.close()
        await calls.close()
        for close in closing:
            close()

    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=open_parts)
    _add_operations(app, engine)
    if with_webhooks:
        live = app.state.live = CurrentLive(engine, now)
        closing.insert(0, live.close)
        app.mount("/webhooks", create_webhooks(_telephone_parts(settings, directory, calls, live, now)))
    app.mount("/api", create_api(door))
    app.mount("/", pages)
    return app


def _telephone_parts(
    settings: Settings, directory: CurrentDirectory, pool: database.Pool, live: CurrentLive, now: Callable[[], datetime]
) -> WebhookContext:
    store, attempts, refusals = DatabaseEventStore(pool), DatabaseAttempts(pool), RefusalCount(pool, now)
    return WebhookContext(settings, directory, store, attempts, now, refusals.count, live)


def _reports_engine(settings: Settings, url: str) -> Engine:
    """Connections for reports alone, to the replica where there is one."""
    replica = settings.database_reports_url
    return db.connect(replica.get_secret_value() if replica else url, pool_size=4)


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise Misconfigured("DATABASE_URL is not set: start the product with `advice-line serve`, which finds it.")
    return settings.database_url.get_secret_value()


def _add_operations(app: FastAPI, engine: Engine) -> None:
    @app.get("/healthz")
    async def live() -> Response:
        return PlainTextResponse("The process lives.\n")

    @app.get("/readyz")
    def ready() -> Response:
        try:
            state = readiness(engine, clock.now())
        except SQLAlchemyError as error:
            notes.warning("not_ready", problem=type(error).__name__)
            return JSONResponse({"ready": False, "database": False}, 503)
        return JSONResponse(state.as_figures(), 200 if state.ready else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        try:
            state = readiness(engine, clock.now())
        except SQLAlchemyError as error:
            notes.warning("metrics_without_database", problem=type(error).__name__)
            state = None  # what this process itself has counted is told all the same
        waiting = CollectorRegistry()
        waiting.register(Gauges(state))
        return Response(generate_latest(REGISTRY) + generate_latest(waiting), media_type=CONTENT_TYPE_LATEST)
