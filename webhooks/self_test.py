"""The self-test: an address of the door that only says whether a signature is right. `advice-line doctor` posts to it.

Nothing is kept, logged or done: the doctor is at hand, and its wrong tries must not hide a real one. It says no more
than every other address does: 204 to whoever holds a token, else 403, so that what a proxy does to signed addresses
shows before a caller meets it.
"""

from starlette.types import Receive, Scope, Send

from webhooks.post import Post, TooLong
from webhooks.signature import HEADER, Guard

PATH = "/self-test"


class SelfTest:
    """The ASGI application of this address."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send({"type": "http.response.start", "status": await self._status(scope, receive), "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: Scope, receive: Receive) -> int:
        try:
            post = await Post.read(scope, receive)
        except TooLong:
            return 413
        signature = next((value for name, value in scope["headers"] if name == HEADER), None)
        return 204 if self._guard.accepts(post.target, post.pairs, signature) else 403
