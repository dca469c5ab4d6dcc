"""A slate is wiped to what was in it at first, whatever a test did to its rows."""

from sqlalchemy import Engine, TextClause, text

from advice_line import embedded
from tests import factories
from tests.scene import TUESDAY, Stage, on_server
from tests.slate import Slate

TABLES = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
NEXT = text("SELECT sequencename, last_value FROM pg_sequences")


def content(owner: Engine) -> set[tuple[object, ...]]:
    """How many rows each table has, and where each sequence stands."""
    with owner.connect() as connection:
        counts = {(name, connection.scalar(count_of(name))) for name in connection.scalars(TABLES)}
        return counts | {tuple(row) for row in connection.execute(NEXT)}


def count_of(table: str) -> TextClause:
    return text(f"SELECT count(*) FROM {table}")  # noqa: S608 - a table of ours


def test_what_was_added_changed_and_deleted_is_as_it_was(theatre: Slate, stage: Stage) -> None:
    before = content(stage.owner)
    with stage.story() as session:
        factories.a_heard_enquiry(session, stage.scene.herts, TUESDAY)
    with stage.owner.begin() as connection:
        connection.execute(text("DELETE FROM token"))
        connection.execute(text("UPDATE therapist SET name = 'Somebody Else'"))
    assert len(content(stage.owner) - before) > 10
    theatre.wiped()
    assert content(stage.owner) == before
    with stage.owner.connect() as connection:
        names = set(connection.scalars(text("SELECT name FROM therapist")))
    assert names == {stage.scene.sam.name, stage.scene.kim.name}


def test_a_transaction_that_was_left_open_holds_up_nobody(blank: Slate, owner: Engine) -> None:
    left = owner.connect()
    left.execute(text("LOCK TABLE audit"))
    blank.wiped()
    left.invalidate()
    left.close()
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit")) == 0


def test_who_breaks_every_connection_harms_no_test_after(cluster: embedded.Server, blank: Slate) -> None:
    on_server(cluster, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{blank.name}'")  # noqa: S608
    with blank.wiped().owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit")) == 0
