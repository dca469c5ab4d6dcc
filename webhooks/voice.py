"""The steps of a call to a line: what each address answers, from memory alone.

Nothing here asks the database, and nothing a caller or the network says can raise: what is unknown starts the line's
menu afresh, or hears an apology.
"""

from advice_line.lines.directory import Line
from advice_line.lines.menu import MenuNode, TransferNode, VoicemailNode
from webhooks import sentences, twiml
from webhooks.answer import Answer
from webhooks.context import WebhookContext
from webhooks.post import Post
from webhooks.walk import FIRST, SECOND, Walk

TAKEN = frozenset({"completed", "answered"})  # of a transfer: somebody spoke with the caller
ENDED_BY_CALLER = frozenset({"#", "hangup"})


async def begun(context: WebhookContext, post: Post) -> Answer:
    """A call reaches one of our numbers."""
    walk = _walk(context, post)
    return walk.begin() if walk else _goodbye(sentences.NOT_IN_USE)


async def pressed(context: WebhookContext, post: Post) -> Answer:
    """A key was pressed in a menu, or none in time."""
    walk = _walk(context, post)
    if post.over or walk is None:
        return _ended(walk)
    node = walk.line.menu.nodes.get(post.node)
    if isinstance(node, MenuNode):
        return walk.press(post.node, node, post.field("Digits"), post.count("r"))
    return walk.begin()


async def recorded(context: WebhookContext, post: Post) -> Answer:
    """The recorder stopped: by a key, by silence, by its limit, or because the caller hung up."""
    walk = _walk(context, post)
    if post.over or walk is None:
        return _ended(walk)
    node = walk.line.menu.nodes.get(post.node)
    if not isinstance(node, VoicemailNode):
        return walk.goodbye(sentences.THANK_YOU)
    if post.count("part") <= FIRST and _cut_off(post, walk.line):
        return walk.record(post.node, node, (sentences.NEARLY_FULL,), SECOND)
    return walk.goodbye(node.closing)


async def transferred(context: WebhookContext, post: Post) -> Answer:
    """A transfer is over: somebody spoke with the caller, or nobody could."""
    walk = _walk(context, post)
    if post.over or walk is None or post.field("DialCallStatus") in TAKEN:
        return _ended(walk)
    node = walk.line.menu.nodes.get(post.node)
    return walk.go(node.if_no_answer) if isinstance(node, TransferNode) else walk.begin()


async def fallen_back(context: WebhookContext, post: Post) -> Answer:
    """The network could not use what we answered, and asks here what to do with the caller."""
    return apologise(context, post)


def apologise(context: WebhookContext, post: Post) -> Answer:
    """Whatever went wrong: a calm sentence with the emergency numbers, and the recorder where the line is known."""
    walk = _walk(context, post)
    if post.over:
        return _ended(walk)
    if walk is None:
        return _goodbye(sentences.SOMETHING_WRONG, sentences.CALL_LATER)
    return walk.rescue((sentences.SOMETHING_WRONG,))


def _walk(context: WebhookContext, post: Post) -> Walk | None:
    """The caller's walk on the line that the address names, else on the one that was called; None when neither is."""
    directory = context.directory()
    line = directory.lines.get(post.line) or directory.line_by_number(post.field("To"))
    if line is None:
        return None
    return Walk(line, post.count("n") + 1, context.settings.public_url, context.now(), context.live(line.key))


def _ended(walk: Walk | None) -> Answer:
    return walk.goodbye() if walk else _goodbye()


def _goodbye(*sayings: str) -> Answer:
    return Answer("goodbye", twiml.goodbye(sentences.VOICE, sayings))


def _cut_off(post: Post, line: Line) -> bool:
    """Whether the limit ended the recording, in the middle of what the caller said."""
    seconds = post.field("RecordingDuration")
    long_enough = seconds.isdecimal() and int(seconds) >= line.recording.warn_at_seconds - 1
    return long_enough and post.field("Digits") not in ENDED_BY_CALLER
