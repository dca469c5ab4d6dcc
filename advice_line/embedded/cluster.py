"""The cluster: the data folder of an embedded server, how it is made, and how a server is started on it."""

import locale
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from advice_line.embedded import roles
from advice_line.embedded.account import Account
from advice_line.embedded.errors import EmbeddedError
from advice_line.embedded.lock import POLL
from advice_line.embedded.place import PORT, Place
from advice_line.embedded.programs import Programs, choose

# For a machine that the product shares with others; who needs more runs a server of their own and sets DATABASE_URL.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Messages of failed statements quote what people said and typed: they go to the client alone, never to the log.
_QUIET = {
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
_LINGERING = 10.0  # seconds for what an interrupted initdb had started to notice that it is alone


@dataclass(frozen=True)
class Cluster:
    """A data folder that is ready to be served, with the programs that may serve it."""

    place: Place
    account: Account
    programs: Programs

    @classmethod
    def prepare(cls, place: Place, configured: Path | None, *, fast_and_unsafe: bool) -> "Cluster":
        """Open the place's data folder, making it first if there is none; only the keeper may call this."""
        account = Account.for_server()
        account.make_folder(place.base)
        cluster = cls(place, account, choose(account, configured, _made_by(place.data)))
        try:
            cluster._complete(fast_and_unsafe=fast_and_unsafe)
        except subprocess.SubprocessError as error:
            raise EmbeddedError(f"The database could not be made: {place.log} says why.") from error
        return cluster

    def command(self, sockets: Path, *, fast_and_unsafe: bool) -> list[str]:
        """The command that starts a server on the data folder."""
        durable = "off" if fast_and_unsafe else "on"
        quoted = str(sockets).replace('"', '""')  # the setting is a list of folders
        settings = {
            **_SETTINGS,
            **_QUIET,
            **dict.fromkeys(_DURABILITY, durable),
            "unix_socket_directories": f'"{quoted}"',
        }
        return [str(self.programs.postgres), "-D", str(self.place.data), *_options(settings)]

    def _complete(self, *, fast_and_unsafe: bool) -> None:
        self._clear_interrupted()
        passwords = roles.load(self.place.passwords)
        if passwords is not None and self.place.data.exists():
            return
        passwords = passwords or roles.invent()
        if self.place.data.exists():
            self._execute(self.place.data, roles.give(passwords))
        else:
            self._make(passwords, fast_and_unsafe=fast_and_unsafe)
        # Last, so that a missing file always means: the passwords in the cluster are unknown, give new ones.
        roles.save(self.place.passwords, passwords)

    def _clear_interrupted(self) -> None:
        """Remove what an interrupted start left, with the password in it.

        Its initdb ended with its keeper, but what that had started may still write: once is not enough.
        """
        deadline = time.monotonic() + _LINGERING
        while (left := list(self.place.base.glob("making-*"))) and time.monotonic() < deadline:
            for folder in left:
                shutil.rmtree(folder, ignore_errors=True)
            time.sleep(POLL)

    def _make(self, passwords: roles.Passwords, *, fast_and_unsafe: bool) -> None:
        """Make the whole cluster under another name, so that the data folder is complete or not there."""
        making = Path(tempfile.mkdtemp(prefix="making-", dir=self.place.base))
        secret, data = making / "password", making / "data"
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(passwords["admin"])
        for path in (making, secret):
            self.account.give(path)
        syncing = ["--no-sync"] if fast_and_unsafe else []
        options = ["--auth=scram-sha-256", f"--pwfile={secret}", "--data-checksums", "--encoding=UTF8", *syncing]
        self.account.run(
            [self.programs.initdb, f"--username={roles.NAMES['admin']}", *options, *self._locale(), "-D", data]
        )
        self._execute(data, roles.create() + roles.give(passwords))
        data.rename(self.place.data)
        _sync(self.place.base)
        shutil.rmtree(making)

    def _execute(self, data: Path, statements: list[str]) -> None:
        """Run SQL on a data folder that no server has open; by standard input, for it holds passwords."""
        options = [*_options(_QUIET), "--exit_on_error=on"]
        self.account.run(
            [self.programs.postgres, "--single", "-D", data, *options, "template1"],
            text="".join(f"{statement}\n" for statement in statements),
        )

    def _locale(self) -> list[str]:
        """The locale of characters and order: the same on every machine where the version can do that."""
        if self.programs.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        before = locale.setlocale(locale.LC_CTYPE)
        try:
            locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
        except locale.Error:
            return ["--locale=C"]
        locale.setlocale(locale.LC_CTYPE, before)
        return ["--locale=C.UTF-8"]


def _options(settings: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in settings.items()]


def _made_by(data: Path) -> int | None:
    """The major version that made a data folder, None if there is no such folder."""
    if not data.exists():
        return None
    try:
        return int((data / "PG_VERSION").read_text())
    except (OSError, ValueError) as error:
        raise EmbeddedError(f"{data} is not a database folder: restore it from a backup, or move it away.") from error


def _sync(folder: Path) -> None:
    """Make a rename in `folder` survive a loss of power."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(opened)
    os.close(opened)
