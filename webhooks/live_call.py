"""The steps of a therapist on duty who is rung for the queue: they press 1, and have whoever is first in it.

A voicemail never presses 1. Whoever picks up hears nothing of the caller (domain rule R21), and the call shows the
line's own number (domain rule R16).
"""

from advice_line.lines.directory import Line
from webhooks import addresses, sentences, twiml
from webhooks.answer import Answer
from webhooks.callback_call import ACCEPT
from webhooks.context import WebhookContext
from webhooks.post import Post


async def answered(context: WebhookContext, post: Post) -> Answer:
    """The therapist, or their voicemail, picked up."""
    line = _ours(context, post)
    if line is None:
        return _goodbye(line, sentences.LIVE_NOT_TAKEN)
    action = addresses.offer_taken(post.offer, line.key)
    return Answer("offer", twiml.offer(line.voice, sentences.CALLER_WAITS, action))


async def pressed(context: WebhookContext, post: Post) -> Answer:
    """They pressed a key, or none."""
    line = _ours(context, post)
    if line is None or post.over or post.field("Digits") != ACCEPT:
        return _goodbye(line, sentences.LIVE_NOT_TAKEN)
    connected = addresses.offer_connected(post.offer, line.key)
    return Answer("dequeue", twiml.dequeue(line.key, connected, addresses.offer_done(post.offer, line.key)))


async def connected(context: WebhookContext, post: Post) -> Answer:
    """The first in the queue is about to be connected, and hears so."""
    line = _ours(context, post)
    return Answer("connect", twiml.say(line.voice if line else sentences.VOICE, (sentences.CONNECTING,)))


async def done(context: WebhookContext, post: Post) -> Answer:
    """The caller has gone, or nobody waited any more; the therapist is still there."""
    spoke = post.field("DialBridged") == "true" or post.field("DialCallStatus") == "completed"
    return _goodbye(_ours(context, post), sentences.WRITE_IT_DOWN if spoke else sentences.NOBODY_WAITS)


def _ours(context: WebhookContext, post: Post) -> Line | None:
    """The line that the address names. The door has looked whether the call is of that line's account."""
    return context.directory().lines.get(post.line) if post.offer else None


def _goodbye(line: Line | None, sentence: str) -> Answer:
    return Answer("goodbye", twiml.goodbye(line.voice if line else sentences.VOICE, (sentence,)))
