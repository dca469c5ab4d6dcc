"""The database of a command, when it is lost in the middle of it, or in use."""

from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from advice_line import schema
from advice_line.cli.databases import Databases
from advice_line.cli.serving import bring_up_to_date
from advice_line.errors import OutsideFailed
from tests.scene import Stage


@pytest.fixture
def found(stage: Stage) -> Databases:
    serving, owner = (engine.url.render_as_string(hide_password=False) for engine in (stage.serving, stage.owner))
    return Databases(serving, owner)


def loses(engine: Engine) -> None:
    """The server ends the connection that is at work."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def comes_back_in_vain(engine: Engine) -> None:
    """Nobody listens any more where the server was."""
    engine.dispose()
    event.listen(engine, "do_connect", lambda *_: psycopg.connect("host=127.0.0.1 port=1"))
    engine.connect()


def asks_for_too_long(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '1ms'"))
        connection.execute(text("SELECT pg_sleep(1)"))


@pytest.mark.parametrize("lost", [loses, comes_back_in_vain])
@pytest.mark.parametrize(("role", "setting"), [("serving", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")])
def test_a_database_that_is_lost_in_the_middle_is_one_sentence(
    found: Databases, lost: Callable[[Engine], None], role: str, setting: str
) -> None:
    opened = found.as_serving if role == "serving" else found.as_owner
    told = f"lost in the middle of this command: check {setting} and"
    with pytest.raises(OutsideFailed, match=told), opened() as engine:
        lost(engine)


def test_what_the_database_itself_refuses_is_not_taken_for_its_loss(found: Databases) -> None:
    with pytest.raises(OperationalError), found.as_owner() as engine:
        asks_for_too_long(engine)


def test_a_migration_gives_up_in_one_sentence_before_callers_wait_for_it(
    found: Databases, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "50ms")
    with stage.owner.begin() as another:
        another.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": schema.LOCK})
        with pytest.raises(OutsideFailed, match="Nothing was migrated: another migration is at work"):
            bring_up_to_date(found)
    assert bring_up_to_date(found) == []
