"""The steps of a call to a line: what each address answers, from memory alone.

Nothing here asks the database, and nothing a caller or the network says can raise: what is unknown starts the line's
menu afresh, or hears an apology.
"""

from advice_line.lines.directory import Line
from advice_line.lines.menu import MenuNode, TransferNode
from advice_line.telephone import numbers, told
from advice_line.telephone.told import Told
from webhooks import addresses, sentences, twiml
from webhooks.answer import Answer
from webhooks.context import WebhookContext
from webhooks.mailbox import Mailbox
from webhooks.ownership import line_of
from webhooks.post import Post
from webhooks.take import Take
from webhooks.walk import Walk

TAKEN = frozenset({"completed", "answered"})  # of a transfer: somebody spoke with the caller


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


async def skipped(context: WebhookContext, post: Post) -> Answer:
    """A key was pressed during a greeting."""
    walk, mailbox = _mailbox(context, post)
    if mailbox is None or walk is None or walk.is_endless:
        return _ended(walk) if post.over or walk is None else walk.rescue(())
    return mailbox.skip(post.field("Digits"), walk.closure())


async def recorded(context: WebhookContext, post: Post) -> Answer:
    """The recorder stopped: by a key, by silence, by its limit, or because the caller hung up."""
    walk, mailbox = _mailbox(context, post)
    if mailbox is None:
        return _thanked(walk, post)
    said = _told(post)
    return mailbox.stopped(Take.of(post), said, hidden=_hidden(said, mailbox.line))


async def silent(context: WebhookContext, post: Post) -> Answer:
    """Somebody who had said nothing pressed a key, or none in time."""
    walk, mailbox = _mailbox(context, post)
    if mailbox is None:
        return _thanked(walk, post)
    said = _told(post)
    hidden = _hidden(said, mailbox.line)
    return mailbox.was_silent(Take.of(post), post.field("Digits"), hidden=hidden, foreign=not hidden and _foreign(said))


async def more(context: WebhookContext, post: Post) -> Answer:
    """Somebody who had fallen silent pressed a key, or none in time."""
    walk, mailbox = _mailbox(context, post)
    if mailbox is None:
        return _thanked(walk, post)
    return mailbox.has_more(Take.of(post), post.field("Digits"), hidden=_hidden(_told(post), mailbox.line))


async def number(context: WebhookContext, post: Post) -> Answer:
    """Somebody whose number we cannot see keyed one in, or none."""
    walk, mailbox = _mailbox(context, post)
    if walk is None or mailbox is None or walk.is_endless:
        return _thanked(walk, post)
    return mailbox.number(Take.of(post), post.field("Digits"), post.count("r"))


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
    """Whatever went wrong: a calm sentence with the emergency numbers, and the recorder where the line is known.

    Nobody who has left a message is asked for it again: it is with the network, and comes to us in any case.
    """
    walk = _walk(context, post)
    if post.over:
        return _ended(walk)
    if walk is None:
        return _goodbye(sentences.SOMETHING_WRONG, sentences.CALL_LATER)
    left = (sentences.LEFT_ALREADY,) if _has_met_the_tone(post) else ()
    return walk.rescue((sentences.SOMETHING_WRONG, *left))


def _walk(context: WebhookContext, post: Post) -> Walk | None:
    """The caller's walk on the line that the address names, else on the one that was called; None when neither is."""
    line = line_of(context.directory(), post)
    if line is None:
        return None
    return Walk(line, post.count("n") + 1, context.settings.public_url, context.now(), context.live(line.key))


def _mailbox(context: WebhookContext, post: Post) -> tuple[Walk | None, Mailbox | None]:
    """The caller's walk and the mailbox where they are; none when the call is over, or the mailbox is gone."""
    walk = _walk(context, post)
    return walk, walk.mailbox(post.node) if walk and not post.over else None


def _has_met_the_tone(post: Post) -> bool:
    """Whether the step that went wrong, of this post or of the one before it, comes after the recorder."""
    return any(addresses.is_after_the_tone(address) for address in (post.target, post.field("ErrorUrl")))


def _told(post: Post) -> Told:
    return told.read(post.target, post.body)


def _hidden(said: Told, line: Line) -> bool:
    """Whether we cannot see whose call it is: a withheld number and a switchboard's are nobody's own."""
    return said.number is None or said.number in line.service.configuration.switchboard_numbers


def _foreign(said: Told) -> bool:
    """Whether we see their number, and may not ring it (domain rule R17)."""
    return said.number is not None and not numbers.can_be_rung(said.number)


def _thanked(walk: Walk | None, post: Post) -> Answer:
    return _ended(walk) if post.over or walk is None else walk.goodbye(sentences.THANK_YOU)


def _ended(walk: Walk | None) -> Answer:
    return walk.goodbye() if walk else _goodbye()


def _goodbye(*sayings: str) -> Answer:
    return Answer("goodbye", twiml.goodbye(sentences.VOICE, sayings))
