"""The telephone door as an application.

`create_webhooks` is mounted under /webhooks by whoever has the parts; `create_app` brings its own, for a process that
serves nothing else. The door is asynchronous from end to end, one awaited statement for a post and no threads, so that
nothing slow elsewhere can delay a caller.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router

from advice_line import clock, db, log
from advice_line.errors import Misconfigured
from advice_line.lines.current import CurrentDirectory
from advice_line.live.current import CurrentLive
from advice_line.settings import Settings
from webhooks import database, self_test, sounds
from webhooks.attempts import DatabaseAttempts
from webhooks.context import WebhookContext
from webhooks.door import Door
from webhooks.refusal import Refusals
from webhooks.refusal_count import RefusalCount
from webhooks.self_test import SelfTest
from webhooks.signature import Guard
from webhooks.steps import STEPS
from webhooks.store import DatabaseEventStore


def create_webhooks(context: WebhookContext) -> Router:
    """The door's addresses, to be mounted under /webhooks. What it is given must be open while it serves."""
    guard = Guard(context.settings)
    refusals = Refusals(guard, context.settings.public_url)
    routes = [Route(step.path, Door(context, guard, refusals, step), methods=["POST"]) for step in STEPS]
    routes.append(Route(self_test.PATH, SelfTest(guard), methods=["POST"]))
    routes.append(sounds.route(context))
    # Never a redirect: the network would turn the POST into a GET and drop what it had to say.
    return Router(routes, redirect_slashes=False)


def create_app() -> Starlette:
    """An application of its own, from the environment's settings; for `uvicorn --factory`."""
    settings = Settings.load()
    log.configure(settings.log_format)
    return serving(settings, clock.now)


def serving(settings: Settings, now: Callable[[], datetime]) -> Starlette:
    """An application of its own, with its own connections and its own directory while it runs."""
    if settings.database_url is None:
        raise Misconfigured("DATABASE_URL is not set: start the product with `advice-line serve`, which finds it.")
    url = settings.database_url.get_secret_value()

    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:
        engine, pool = db.connect(url, pool_size=2), database.pool(url)
        directory, live = CurrentDirectory(engine), CurrentLive(engine, now)
        async with pool:
            store, attempts, refusals = DatabaseEventStore(pool), DatabaseAttempts(pool), RefusalCount(pool, now)
            context = WebhookContext(settings, directory, store, attempts, now, refusals.count, live)
            app.router.routes.append(Mount("/webhooks", create_webhooks(context)))
            yield
        live.close()
        directory.close()
        engine.dispose()

    return Starlette(lifespan=opened)
