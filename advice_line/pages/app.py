"""Door 1 put together: the pages, each behind its guard, under one set of headers and error pages.

To add a page: write `pages/NOUN.py` with `pages = APIRouter()` and its routes, its templates in `templates/`, and name
it in PAGES; for the navigation add to `layout.PLACES`.
"""

from collections.abc import Sequence

import anyio
from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from advice_line.door import Door
from advice_line.pages import (
    account,
    admin,
    alerts,
    away,
    calendar,
    callbacks,
    caller_page,
    calling,
    details,
    drafts,
    duty,
    enquiries,
    events,
    held_times,
    home,
    interpreters,
    ledger,
    messages,
    my_sessions,
    named,
    outcome,
    pauses,
    plan,
    reports,
    rota,
    sign_in,
    swaps,
    unheard,
    week_ahead,
)
from advice_line.pages.door import is_secure
from advice_line.pages.errors import LastResort, add_error_pages
from advice_line.pages.guard import unguarded
from advice_line.pages.headers import Headers
from advice_line.pages.hints import Hints
from advice_line.pages.password_checks import AT_ONCE
from advice_line.pages.static_files import Static

PAGES: tuple[APIRouter, ...] = (
    home.pages,
    sign_in.pages,
    account.pages,
    unheard.pages,
    messages.pages,
    callbacks.pages,
    duty.pages,
    enquiries.pages,
    details.pages,
    alerts.pages,
    pauses.pages,
    held_times.pages,
    interpreters.pages,
    named.pages,
    plan.pages,
    calling.pages,
    outcome.pages,
    drafts.pages,
    rota.pages,
    away.pages,
    swaps.pages,
    week_ahead.pages,
    my_sessions.pages,
    calendar.pages,
    reports.pages,
    ledger.pages,
    admin.pages,
    events.pages,
    caller_page.pages,
)


def create_pages(door: Door, pages: Sequence[APIRouter] = PAGES) -> FastAPI:
    """The pages as one application, to be mounted at the root after everything else.

    Raises ValueError when a route does not declare who may use it, Misconfigured when the front end was not built.
    Before the server stops, call `app.state.hints.close()`: open event streams end then.
    """
    open_to_all = [route for router in pages for route in unguarded(router)]
    if open_to_all:
        raise ValueError(f"These routes do not say who may use them (see pages/guard.py): {', '.join(open_to_all)}")
    app = FastAPI(title="Advice Line", openapi_url=None, redirect_slashes=False)
    app.state.door = door
    app.state.static = Static()
    app.state.hints = Hints(door.engine)
    app.state.password_checks = anyio.Semaphore(AT_ONCE)
    # The first in the list is outermost: headers also go onto the page of the last resort.
    app.user_middleware = [
        Middleware(Headers, is_secure=is_secure(door)),
        Middleware(LastResort, pages=app),
    ]
    add_error_pages(app)
    app.mount("/static", app.state.static, name="static")
    for router in pages:
        app.include_router(router)
    return app
