"""Running an exchange: for good, as a process of its own, or for the length of a `with` block beside something else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from advice_line.exchange.app import create_app
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.exchange import Exchange

GRACE_SECONDS = 3
START_SECONDS = 20


def serve(config: ExchangeConfig, host: str, port: int) -> None:
    """Run until a signal stops it."""
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal once more after it has stopped in good order
        _Server(create_app(config), host, port).run()


@contextmanager
def running(config: ExchangeConfig, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Run in a thread; gives its base URL. Port 0 takes a free one."""
    server = _Server(create_app(config), host, port)
    with socket.create_server((host, port)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="practice-exchange")
        thread.start()
        try:
            if not server.up.wait(START_SECONDS):
                raise RuntimeError("The practice exchange did not start. Its error is above.")
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.stop()
            thread.join()


class _Server(uvicorn.Server):
    """Uvicorn, that lets go of long polls before it waits for requests to end."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
            )
        )
        self._app = app
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        exchange = self._app.state.exchange
        if isinstance(exchange, Exchange):
            exchange.wake()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """From another thread: as a signal would."""
        self.should_exit = True
