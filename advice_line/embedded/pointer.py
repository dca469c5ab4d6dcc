"""The pointer in root's data home: where its database lies, since the server's account cannot enter the home."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from advice_line.embedded.account import state_folder
from advice_line.embedded.errors import EmbeddedError

_ABOUT = "PostgreSQL never runs as root, so the database of 'home' lies in the folder 'data'. Delete both together."


def follow(home: Path, folder: Path) -> Path:
    """The folder under /var/lib/advice-line with the database of `home`; `folder` keeps the pointer, made if it is new.

    A home that was moved keeps its database. A copy of a home is refused: its database was not copied.
    """
    pointer = folder / "where.json"
    if not pointer.exists():
        _point(pointer, home, _unused(home))
    base, made_for = _read(pointer)
    if made_for != home:
        old = made_for / folder.name / pointer.name
        if old.exists() and _read(old)[0] == base:
            raise EmbeddedError(
                f"{home} is a copy of {made_for} and its database was not copied with it: use {made_for}, "
                f"or delete {folder} to begin with an empty database."
            )
        _write(pointer, home, base).replace(pointer)
    return base


def _unused(home: Path) -> Path:
    """A name that no home has used: the database of a home that was deleted is neither taken over nor touched."""
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    data = state_folder("data")
    number, base = 1, data / name
    while base.exists():
        number += 1
        base = data / f"{name}-{number}"
    return base


def _point(pointer: Path, home: Path, base: Path) -> None:
    new = _write(pointer, home, base)
    try:
        os.link(new, pointer)
    except FileExistsError:
        return  # another first user was quicker, and its pointer counts
    finally:
        new.unlink()


def _write(pointer: Path, home: Path, base: Path) -> Path:
    """A new pointer under another name, whole and on disk."""
    with tempfile.NamedTemporaryFile("w", dir=pointer.parent, suffix=".new", delete=False) as new:
        json.dump({"about": _ABOUT, "data": str(base), "home": str(home)}, new, indent=2)
        new.flush()
        os.fsync(new.fileno())
    return Path(new.name)


def _read(pointer: Path) -> tuple[Path, Path]:
    said = json.loads(pointer.read_text())
    return Path(said["data"]), Path(said["home"])
