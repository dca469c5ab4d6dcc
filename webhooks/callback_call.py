"""The steps of a call of ours: a therapist is rung, accepts with 1, and is connected with the caller.

A voicemail never presses 1. Whoever picks up hears the reference and nothing else: never the caller's name or number
(domain rule R21). Neither side sees the other's number: both see the line's (domain rule R16).
"""

import structlog

from advice_line.lines.directory import Line
from advice_line.lines.numbers import may_be_rung
from webhooks import addresses, sentences, twiml
from webhooks.answer import Answer
from webhooks.context import Bridge, WebhookContext
from webhooks.post import Post

ACCEPT = "1"

log = structlog.get_logger()


async def answered(context: WebhookContext, post: Post) -> Answer:
    """The therapist, or their voicemail, picked up."""
    line, bridge = await _bridge(context, post)
    if line is None or bridge is None:
        return _goodbye(line, sentences.CANNOT_CONNECT)
    action = addresses.accepted(post.attempt, line.key)
    return Answer("offer", twiml.offer(line.voice, sentences.ready(bridge.reference), action))


async def pressed(context: WebhookContext, post: Post) -> Answer:
    """They pressed a key, or none."""
    if post.field("Digits") != ACCEPT or post.over:
        return _goodbye(_line(context, post), sentences.NOT_ACCEPTED)
    line, bridge = await _bridge(context, post)
    if line is None or bridge is None:
        return _goodbye(line, sentences.CANNOT_CONNECT)
    action = addresses.done(post.attempt, line.key)
    status = addresses.caller_status(context.settings.public_url, post.attempt, line.key)
    return Answer("bridge", twiml.bridge(bridge.caller_number, line.number, action, status))


async def done(context: WebhookContext, post: Post) -> Answer:
    """The caller's leg is over, and the therapist is still there."""
    return _goodbye(_line(context, post), sentences.WRITE_IT_DOWN)


async def _bridge(context: WebhookContext, post: Post) -> tuple[Line | None, Bridge | None]:
    line = _line(context, post)
    if line is None or not post.attempt:
        return line, None
    try:
        bridge = await context.attempts.bridge(line.service.id, post.attempt)
    except Exception:
        log.exception("attempt_not_read", attempt_id=post.attempt)
        return line, None
    if bridge is not None and not may_be_rung(bridge.caller_number):
        log.error("attempt_not_ordinary_number", attempt_id=post.attempt)
        return line, None
    return line, bridge


def _line(context: WebhookContext, post: Post) -> Line | None:
    return context.directory().lines.get(post.line)


def _goodbye(line: Line | None, sentence: str) -> Answer:
    return Answer("goodbye", twiml.goodbye(line.voice if line else sentences.VOICE, (sentence,)))
