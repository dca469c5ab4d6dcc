"""The steps of a caller who waits on a live line: what they hear, the keys 1 and 2, and where they go from the queue.

The queue is the network's, which says with every request how long somebody has waited and at which place. Why a caller
left is worked out from what is true when they do, so that nothing has to be remembered between two requests.
"""

from datetime import timedelta

from advice_line.clock import london_date, start_of_day
from advice_line.lines.menu import QueueNode
from advice_line.telephone import numbers
from webhooks import addresses, sentences, twiml, voice
from webhooks.answer import Answer
from webhooks.context import WebhookContext
from webhooks.post import Post
from webhooks.twiml import Sayings
from webhooks.walk import Walk

RING_BACK, MESSAGE = "1", "2"
CONNECTED = frozenset({"bridged", "bridging-in-process"})


async def waits(context: WebhookContext, post: Post) -> Answer:
    """What a waiting caller hears, for about half a minute."""
    walk, node = _place(context, post)
    if post.over or walk is None or node is None or not walk.live.on_duty or _too_long(post, node):
        return Answer(f"leave {post.node}", twiml.leave())
    return _company(walk, post, ())


async def pressed(context: WebhookContext, post: Post) -> Answer:
    """A waiting caller pressed a key."""
    walk, node = _place(context, post)
    digits = post.field("Digits")
    if post.over or walk is None or node is None or digits == MESSAGE:
        return Answer(f"leave {post.node}", twiml.leave())
    if digits == RING_BACK and _can_be_rung_back(walk, post):
        kept = twiml.goodbye(walk.line.voice, (sentences.PLACE_KEPT,))
        # A promise that we could not write down must not be made: then the caller is led to the recorder.
        return Answer(f"keep_place {post.node}", kept, if_lost=twiml.leave())
    return _company(walk, post, (sentences.NOT_RECOGNISED,))


async def left(context: WebhookContext, post: Post) -> Answer:
    """The caller left the queue: hung up, connected and the talk is over, or on the way to something else."""
    walk, node = _place(context, post)
    if walk is None or node is None:
        return voice.apologise(context, post)
    result = post.field("QueueResult")
    if post.over or result == "hangup":
        return walk.goodbye()
    if result in CONNECTED:
        return walk.goodbye(sentences.THANK_YOU)
    if result != "leave" or _too_long(post, node):
        return walk.go(node.if_full)
    return walk.go(node.message if walk.live.on_duty else node.if_nobody)


def _place(context: WebhookContext, post: Post) -> tuple[Walk | None, QueueNode | None]:
    line = context.directory().lines.get(post.line)
    if line is None:
        return None, None
    walk = Walk(line, post.count("n") + 1, context.settings.public_url, context.now(), context.live(line.key))
    node = line.menu.nodes.get(post.node)
    return walk, node if isinstance(node, QueueNode) else None


def _company(walk: Walk, post: Post, first: Sayings) -> Answer:
    """Their place, what they may do, and then quiet."""
    position, seconds = _number(post, "QueuePosition"), _number(post, "QueueTime")
    place = (sentences.place(position),) if position else ()
    comfort = () if seconds else (sentences.NO_MUSIC,)
    keep = (sentences.KEEP_PLACE,) if _can_be_rung_back(walk, post) else ()
    action = addresses.waiting_keys(walk.line.key, post.node, walk.step - 1)
    said = (*first, *place, *comfort, *keep, sentences.MESSAGE_INSTEAD)
    return Answer(f"wait {post.node}", twiml.wait(walk.line.voice, said, action))


def _can_be_rung_back(walk: Walk, post: Post) -> bool:
    """Whether the promise can be kept: there is a number of their own, and time is left for it today."""
    shown = numbers.shown(post.field("From"))
    if shown is None or shown in walk.line.service.configuration.switchboard_numbers or not numbers.can_be_rung(shown):
        return False
    tomorrow = start_of_day(london_date(walk.now) + timedelta(days=1))
    needed = timedelta(minutes=walk.line.service.configuration.capacity.talk_minutes)
    return walk.line.callback_hours.working_between(walk.now, tomorrow) >= needed


def _too_long(post: Post, node: QueueNode) -> bool:
    return _number(post, "QueueTime") >= node.longest_seconds


def _number(post: Post, name: str) -> int:
    value = post.field(name)
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 6 else 0
