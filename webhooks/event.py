"""An event: what one post told us, as it is kept, and the natural key by which the same telling is known again."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from webhooks.post import Post

SID = re.compile(r"[A-Za-z0-9]{2,64}")
LONGEST_KEY = 250  # characters: keys are indexed, and PostgreSQL does not index very long ones
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the raw inbox.

    `line` and `number` (the one called) say whose it is, as far as the post told. `answer` says in a few neutral words
    what we handed out; it is empty for a status event. `accounts` are the names, with commas, of the account that told
    us, when memory could not say whose line it is: the database then keeps the event for no other account's service.
    """

    key: str
    kind: str
    call_sid: str
    line: str
    number: str
    path: str
    body: str
    answer: str
    at: datetime
    accounts: str = ""

    def as_json(self) -> dict[str, str]:
        """The event as the database's `receive_events` takes it."""
        return {
            "key": self.key,
            "kind": self.kind,
            "call_sid": self.call_sid,
            "line": self.line,
            "number": self.number,
            "path": self.path,
            "body": self.body,
            "answer": self.answer,
            "at": self.at.isoformat(),
            "accounts": self.accounts,
        }

    @classmethod
    def of(cls, post: Post, kind: str, key: str, answer: str, at: datetime) -> "Event":
        """The event of a post. Without a usable `key` the same words at the same address are the same event."""
        return cls(
            key=_storable(key) if 0 < len(key) <= LONGEST_KEY else _digest(post),
            kind=kind,
            call_sid=sid(post, "CallSid"),
            line=_storable(post.line),
            number=_storable(post.field("To")),
            path=_storable(post.target),
            body=_storable(post.body),
            answer=answer,
            at=at,
        )


def sid(post: Post, name: str) -> str:
    """An id that the network gave to something; empty when it is missing or is none."""
    value = post.field(name)
    return value if SID.fullmatch(value) else ""


def key_of(identity: str, *rest: object) -> str:
    """A natural key: of what it tells, then what it tells. Empty when it does not say of what."""
    return "/".join([identity, *map(str, rest)]) if identity else ""


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot keep: NUL, and bytes that were no text at all."""
    return text if text.isascii() and "\0" not in text else UNSTORABLE.sub("\ufffd", text)


def _digest(post: Post) -> str:
    return "odd/" + sha256(f"{post.target}\n{post.body}".encode("utf-8", "surrogateescape")).hexdigest()
