"""The API as one app, mounted under /api."""

from fastapi import FastAPI

from advice_line.api import audio, calling, enquiries, figures, plan, problems
from advice_line.api.body import Limited
from advice_line.door import Door


def create_api(door: Door) -> FastAPI:
    """The door for programs; its description is at /api/openapi.json."""
    app = FastAPI(
        title="Advice Line",
        version="1",
        description="Enquiries, callbacks, referrals and figures of a children's therapy advice line.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Limited)
    app.state.door = door
    problems.install(app)
    for part in (enquiries, calling, plan, figures, audio):
        app.include_router(part.router, responses=problems.DESCRIBED)
    return app
