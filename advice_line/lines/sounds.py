"""Sounds: recorded prompts that a service plays instead of having its words spoken.

They lie beside the configuration file, and are kept in the database with it. Each is known by the digest of its bytes:
an address made of it can be given to anybody, guessed by nobody, and kept for ever by whoever fetched it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path as FilePath

from sqlalchemy import ForeignKey, LargeBinary, SmallInteger, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base
from advice_line.lines.faults import Found, Path
from advice_line.lines.source import Plain, group
from advice_line.lines.values import SOUND_FILE

LARGEST = 5_000_000  # bytes: callers wait while the network fetches it
TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg"}


class SoundRow(Base):
    """A sound of a service. The serving role may read all of them, and change none."""

    __tablename__ = "sound"

    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Sound:
    """One sound; its name is its digest with the ending that says what it is."""

    name: str
    content: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """What it is, for whoever fetches it."""
        return TYPES[FilePath(self.name).suffix]


def read_all(file: Plain, folder: FilePath) -> tuple[dict[str, Sound], list[Found]]:
    """The sounds that the nodes of a configuration file name, by the names of their files, and what is wrong."""
    sounds: dict[str, Sound] = {}
    found: list[Found] = []
    for path, name in _named(file):
        try:
            sounds[name] = _read(folder / name)
        except ValueError as error:
            found.append(Found(path, str(error)))
    return sounds, found


def bring_in(session: Session, service_id: int, sounds: Iterable[Sound], before: Iterable[str]) -> None:
    """Keep these sounds, and those named `before`, which callers may be listening to; the others go."""
    rows = [{"service_id": service_id, "name": sound.name, "content": sound.content} for sound in sounds]
    if rows:
        session.execute(insert(SoundRow).on_conflict_do_nothing(), rows)
    wanted = {*before, *(row["name"] for row in rows)}
    gone = delete(SoundRow).where(SoundRow.service_id == service_id, SoundRow.name.not_in(wanted))
    session.execute(gone.execution_options(synchronize_session=False))


def load(session: Session) -> Mapping[str, Sound]:
    """Every sound of every service, by its name."""
    rows = session.execute(select(SoundRow.name, SoundRow.content))
    return {name: Sound(name, content) for name, content in rows}


def _named(file: Plain) -> Iterator[tuple[Path, str]]:
    lines = group(file).get("lines")
    for index, line in enumerate(lines if isinstance(lines, list) else []):
        for key, node in group(group(group(line).get("menu")).get("nodes")).items():
            name = group(node).get("recording")
            if isinstance(name, str) and SOUND_FILE.fullmatch(name):
                yield ("lines", index, "menu", "nodes", key, "recording"), name


def _read(path: FilePath) -> Sound:
    try:
        content = path.read_bytes()
    except OSError:
        raise ValueError(f"{path.name} cannot be read: put it beside this file.") from None
    if len(content) > LARGEST:
        raise ValueError(f"{path.name} is larger than 5 MB: callers would wait for it. Make it shorter or mono.")
    if path.suffix not in _kinds(content):
        raise ValueError(f"{path.name} is no {path.suffix[1:]} sound: export it again as WAV or MP3.")
    return Sound(sha256(content).hexdigest() + path.suffix, content)


def _kinds(content: bytes) -> set[str]:
    """What the first bytes say that it is."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return {".wav"}
    framed = content[:3] == b"ID3" or (content[:1] == b"\xff" and len(content) > 1 and content[1] & 0xE0 == 0xE0)
    return {".mp3"} if framed else set()
