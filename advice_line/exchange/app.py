"""The application: the practice exchange as one FastAPI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from advice_line.exchange import page, practice, rest, texting
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.misbehaviour import LostAnswers
from advice_line.exchange.orders import LARGEST_AUDIO, Refused
from advice_line.exchange.rest_error import RestError

LARGEST_BODY = LARGEST_AUDIO + 100_000


def create_app(config: ExchangeConfig) -> FastAPI:
    """An exchange with nothing going on yet. Its calls end when the app stops."""
    app = FastAPI(
        title="Practice exchange",
        lifespan=_while_open,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=LARGEST_BODY,
    )
    app.state.config = config
    app.add_middleware(LostAnswers)
    app.include_router(rest.router)
    app.include_router(practice.router)
    app.include_router(texting.rest)
    app.include_router(texting.practice)
    app.include_router(page.router)
    app.mount("/practice-phone/static", page.static)
    app.add_exception_handler(RestError, _twilio_error)
    app.add_exception_handler(Refused, practice.refused)
    app.add_exception_handler(RequestValidationError, practice.misread)
    return app


@asynccontextmanager
async def _while_open(app: FastAPI) -> AsyncIterator[None]:
    exchange = Exchange(app.state.config)
    app.state.exchange = exchange
    try:
        yield
    finally:
        await exchange.close()


async def _twilio_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RestError)  # noqa: S101 - the type under which it is registered
    return error.response()
