"""Where the cluster of a test process lies: in memory, where there is enough of it.

Databases are made, copied and thrown away all the time, and none of them is to outlive the tests: on a disk the file
system takes up to a third of the machine for its own books meanwhile.
"""

import json
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from advice_line import embedded

MEMORY = Path("/dev/shm")  # noqa: S108 - each home in it is made anew, under a name of its own, closed to others
NAME = "advice-line-tests-"
ENOUGH = 4 << 30  # bytes that are free there; four test processes take less than one
LONG_AGO = 3600.0  # seconds; whoever made a home has begun to use it by then, and one in use is not removed


def data_home(memory: Path = MEMORY, enough: int = ENOUGH) -> Path:
    """A new data home for an embedded database."""
    if not _has(memory, enough):
        return Path(tempfile.mkdtemp(prefix=NAME))
    _sweep(memory)
    home = Path(tempfile.mkdtemp(prefix=NAME, dir=memory))
    if os.geteuid() == 0:
        _point(home, home.with_suffix(".data"))
    return home


def _has(memory: Path, enough: int) -> bool:
    return memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= enough


def _sweep(memory: Path) -> None:
    """Take away what tests left that were killed: it would fill the memory until the machine is started anew."""
    for home in memory.glob(f"{NAME}*"):
        with suppress(embedded.EmbeddedError, FileNotFoundError):  # somebody uses it, or takes it away just now
            if not home.suffix and time.time() - home.stat().st_mtime > LONG_AGO:
                embedded.remove(home)
                shutil.rmtree(home)


def _point(home: Path, data: Path) -> None:
    """As the product does for root's data home, whose database may not lie within it."""
    folder = home / "database"
    folder.mkdir(mode=0o700)
    (folder / "where.json").write_text(json.dumps({"data": str(data), "home": str(home)}))
