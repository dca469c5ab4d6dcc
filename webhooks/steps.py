"""The steps: every address of the door, what its events are called, and by which natural key each is known again.

The network may tell the same thing twice, and things of one call in any order: a key says what was told, never when.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from webhooks import callback_call, live_call, queue, texts, twiml, voice
from webhooks.answer import Answer
from webhooks.context import WebhookContext
from webhooks.event import key_of, sid
from webhooks.post import Post

Key = Callable[[Post], str]
Take = Callable[[WebhookContext, Post], Awaitable[Answer]]


@dataclass(frozen=True)
class Step:
    """What one address is for: the kind of its events, their natural key, and how it decides on an answer.

    Without `take` it hears what needs no decision: the answer is always `document`, and what was not kept is asked for
    again.
    """

    path: str
    kind: str
    key: Key
    take: Take | None = None
    document: bytes = b""


def _of_call(what: str, *fields: str) -> Key:
    """The key of something told about a call, where the fields tell one telling from the next."""
    return lambda post: key_of(sid(post, "CallSid"), what, *[post.field(name) for name in fields])


def _of_step(what: str) -> Key:
    """The key of a numbered step of a call."""
    return lambda post: key_of(sid(post, "CallSid"), what, post.count("n"))


def _of_recorder(post: Post) -> str:
    return key_of(sid(post, "CallSid"), "recorded", sid(post, "RecordingSid") or post.count("n"))


def _of_recording(post: Post) -> str:
    return key_of(sid(post, "RecordingSid"), post.field("RecordingStatus"))


def _of_attempt(path: str, field: str, take: Take | None = None) -> Step:
    kind = "attempt_" + path.replace("-", "_")
    return Step(f"/attempts/{{attempt}}/{path}", kind, _of_call(kind, field, "SequenceNumber"), take)


def _of_offer(path: str, field: str, take: Take | None = None) -> Step:
    return Step(f"/offers/{{offer}}/{path}", f"offer_{path}", _of_call(f"offer_{path}", field, "SequenceNumber"), take)


STEPS = (
    Step("/voice", "call", _of_call("call"), voice.begun),
    Step("/voice/fallback", "fallback", _of_call("fallback", "ErrorCode"), voice.fallen_back),
    Step("/voice/{line}/{node}", "keys", _of_step("keys"), voice.pressed),
    Step("/voice/{line}/{node}/recorded", "recorded", _of_recorder, voice.recorded),
    Step("/voice/{line}/{node}/skipped", "skipped", _of_step("skipped"), voice.skipped),
    Step("/voice/{line}/{node}/silent", "silent", _of_step("silent"), voice.silent),
    Step("/voice/{line}/{node}/more", "more", _of_step("more"), voice.more),
    Step("/voice/{line}/{node}/number", "number", _of_step("number"), voice.number),
    Step("/voice/{line}/{node}/transferred", "transferred", _of_step("transferred"), voice.transferred),
    Step("/voice/{line}/{node}/waiting", "waiting", _of_call("waiting", "QueueTime"), queue.waits),
    Step("/voice/{line}/{node}/waiting/keys", "waiting_keys", _of_call("waiting_keys", "Digits"), queue.pressed),
    Step("/voice/{line}/{node}/left", "left_queue", _of_call("left_queue", "QueueResult"), queue.left),
    Step("/call-status", "status", _of_call("status", "CallStatus", "SequenceNumber")),
    Step("/recording-status", "recording", _of_recording),
    Step("/sms", "text", texts.received, document=twiml.NO_REPLY),
    Step("/message-status", "text_status", texts.status),
    _of_attempt("answered", "CallStatus", callback_call.answered),
    _of_attempt("keys", "Digits", callback_call.pressed),
    _of_attempt("done", "DialCallStatus", callback_call.done),
    _of_attempt("status", "CallStatus"),
    _of_attempt("caller-status", "CallStatus"),
    _of_offer("answered", "CallStatus", live_call.answered),
    _of_offer("keys", "Digits", live_call.pressed),
    _of_offer("connected", "QueueSid", live_call.connected),
    _of_offer("done", "DialCallStatus", live_call.done),
    _of_offer("status", "CallStatus"),
)
