"""Playing a message: its sound from our own store, in byte ranges, with every play on the audit trail.

A player asks for a recording in several pieces, and from anywhere: each is written down with the bytes that it got.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from advice_line.audit import Actor, record
from advice_line.db import LARGEST_ID
from advice_line.errors import NotFound, Refused
from advice_line.messages import Message
from advice_line.vault import Vault

CONTENT_TYPE = "audio/wav"
RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.IGNORECASE)


class RangeNotThere(Refused):
    """The recording is shorter than what was asked for."""

    status = 416
    title = "Not that much sound"

    def __init__(self, size: int) -> None:
        super().__init__("The recording is shorter than that.")
        self.headers = {"Content-Range": f"bytes */{size}"}


@dataclass(frozen=True)
class Sound:
    """A piece of a recording, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    chunks: Iterator[bytes]


def play(
    session: Session, vault: Vault, service_id: int, message_id: int, range_: str | None, actor: Actor, now: datetime
) -> Sound:
    """The sound of a message, or the range of it that was asked for. Raises NotFound while there is none."""
    message = session.get(Message, (service_id, message_id)) if 0 < message_id <= LARGEST_ID else None
    if message is None or message.state != "stored" or message.audio_name is None:
        raise NotFound("There is no sound for this message in your service.")
    size = vault.size(message.audio_name)
    span = _span(range_, size)
    start, end = span or (0, size)
    detail = {"bytes": f"{start}-{end - 1}"}
    record(session, actor, "message played", f"message {message.id}", now, service_id=service_id, detail=detail)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start), "Cache-Control": "no-store"}
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Sound(206 if span else 200, headers, CONTENT_TYPE, vault.read(message.audio_name, start, end))


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (not included) of the one range asked for; None for the whole.

    Several ranges, and what is no range at all, get the whole (RFC 9110, section 14.2).
    """
    found = RANGE.fullmatch(asked or "")
    if found is None or not any(found.groups()):
        return None
    first, last = (_whole(number) for number in found.groups())
    if first is None:
        start, end = max(0, size - (last or 0)), size
    else:
        start, end = first, size if last is None else min(size, last + 1)
        if last is not None and last < first:
            return None
    if start >= end:
        raise RangeNotThere(size)
    return start, end


def _whole(digits: str) -> int | None:
    """A number of bytes; one with more digits than any file has bytes is as good as endless."""
    return int(digits[:18]) if digits else None
