"""The account that the server runs as: our own or, since PostgreSQL refuses root, one that owns nothing else."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from advice_line.embedded.errors import EmbeddedError
from advice_line.embedded.lock import Lock

NAME = "advice-line"
STATE = Path("/var/lib/advice-line")  # what the account must reach lies here, never in a folder of a person
LONGEST_RUN = 300  # seconds
_SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
_ADVICE = "start Advice Line as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
# The caller's own variables (PGPORT, PGOPTIONS, LC_*) must not change what the server does.
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """An account of this machine, by its numbers."""

    uid: int
    gid: int

    @classmethod
    def for_server(cls) -> "Account":
        """Ourselves or, when we are root, the system account `advice-line`, made if it is missing."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        found = _look_up() or _add_once()
        account = cls(found.pw_uid, found.pw_gid)
        try:
            account.run(["true"])
        except OSError as error:
            raise EmbeddedError(f"Root cannot act as the account {NAME} here ({error.strerror}): {_ADVICE}") from error
        return account

    def make_folder(self, folder: Path) -> None:
        """Make a folder that this account owns and nobody else may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)

    def give(self, path: Path) -> None:
        """Make this account the owner of `path`."""
        if self._is_another:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(self, command: Sequence[str | Path], *, text: str = "") -> str:
        """What a program says to `text`; raises OSError or CalledProcessError. It never outlives us."""
        return subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=LONGEST_RUN,
            env=_ENVIRONMENT,
            user=self._user,
            group=self._group,
            extra_groups=self._groups,
            preexec_fn=_dying_with_us(signal.SIGKILL),
        ).stdout

    def start(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Start a server that writes to our standard error; it stops by SIGINT when we end, even when we are killed."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            stderr=sys.stderr,
            env=_ENVIRONMENT,
            user=self._user,
            group=self._group,
            extra_groups=self._groups,
            preexec_fn=_dying_with_us(signal.SIGINT),  # noqa: PLW1509 - it makes one system call
        )

    @property
    def _is_another(self) -> bool:
        return self.uid != os.geteuid()

    @property
    def _user(self) -> int | None:
        return self.uid if self._is_another else None

    @property
    def _group(self) -> int | None:
        return self.gid if self._is_another else None

    @property
    def _groups(self) -> list[int] | None:
        return [] if self._is_another else None


def state_folder(name: str = "") -> Path:
    """A folder of root's under /var/lib/advice-line that every account may enter, or that folder itself."""
    folder = STATE / name
    try:
        for each in (STATE, folder):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)  # whatever the umask of the person who starts us
    except OSError as error:
        raise EmbeddedError(f"The folder {folder} cannot be made ({error.strerror}): {_ADVICE}") from error
    return folder


def _look_up() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _add_once() -> pwd.struct_passwd:
    # Two useradd at the same moment both succeed: the second gives the name another number, and whoever has acted as
    # the first is nobody from then on.
    with Lock(state_folder() / ".account") as lock:
        lock.wait_to_take()
        return _look_up() or _add()


def _add() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=_SYSTEM_PATH)
    if useradd is None:
        raise EmbeddedError(f"PostgreSQL does not run as root and there is no useradd to make an account: {_ADVICE}")
    options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    added = subprocess.run([useradd, *options, NAME], capture_output=True, text=True, check=False)
    # Somebody else may have added it in the same moment, so the answer counts and not the exit code.
    if (found := _look_up()) is None:
        raise EmbeddedError(f"The account {NAME} cannot be made ({added.stderr.strip()}): {_ADVICE}")
    return found


def _dying_with_us(with_signal: signal.Signals) -> Callable[[], None] | None:
    """Asks Linux, in the child, to send it a signal when the thread that started it ends; other systems cannot."""
    if sys.platform != "linux":
        return None
    # Loaded here and not in the child: between fork and exec only the plainest calls are safe.
    prctl, us = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(with_signal))
        if os.getppid() != us:  # we ended before the child could ask
            os._exit(1)

    return ask
