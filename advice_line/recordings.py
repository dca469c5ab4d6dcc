"""Playing a message: its sound from our own store, in byte ranges, with every play on the audit trail.

A player asks for a recording in several pieces; only the piece that begins the sound is written down as a play.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.audit import Actor, record
from advice_line.errors import NotFound, Refused
from advice_line.messages import Message
from advice_line.vault import Vault

CONTENT_TYPE = "audio/wav"
RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


class RangeNotThere(Refused):
    """The recording is shorter than what was asked for."""

    status = 416
    title = "Not that much sound"


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
    message = session.scalars(select(Message).where(Message.service_id == service_id, Message.id == message_id)).first()
    if message is None or message.state != "stored" or message.audio_name is None:
        raise NotFound("There is no sound for this message in your service.")
    size = vault.size(message.audio_name)
    span = _span(range_, size)
    start, end = span or (0, size)
    if start == 0:
        record(session, actor, "message played", f"message {message.id}", now, service_id=service_id)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start), "Cache-Control": "no-store"}
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Sound(206 if span else 200, headers, CONTENT_TYPE, vault.read(message.audio_name, start, end))


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (not included) of the one range asked for; None for the whole. Several ranges get the whole."""
    found = RANGE.match(asked or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        raise RangeNotThere("The recording is shorter than that.")
    return start, end
