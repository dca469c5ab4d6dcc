"""What a new cluster allows, to whom, and that it is whole or not there."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advice_line import embedded
from advice_line.embedded import EmbeddedError, Server, running
from advice_line.embedded.account import Account
from advice_line.embedded.place import Place
from tests.embedded.conftest import StartUser, ask, keepers, lives, servers, until


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """One durable home for the tests that only look."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        yield home
        embedded.remove(home)


@pytest.fixture(scope="module")
def server(shared_home: Path) -> Iterator[Server]:
    with running(shared_home) as server:
        yield server


def test_neither_owner_nor_serving_role_has_power_over_the_server(server: Server) -> None:
    powers = "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication FROM pg_roles"
    for url in (server.owner_url, server.serving_url):
        assert ask(url, f"{powers} WHERE rolname = current_user") is False


def test_the_serving_role_owns_nothing_and_may_make_nothing(server: Server) -> None:
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'advice_line_app'::regrole AND deptype = 'o'"
    assert ask(server.admin_url, owned) == 0
    for making in ("TABLE public.mine ()", "TEMPORARY TABLE mine ()", "SCHEMA mine", "DATABASE mine"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server.serving_url, f"CREATE {making}")


def test_row_level_security_binds_the_serving_role(server: Server) -> None:
    ask(server.owner_url, "CREATE TABLE private AS SELECT 1 AS value")
    ask(server.owner_url, "ALTER TABLE private ENABLE ROW LEVEL SECURITY")
    ask(server.owner_url, "GRANT SELECT ON private TO advice_line_app")
    assert ask(server.serving_url, "SELECT count(*) FROM private") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.serving_url, "SET row_security = off; SELECT count(*) FROM private")


def test_the_serving_role_enters_no_other_database(server: Server) -> None:
    for other in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            ask(server.url_for("serving", other), "SELECT 1")


def test_the_owner_may_make_what_migrations_need(server: Server) -> None:
    ask(server.owner_url, "CREATE EXTENSION btree_gist")
    ask(server.owner_url, "CREATE TABLE public.anything ()")
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(server.owner_url, owner) == "advice_line_owner"


def test_every_role_needs_its_password(server: Server) -> None:
    for url in (server.owner_url, server.serving_url, server.admin_url):
        name, _, password = url.partition("//")[2].partition("@")[0].partition(":")
        with pytest.raises(psycopg.OperationalError, match=f'authentication failed for user "{name}"'):
            ask(url.replace(password, "guessed"), "SELECT 1")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("timezone", "UTC"),
        ("password_encryption", "scram-sha-256"),
    ],
)
def test_the_server_is_durable_and_deaf_to_the_network(server: Server, setting: str, value: str) -> None:
    assert ask(server.owner_url, f"SHOW {setting}") == value


def test_text_sorts_the_same_on_every_machine_and_knows_accents(server: Server) -> None:
    assert (
        ask(
            server.owner_url,
            "SELECT upper('siân') || (SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b', 'é', 'B', 'a']) AS x)",
        )
        == "SIÂNBabé"
    )


def test_everything_is_closed_to_other_accounts(server: Server, shared_home: Path) -> None:
    place = Place.of(shared_home)
    for closed in (place.folder, place.base, place.data, place.base / "sockets"):
        assert closed.stat().st_mode & 0o777 == 0o700, closed
    for closed in (place.passwords, place.log, place.users, place.keeper, place.starting):
        assert closed.stat().st_mode & 0o777 == 0o600, closed


def test_the_log_repeats_nothing_of_what_was_said(server: Server, shared_home: Path) -> None:
    ask(server.owner_url, "CREATE TABLE told (words text PRIMARY KEY)")
    ask(server.owner_url, "INSERT INTO told VALUES ('hush')")
    for refused in ("INSERT INTO told VALUES ('hush')", "SELECT 'hush'::integer", "SELECT hush"):
        with pytest.raises(psycopg.Error, match="hush"):
            ask(server.owner_url, refused)
    assert "hush" not in Place.of(shared_home).log.read_text()


def test_a_first_start_that_was_cut_short_is_begun_again(fresh_home: Path, other_user: StartUser) -> None:
    user = other_user(fresh_home)
    place = Place.of(fresh_home)
    until(lambda: any(place.base.glob("making-*/data/base/1/PG_VERSION")))
    keeper = keepers(fresh_home)[0]
    os.kill(keeper, signal.SIGKILL)
    user.is_killed()
    until(lambda: not lives(keeper))
    assert not place.data.exists()
    with running(fresh_home, fast_and_unsafe=True) as server:
        assert ask(server.owner_url, "SELECT 1") == 1
        assert not list(place.base.glob("making-*"))


# Writes on until well after it sees that its folder is being removed; if nobody ever does that, it ends all the same.
LINGERING = """
import sys
from pathlib import Path
folder, left = Path(sys.argv[1]), None
for name in range(300_000):
    try:
        (folder / str(name)).touch()
    except FileNotFoundError:
        break
    if left is None and not (folder / "0").exists():
        left = name + 20_000
    if name == left:
        break
    if name == 1000:
        print("writing", flush=True)
"""


def test_what_still_writes_into_an_interrupted_start_is_waited_for(fresh_home: Path) -> None:
    with running(fresh_home, fast_and_unsafe=True):
        base = Place.of(fresh_home).base
    interrupted = base / "making-before"
    interrupted.mkdir()
    with subprocess.Popen([sys.executable, "-c", LINGERING, interrupted], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        with running(fresh_home, fast_and_unsafe=True):
            assert not interrupted.exists()


def test_lost_passwords_are_made_anew_and_the_data_stay(home: Path) -> None:
    with running(home, fast_and_unsafe=True) as first:
        ask(first.owner_url, "CREATE TABLE kept AS SELECT 7 AS value")
    Place.of(home).passwords.unlink()
    with running(home, fast_and_unsafe=True) as second:
        assert second != first
        assert ask(second.owner_url, "SELECT value FROM kept") == 7


def test_a_data_folder_of_another_version_is_left_alone_in_one_sentence(fresh_home: Path) -> None:
    data = _pretended_data(fresh_home)
    (data / "PG_VERSION").write_text("11\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 11 and only that version may open it, but .*18.* was"):
        running(fresh_home).__enter__()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="cannot be the data folder"):
        running(tmp_path / "file").__enter__()


def test_half_a_data_folder_is_not_taken_for_a_database(fresh_home: Path) -> None:
    _pretended_data(fresh_home)
    with pytest.raises(EmbeddedError, match="is not a database folder"):
        running(fresh_home).__enter__()


def test_a_number_that_became_another_process_stops_no_start(home: Path) -> None:
    with running(home, fast_and_unsafe=True):
        pass
    place, account = Place.of(home), Account.for_server()
    with account.start(["sleep", str(600)]) as stranger:
        (place.data / "postmaster.pid").write_text(f"{stranger.pid}\n{place.data}\n")
        with running(home, fast_and_unsafe=True) as server:
            assert ask(server.owner_url, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_a_server_that_cannot_start_is_given_up_with_a_word_on_where_to_look(home: Path) -> None:
    with running(home, fast_and_unsafe=True):
        pass
    place = Place.of(home)
    (place.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match=r"does not start: .*server\.log says why"):
        running(home).__enter__()
    assert "no_such_setting" in place.log.read_text()
    assert servers(home) == []


def test_a_path_too_long_for_a_socket_gets_a_short_folder_of_its_own(tmp_path: Path) -> None:
    base = tmp_path / ("a" * 120)
    base.mkdir()
    place, account = Place(base, base), Account(os.geteuid(), os.getegid())
    sockets = place.make_sockets(account)
    assert len(os.fsencode(sockets)) < 80
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert place.make_sockets(account) == sockets
    sockets.chmod(0o755)  # as somebody else's folder under our old name might be
    assert place.make_sockets(account) != sockets
    sockets.rmdir()
    place.drop_short_sockets()


def _pretended_data(home: Path) -> Path:
    place = Place.of(home)
    place.data.mkdir(parents=True)
    return place.data
