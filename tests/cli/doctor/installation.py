"""An installation for the doctor to look at: its settings, a real door behind a proxy, the practice exchange."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from advice_line import clock
from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.run import running
from advice_line.lines.directory import Directory
from advice_line.settings import Settings
from advice_line.telephone.calling import TRY_AGAIN
from tests.scene import Stage
from tests.webhooks.conftest import KnownAttempts, ListStore, a_directory
from webhooks.app import create_webhooks
from webhooks.context import WebhookContext

SID, TOKEN = "AC" + "5" * 32, "the-token-of-the-account"
BASIS = {
    "TWILIO_ACCOUNT_SID": SID,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "SECRET_KEY": "s" * 32,
    "RECORDINGS_KEY": "r" * 32,
    "TWILIO_EDGE": "dublin",
    "TWILIO_REGION": "ie1",
}
HERTS = "+441923470680"
Mangle = Callable[[Scope], dict[str, Any]]
Told = list[tuple[bool, str]]
BASE = "https://a.example"


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """An application on a free port, as `http://…`."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Proxy:
    """A web server in front of the product: it changes what it passes on, or leads elsewhere."""

    def __init__(self, mangle: Mangle) -> None:
        self.app: ASGIApp | None = None
        self.location = ""
        self.status = 0
        self._mangle = mangle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if self.app is not None and not self.status:
            await self.app({**scope, **self._mangle(scope)}, receive, send)
            return
        headers = [(b"location", self.location.encode())] if self.location else []
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def as_it_came(_scope: Scope) -> dict[str, Any]:
    return {}


def settings(home: Path, url: str, **more: str) -> Settings:
    """The operator's settings."""
    return Settings.load({**BASIS, "PUBLIC_URL": url, "ADVICE_LINE_HOME": str(home), **more})


@contextmanager
def door(home: Path, proxy: Proxy, **more: str) -> Iterator[Settings]:
    """The telephone door behind a proxy; yields the operator's settings. `more` are those of the door alone."""
    with served(proxy) as url:
        theirs = settings(home, more.pop("PUBLIC_URL", url), **more)
        context = WebhookContext(theirs, a_directory, ListStore(), KnownAttempts(), clock.now)
        proxy.app = Starlette(routes=[Mount("/webhooks", create_webhooks(context))])
        yield settings(home, url)


def said(found: Iterable[object]) -> Told:
    return [(str(one).startswith("✓"), str(one)[2:]) for one in found]


def faults(found: Iterable[object]) -> list[str]:
    return [sentence for is_well, sentence in said(found) if not is_well]


@contextmanager
def exchange(home: Path, numbers: dict[str, NumberConfig]) -> Iterator[str]:
    config = ExchangeConfig(
        "http://product.example", SID, TOKEN, home / "x", numbers=numbers, api_keys={"SK1": "the-secret"}, pace=0
    )
    with running(config) as url:
        yield url


def right(base: str) -> NumberConfig:
    """A number that is set up as it should be."""
    hooks = f"{base}/webhooks"
    status, texts = f"{hooks}/call-status{TRY_AGAIN}", f"{hooks}/sms{TRY_AGAIN}"
    return NumberConfig(f"{hooks}/voice", "https://pages.example/herts.xml", status, sms_url=texts)


def directory_of(stage: Stage) -> Directory:
    return a_directory(stage.scene.herts.configuration)
