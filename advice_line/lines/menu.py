"""The menu of a line: a tree of nodes that a caller walks by pressing keys, and the words that each of them says.

The words of a prompt or greeting may also be a recorded sound, named by `recording`: the words are then what was said.
A node is a `menu` (choose by a key), a `voicemail` (greeting, then the tone), a `transfer` (to a named number), an
`announce` (say something, then go on or hang up), a `branch` (is the line open now?) or a `queue` (wait for a
therapist on duty). `menu_tree` says whether the nodes hold together.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from advice_line.lines.values import PRIVACY, Key, Part, SoundFile, Spoken

LONGEST_NAME = 150
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
EMERGENCY = re.compile(r"\b9\s?9\s?9\b")
RECORDED = re.compile(r"\brecord", re.IGNORECASE)
URGENT = re.compile(r"\b1\s?1\s?1\b")


def _emergency_first(value: str) -> str:
    """Emergency numbers come first (hazard hz04)."""
    sentences = SENTENCE_END.split(value)
    if not EMERGENCY.search(sentences[0]) and len(sentences[0]) <= LONGEST_NAME:
        sentences = sentences[1:]  # the one sentence that may go before is the line's name
    if not sentences or not EMERGENCY.search(sentences[0]) or not URGENT.search(" ".join(sentences[:2])):
        raise ValueError("must begin with 999 and 111, before anything but one sentence with the name of the line")
    return value


def _greeting(value: str) -> str:
    """The same, and the caller is told of the recording and the notice (rule R01)."""
    _emergency_first(value)
    if PRIVACY not in value or not RECORDED.search(value):
        raise ValueError(f"must tell callers that we record the message, and where they can read more: {PRIVACY}")
    return value


Greeting = Annotated[Spoken, AfterValidator(_greeting)]
Opening = Annotated[Spoken, AfterValidator(_emergency_first)]
Digit: TypeAlias = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]


class MenuNode(Part):
    """Says `prompt` and waits for a key; any other key is not recognised and the prompt is said again.

    A caller who presses nothing hears it `repeats` more times, then goes on to `no_input_then`.
    """

    kind: Literal["menu"]
    prompt: Spoken
    recording: SoundFile | None = None
    options: Mapping[Digit, Key] = Field(min_length=1)
    repeats: int = Field(default=2, ge=0, le=5)
    no_input_then: Key


class VoicemailNode(Part):
    """Says `greeting`, sounds the tone, records into `mailbox`, and says `closing`."""

    kind: Literal["voicemail"]
    greeting: Greeting
    recording: SoundFile | None = None
    mailbox: Key
    closing: Spoken


class TransferNode(Part):
    """Says `prompt` if there is one and rings `target`, one of the service's transfer targets, for `ring_seconds`.

    The called side sees the line's own number.
    """

    kind: Literal["transfer"]
    prompt: Spoken | None = None
    recording: SoundFile | None = None
    target: Key
    ring_seconds: int = Field(default=25, ge=5, le=120)
    if_no_answer: Key


class AnnounceNode(Part):
    """Says `prompt`, then goes on to `then`, or hangs up."""

    kind: Literal["announce"]
    prompt: Spoken
    recording: SoundFile | None = None
    then: Key | None = None


class BranchNode(Part):
    """Goes to `open` inside the line's live windows, else to `closed`."""

    kind: Literal["branch"]
    open: Key
    closed: Key


class QueueNode(Part):
    """Says `prompt`, and the caller waits for a therapist on duty, told their place; 2 leads to `message`.

    Nobody waits for nothing: with no therapist on duty a caller goes to `if_nobody` at once, with `most_waiting` there
    before them or after `longest_seconds` to `if_full`, outside the live windows or in their last `last_entry_minutes`
    to `if_late`.
    """

    kind: Literal["queue"]
    prompt: Opening
    recording: SoundFile | None = None
    longest_seconds: int = Field(default=180, ge=30, le=3600)
    most_waiting: int = Field(default=5, ge=1, le=50)
    last_entry_minutes: int = Field(default=5, ge=0, le=60)
    message: Key
    if_nobody: Key
    if_full: Key
    if_late: Key


Node: TypeAlias = Annotated[
    MenuNode | VoicemailNode | TransferNode | AnnounceNode | BranchNode | QueueNode, Field(discriminator="kind")
]


class Menu(Part):
    """The whole tree of a line; a call begins at `entry`."""

    entry: Key
    nodes: Mapping[Key, Node] = Field(min_length=1)

    def saying(self, privacy: str) -> "Menu":
        """The same menu with the spoken privacy address in its place."""
        filled = {key: _filled(node, privacy) for key, node in self.nodes.items()}
        return self.model_copy(update={"nodes": filled})


def _filled(node: Node, privacy: str) -> Node:
    texts = {
        name: value.replace(PRIVACY, privacy)
        for name in ("prompt", "greeting", "closing")
        if isinstance(value := getattr(node, name, None), str)
    }
    return node.model_copy(update=texts)
