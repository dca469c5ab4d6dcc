"""The body of a request: how much of it we take. A program that sends more gets a problem like any other."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from advice_line.api.problems import problem

LARGEST = 64 * 1024
TOO_LARGE = f"Send at most {LARGEST:,} bytes at a time."


class Limited:
    """Refuses a body that says it is too large before it is read, and one that turns out to be while it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and _declared(scope) > LARGEST:
            await problem(413, "Too large", TOO_LARGE)(scope, receive, send)
            return
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self._app(scope, receive_some, send)


def _declared(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0
