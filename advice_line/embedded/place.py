"""Where everything of one embedded server lies, and what its files say of it.

<home>/database/              closed to others; owned by whoever starts the product
    users, starting, keeper   lock files
    passwords.json            the roles' passwords
    server.log                what server and keeper have to say
    data/, sockets/           the cluster and its socket; when root starts the product, these two lie in
                              /var/lib/advice-line/data/<hash of home> and where.json says so
"""

import os
import shutil
import socket
import stat
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from advice_line.embedded import pointer
from advice_line.embedded.account import Account
from advice_line.embedded.errors import EmbeddedError

PORT = 5432  # part of the socket's name alone: nothing listens on the network
_SOCKET = f".s.PGSQL.{PORT}"
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # a server answers it with one letter, before anybody signs in
_LONGEST_SILENCE = 5.0  # seconds
_LONGEST_SOCKET = 103  # bytes; the limit of macOS, Linux has 107


@dataclass(frozen=True)
class Place:
    """The two folders of one server: `folder` is ours, `base` belongs to the account that runs the server."""

    folder: Path
    base: Path

    @classmethod
    def of(cls, home: Path) -> "Place":
        """The place of a data home, made if it is new; raises EmbeddedError if it is another account's."""
        home = home.absolute().resolve()
        folder = home / "database"
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o700)
                return cls(folder, pointer.follow(home, folder) if os.geteuid() == 0 else folder)
        except OSError as error:
            raise EmbeddedError(f"{home} cannot be the data folder: {error.strerror}, {error.filename}.") from error
        raise EmbeddedError(
            f"The folder {folder} belongs to another account: start Advice Line as that account, or name another "
            "data folder in ADVICE_LINE_HOME."
        )

    @property
    def users(self) -> Path:
        return self.folder / "users"

    @property
    def starting(self) -> Path:
        return self.folder / "starting"

    @property
    def keeper(self) -> Path:
        return self.folder / "keeper"

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords.json"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def data(self) -> Path:
        return self.base / "data"

    def server(self) -> int | None:
        """The process that its own file names as the server: it may be starting, running, or long dead."""
        said = self._server_file()
        return abs(int(said[0])) if said else None  # negative in single-user mode

    def sockets_when_ready(self) -> Path | None:
        """The folder of the server's socket if it answers there and is ready, else None."""
        said = self._server_file()
        # Lines of postmaster.pid: 1 process, 5 folder of the socket, 8 state.
        if len(said) < 8 or said[7].strip() != "ready":
            return None
        folder = Path(said[4])
        return folder if _answers(folder / _SOCKET) else None

    def forget_server(self) -> None:
        """Take away the file of a server that is known to have ended."""
        self._server_path.unlink()

    @property
    def _server_path(self) -> Path:
        return self.data / "postmaster.pid"

    def _server_file(self) -> list[str]:
        try:
            return self._server_path.read_text().splitlines()
        except FileNotFoundError:
            return []

    def make_sockets(self, account: Account) -> Path:
        """An empty folder for the socket, closed to all others, with a path short enough for a socket's address."""
        sockets = self.base / "sockets"
        if len(os.fsencode(sockets / _SOCKET)) > _LONGEST_SOCKET:
            return _short_folder(sockets)
        account.make_folder(sockets)
        for left in sockets.iterdir():  # a killed server's lock file would stop the next one
            left.unlink()
        return sockets

    def drop_short_sockets(self) -> None:
        """Take away the folder that a long path made necessary elsewhere, if there is one."""
        sockets = self.base / "sockets"
        if sockets.is_symlink():
            shutil.rmtree(sockets.readlink(), ignore_errors=True)
            sockets.unlink()


def _answers(address: Path) -> bool:
    """Whether a server answers: a killed one may still accept a connection for a moment, but says nothing."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(_LONGEST_SILENCE)
        try:
            caller.connect(str(address))
            caller.sendall(_SSL_REQUEST)
            return len(caller.recv(1)) == 1
        except OSError:
            return False


def _short_folder(link: Path) -> Path:
    """A folder of ours in the temporary folder; the link keeps its name, so that a new keeper finds the same one."""
    if link.is_symlink() and not _is_ours_alone(link.readlink()):
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(tempfile.mkdtemp(prefix="advice-line-"))
    folder = link.readlink()
    if len(os.fsencode(folder / _SOCKET)) > _LONGEST_SOCKET:
        raise EmbeddedError(f"{link} is too long a path for a socket: name a shorter one in ADVICE_LINE_HOME.")
    for left in folder.iterdir():
        left.unlink()
    return folder


def _is_ours_alone(folder: Path) -> bool:
    # The temporary folder is open to all: somebody may have put their own folder, or a link, under our old name.
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
