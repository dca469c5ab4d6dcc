"""The door: how every post is answered, whatever it says.

Read, check the signature, decide from memory, keep, answer: in this order. What is kept is durable before the network
hears from us, and nothing that goes wrong here may leave a caller with silence or an error message.
"""

from dataclasses import replace
from time import perf_counter

import structlog
from starlette.types import Receive, Scope, Send

from webhooks import metrics, ownership, voice
from webhooks.answer import Answer
from webhooks.context import WebhookContext
from webhooks.event import Event
from webhooks.post import Post, TooLong
from webhooks.refusal import Refusals
from webhooks.signature import HEADER, Guard
from webhooks.steps import Step, Take

log = structlog.get_logger()


class Door:
    """The ASGI application of one address."""

    def __init__(self, context: WebhookContext, guard: Guard, refusals: Refusals, step: Step) -> None:
        self._context, self._guard, self._refusals, self._step = context, guard, refusals, step

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        status, document, result = await self._answer(scope, receive)
        headers = [(b"content-length", b"%d" % len(document))] if status != 204 else []
        if document:
            headers.append((b"content-type", b"text/xml; charset=utf-8"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": document})
        metrics.count(self._step.kind, result, perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes, str]:
        try:
            post = await Post.read(scope, receive)
        except TooLong:
            return 413, b"", "too_long"
        signature = next((value for name, value in scope["headers"] if name == HEADER), None)
        if not self._guard.accepts(post.target, post.pairs, signature):
            self._refusals.note(self._step.kind, scope["headers"], post, signature)
            self._context.refused()
            return 403, b"", "refused"
        if not self._is_from_its_owner(post):
            return 403, b"", "refused"
        return await (self._hear(post) if self._step.take is None else self._go_on(post, self._step.take))

    async def _hear(self, post: Post) -> tuple[int, bytes, str]:
        """Keep what nobody listens to the answer of."""
        if not await self._keep(post, ""):
            return 503, b"", "lost"
        return 200 if self._step.document else 204, self._step.document, "kept"

    async def _go_on(self, post: Post, take: Take) -> tuple[int, bytes, str]:
        """Decide how the call goes on, and keep what was told and answered."""
        answer = await self._decide(post, take)
        if await self._keep(post, answer.said):
            return 200, answer.document, "kept"
        if answer.if_lost is not None:
            return 200, answer.if_lost, "lost"
        # Each further key would make the caller wait as long again, and the recorder needs no database.
        calm = voice.apologise(self._context, post) if answer.asks_for_a_key else answer
        return 200, calm.document, "lost"

    def _is_from_its_owner(self, post: Post) -> bool:
        line = ownership.line_of(self._context.directory(), post)
        if line is None or ownership.is_owner(self._context.settings.accounts, line, post):
            return True
        log.warning("webhook_of_another_account", kind=self._step.kind, line=line.key)
        return False

    async def _decide(self, post: Post, take: Take) -> Answer:
        try:
            return await take(self._context, post)
        except Exception:
            log.exception("webhook_failed", kind=self._step.kind)
            return voice.apologise(self._context, post)

    async def _keep(self, post: Post, said: str) -> bool:
        """Keep the event. False, and a loud word in the log, when the database did not take it in time."""
        event = Event.of(post, self._step.kind, self._step.key(post), said, self._context.now())
        if ownership.line_of(self._context.directory(), post) is None:
            event = replace(event, accounts=ownership.names_of(self._context.settings.accounts, post))
        try:
            await self._context.store.keep(event)
        except Exception as error:
            # No traceback: the database's own words may quote what was posted.
            log.error("event_not_kept", kind=event.kind, call_sid=event.call_sid, problem=type(error).__name__)  # noqa: TRY400
            return False
        return True
