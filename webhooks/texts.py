"""Texts at the telephone door: they are kept as they come, each once, and decide nothing here.

A text of ours is told of several times under one id: so what was told belongs to the key.
"""

from webhooks.event import key_of, sid
from webhooks.post import Post


def received(post: Post) -> str:
    """The key of a text that somebody wrote to a line."""
    return key_of(_message(post), "text")


def status(post: Post) -> str:
    """The key of one thing told of a text of ours."""
    state = post.field("MessageStatus") or post.field("SmsStatus")
    return key_of(_message(post), "status", state, post.field("ErrorCode"))


def _message(post: Post) -> str:
    return sid(post, "MessageSid") or sid(post, "SmsSid")
