"""Who starts the server, who shares it, and what happens when somebody is killed."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from advice_line.embedded import EmbeddedError, remove, running
from tests.embedded.conftest import StartUser, ask, keepers, lives, servers, until


def test_the_first_user_starts_a_server_and_the_last_one_stops_it(fresh_home: Path) -> None:
    with running(fresh_home, fast_and_unsafe=True) as server:
        assert ask(server.owner_url, "SELECT 1") == 1
        assert len(servers(fresh_home)) == 1
    assert servers(fresh_home) == []
    until(lambda: not keepers(fresh_home))  # it lets its lock go a moment before it ends


def test_a_later_start_finds_what_was_written(home: Path) -> None:
    with running(home) as server:
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 7 AS value")
    with running(home) as server:
        assert ask(server.owner_url, "SELECT value FROM kept") == 7


def test_two_users_share_one_server_until_both_have_left(home: Path, other_user: StartUser) -> None:
    other = other_user(home)
    url = other.url()
    with running(home) as server:
        assert server.admin_url == url
        other.leaves()
        assert ask(url, "SELECT 1") == 1
    assert servers(home) == []


def test_users_who_come_at_once_share_one_server(fresh_home: Path, other_user: StartUser) -> None:
    users = [other_user(fresh_home) for _ in range(3)]
    started = {ask(user.url(), "SELECT pg_postmaster_start_time()") for user in users}
    assert len(started) == 1
    assert len(servers(fresh_home)) == 1


def test_whoever_comes_while_others_leave_never_meets_a_server_that_stops(home: Path) -> None:
    def come_and_leave(_: int) -> int:
        with running(home, fast_and_unsafe=True) as server:
            return int(ask(server.owner_url, "SELECT 1"))

    with ThreadPoolExecutor(3) as visitors:
        assert list(visitors.map(come_and_leave, range(15))) == [1] * 15


def test_a_killed_user_leaves_no_server_behind(home: Path, other_user: StartUser) -> None:
    user = other_user(home)
    user.url()
    user.is_killed()
    until(lambda: not keepers(home))
    assert servers(home) == []


def test_ctrl_c_ends_the_user_who_started_the_server_but_not_the_server(home: Path, other_user: StartUser) -> None:
    first = other_user(home)
    first.url()
    with running(home) as server:
        started = ask(server.admin_url, "SELECT pg_postmaster_start_time()")
        first.is_interrupted()
        assert ask(server.admin_url, "SELECT pg_postmaster_start_time()") == started
    assert "keeper: the server ended" not in (home / "database" / "server.log").read_text()


def test_a_keeper_is_deaf_to_what_stops_its_users(home: Path) -> None:
    with running(home, fast_and_unsafe=True) as server:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(keepers(home)[0], each)
        assert ask(server.owner_url, "SELECT 1") == 1
        assert len(keepers(home)) == 1


def test_a_killed_server_is_started_again_for_those_who_use_it(home: Path) -> None:
    with running(home) as server:
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 7 AS value")
        killed = servers(home)[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in servers(home) and _answers(server.owner_url))
        assert ask(server.owner_url, "SELECT value FROM kept") == 7
    assert servers(home) == []
    assert "keeper: the server ended with -9" in (home / "database" / "server.log").read_text()


def test_a_killed_keeper_takes_its_server_along_and_the_next_user_brings_both_back(home: Path) -> None:
    with running(home) as server:
        ask(server.owner_url, "CREATE TABLE kept AS SELECT 7 AS value")
        orphan = servers(home)[0]
        os.kill(keepers(home)[0], signal.SIGKILL)
        until(lambda: not lives(orphan))
        with running(home) as again:
            assert again == server
            assert ask(again.owner_url, "SELECT value FROM kept") == 7
    assert servers(home) == []


def test_nothing_is_lost_when_user_keeper_and_server_are_killed_together(home: Path, other_user: StartUser) -> None:
    user = other_user(home, durable=True)
    ask(user.url(), "CREATE TABLE kept AS SELECT 7 AS value")
    for each in (keepers(home)[0], servers(home)[0]):
        os.kill(each, signal.SIGKILL)
    user.is_killed()
    with running(home) as server:
        assert ask(server.admin_url, "SELECT value FROM kept") == 7


def test_a_forked_child_keeps_the_server_for_itself(home: Path) -> None:
    told, tell = os.pipe()
    with running(home, fast_and_unsafe=True) as server:
        if (child := os.fork()) == 0:
            os.close(tell)
            os.read(told, 1)  # until the test closes its end, however it ends
            os._exit(0)
    try:
        assert ask(server.owner_url, "SELECT 1") == 1
    finally:
        os.close(tell)
        os.waitpid(child, 0)
        os.close(told)
    until(lambda: not keepers(home))


def test_a_url_for_another_database_leads_there_with_the_same_role(home: Path) -> None:
    with running(home, fast_and_unsafe=True) as server:
        ask(server.admin_url, "CREATE DATABASE another OWNER advice_line_owner TEMPLATE advice_line")
        url = server.url_for("owner", "another")
        assert ask(url, "SELECT current_database() || ' ' || current_user") == "another advice_line_owner"


def test_the_words_for_a_server_show_no_password(home: Path) -> None:
    with running(home, fast_and_unsafe=True) as server:
        assert str(server) == "Server()"


def test_a_database_in_use_is_not_removed(home: Path) -> None:
    with running(home, fast_and_unsafe=True), pytest.raises(EmbeddedError, match="is in use"):
        remove(home)


def _answers(url: str) -> bool:
    try:
        return bool(ask(url, "SELECT true"))
    except psycopg.OperationalError:
        return False
