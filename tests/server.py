"""An app on a real port, for as long as somebody likes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

IDLE = 600  # seconds; a client that comes back after another file of tests finds its connection open


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Gives the app's address. It answers until the end, and then has ten seconds to stop."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_keep_alive=IDLE, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"
