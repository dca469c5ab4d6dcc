"""A walk: a caller on the way through a line's menu. Which node comes next, and the document that takes them there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from advice_line.lines.directory import Line
from advice_line.lines.menu import AnnounceNode, BranchNode, MenuNode, Node, QueueNode, TransferNode, VoicemailNode
from advice_line.live.current import NOBODY, LiveLine
from advice_line.working_time import closure_to_announce, spoken_day, spoken_days
from webhooks import addresses, sentences, twiml
from webhooks.answer import Answer
from webhooks.mailbox import Mailbox
from webhooks.sounds import prompt
from webhooks.twiml import Saying, Sayings, Through

MOST_STEPS = 60  # then the recorder: nobody presses so many keys, but something that plays tones at us does

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Walk:
    """One caller at one moment. `step` numbers the answers of a call, and goes into the addresses handed out.

    `live` is how the line's queue stands.
    """

    line: Line
    step: int
    public_url: str
    now: datetime
    live: LiveLine = NOBODY

    def begin(self) -> Answer:
        """The entry of the menu."""
        return self.go(self.line.menu.entry)

    def go(self, key: str, sayings: Sayings = ()) -> Answer:
        """The node of this key, with `sayings` before its own words. Menus are checked to lead somewhere in the end."""
        node = self.line.menu.nodes[key]
        match node:
            case MenuNode():
                return self.choose(key, node, sayings)
            case VoicemailNode():
                return self._at(key, node).greet(sayings, self.closure())
            case TransferNode():
                return self._put_through(key, node, sayings)
            case AnnounceNode():
                return self._announce(key, node, sayings)
            case QueueNode():
                return self._wait(key, node, sayings)
            case BranchNode():
                return self.go(node.open if self.line.live_hours.is_open(self.now) else node.closed, sayings)

    def press(self, key: str, node: MenuNode, digits: str, repeat: int) -> Answer:
        """The caller pressed a key in a menu, or none."""
        if self.is_endless:
            return self.rescue(())
        chosen = next((to for option, to in node.options.items() if option == digits), None)
        if chosen:
            return self.go(chosen)
        if digits:
            return self.choose(key, node, (sentences.NOT_RECOGNISED,), repeat)
        if repeat < node.repeats:
            return self.choose(key, node, (), repeat + 1)
        return self.go(node.no_input_then)

    def choose(self, key: str, node: MenuNode, sayings: Sayings, repeat: int = 0) -> Answer:
        """Read the menu out and wait for a key; `repeat` counts how often nothing was pressed."""
        action = addresses.keys(self.line.key, key, self.step, repeat)
        return Answer(f"menu {key}", twiml.menu(self.line.voice, (*sayings, self._prompt(node)), action))

    @property
    def is_endless(self) -> bool:
        """Whether so many keys were pressed that no person can be pressing them."""
        return self.step > MOST_STEPS

    def mailbox(self, key: str) -> Mailbox | None:
        """The mailbox of this key; None when it is gone."""
        node = self.line.menu.nodes.get(key)
        return self._at(key, node) if isinstance(node, VoicemailNode) else None

    def rescue(self, sayings: Sayings) -> Answer:
        """The shortest way to a recorder, whatever happened; a menu without one can only say goodbye."""
        key, node = _recorder(self.line)
        if node is None:
            return self.goodbye(*sayings, sentences.CALL_LATER)
        mailbox = self._at(key, node)
        said = (*sayings, sentences.LEAVE_MESSAGE) if sayings else (mailbox.greeting,)
        return mailbox.rescue((*said, *self.closure()))

    def goodbye(self, *sayings: Saying) -> Answer:
        """Say it and hang up."""
        return Answer("goodbye", twiml.goodbye(self.line.voice, sayings))

    def _wait(self, key: str, node: QueueNode, sayings: Sayings) -> Answer:
        """The queue, unless the caller would wait in vain."""
        instead = self._instead_of_waiting(node)
        if instead is not None:
            return self.go(instead, sayings)
        waiting = addresses.waiting(self.line.key, key, self.step)
        left = addresses.left_queue(self.line.key, key, self.step)
        said = (*sayings, self._prompt(node))
        return Answer(f"queue {key}", twiml.enqueue(self.line.voice, said, self.line.key, waiting, left))

    def _instead_of_waiting(self, node: QueueNode) -> str | None:
        hours, last_entry = self.line.live_hours, timedelta(minutes=node.last_entry_minutes)
        if not (hours.is_open(self.now) and hours.is_open(self.now + last_entry)):
            return node.if_late
        if not self.live.on_duty:
            return node.if_nobody
        return node.if_full if self.live.waiting >= node.most_waiting else None

    def _put_through(self, key: str, node: TransferNode, sayings: Sayings) -> Answer:
        through = Through(
            number=self.line.service.configuration.transfer_targets[node.target].number,
            caller_id=self.line.number,
            ring_seconds=node.ring_seconds,
            action=addresses.transferred(self.line.key, key, self.step),
        )
        said = (*sayings, self._prompt(node)) if node.prompt else sayings
        return Answer(f"transfer {node.target}", twiml.put_through(self.line.voice, said, through))

    def _announce(self, key: str, node: AnnounceNode, sayings: Sayings) -> Answer:
        said = (*sayings, self._prompt(node))
        return self.go(node.then, said) if node.then else Answer(f"say {key}", twiml.goodbye(self.line.voice, said))

    def closure(self) -> Sayings:
        """What a greeting adds before and during a bank holiday or a closure (edge case E15)."""
        try:
            days = closure_to_announce(self.now, self.line.service.office_hours)
            back = self.line.service.calendar.next_working_day(days[-1]) if days else None
        except Exception:
            # The rescue comes this way, too: a message must be taken even without the calendar.
            log.exception("closure_not_announced", line=self.line.key)
            return ()
        return (sentences.closed(spoken_days(days), spoken_day(back)),) if back else ()

    def _prompt(self, node: MenuNode | TransferNode | AnnounceNode | QueueNode) -> Saying:
        return prompt(self.line, self.public_url, node.prompt or "", node.recording)

    def _at(self, key: str, node: VoicemailNode) -> Mailbox:
        return Mailbox(self.line, key, node, self.step, self.public_url)


def _recorder(line: Line) -> tuple[str, VoicemailNode | None]:
    """The recorder to which a caller comes who does nothing; else the first there is."""
    nodes = line.menu.nodes
    key: str | None = line.menu.entry
    while key is not None:
        node = nodes[key]
        if isinstance(node, VoicemailNode):
            return key, node
        key = _silently(node)
    return next(((key, node) for key, node in nodes.items() if isinstance(node, VoicemailNode)), ("", None))


def _silently(node: Node) -> str | None:
    match node:
        case MenuNode():
            return node.no_input_then
        case TransferNode():
            return node.if_no_answer
        case AnnounceNode():
            return node.then
        case BranchNode():
            return node.closed
        case QueueNode():
            return node.if_nobody
        case VoicemailNode():
            return None
