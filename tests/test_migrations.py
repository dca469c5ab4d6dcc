"""Migrations: on an empty database, on one that is there, one at a time, and in step with the models."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from advice_line import db, embedded, main, migrations, schema
from advice_line.migrations import rights
from tests.scene import on_server

SERVING = "advice_line_app"
VERSIONS = Path(migrations.__file__).parent / "versions"
REVISIONS = sorted(path.stem[:4] for path in VERSIONS.glob("0*.py"))
# Databases stand that these have run on: what is changed in them afterwards is missing there.
DONE, DIGEST = "0018", "e96f7c07c9e31d7a5a925c3f97d3dace375ec4e76126bb499d3b4d4fb0c949c7"
# Tables that have no class: they are read and written by statements of their own.
WITHOUT_A_CLASS = {"heartbeat", "line", "refused_post", "alembic_version"}
MAY = text(
    "SELECT relname, string_agg(privilege_type, ',' ORDER BY privilege_type) AS may FROM pg_class,"
    " aclexplode(relacl) JOIN pg_roles r ON r.oid = grantee WHERE relkind = 'r' AND rolname = 'advice_line_app'"
    " AND relnamespace = 'public'::regnamespace GROUP BY relname"
)


@pytest.fixture
def empty(cluster: embedded.Server) -> Iterator[Engine]:
    """The owner of a database without a table."""
    on_server(cluster, "CREATE DATABASE empty OWNER advice_line_owner")
    engine = db.connect(cluster.url_for("owner", "empty"), pool_size=4)
    yield engine
    engine.dispose()
    on_server(cluster, "DROP DATABASE empty WITH (FORCE)")


def may(owner: Engine) -> dict[str, str]:
    """What the serving role may do with each table."""
    with owner.connect() as connection:
        return {row.relname: row.may for row in connection.execute(MAY)}


def test_an_empty_database_gets_everything(empty: Engine) -> None:
    assert not schema.is_current(empty)
    assert schema.migrate(empty, SERVING) == REVISIONS
    assert schema.is_current(empty)
    assert may(empty) == {table: ",".join(sorted(granted)) for table, granted in rights.TABLES.items()}


def test_a_migration_that_has_run_somewhere_is_never_changed() -> None:
    found = hashlib.sha256()
    for file in sorted(VERSIONS.glob("0*")):
        if file.name[:4] <= DONE:
            found.update(file.read_bytes())
    assert found.hexdigest() == DIGEST, f"Put the change into a migration after {DONE}."


def test_two_migrations_at_once_take_turns(empty: Engine) -> None:
    with ThreadPoolExecutor(2) as hands:
        done = hands.map(lambda _: schema.migrate(empty, SERVING), range(2))
        assert sorted(done) == [[], REVISIONS]


def test_a_database_that_is_there_keeps_its_rows_and_gets_its_rights_afresh(owner: Engine) -> None:
    rows = text("INSERT INTO heartbeat (worker, beat_at) VALUES ('test', now())")
    with owner.begin() as connection:
        connection.execute(rows)
        connection.execute(text("GRANT DELETE ON audit TO advice_line_app"))
        connection.execute(text("REVOKE SELECT ON enquiry FROM advice_line_app"))
    assert schema.migrate(owner, SERVING) == []
    assert may(owner) == {table: ",".join(sorted(granted)) for table, granted in rights.TABLES.items()}
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM heartbeat")) == 1


def test_the_models_say_what_the_migration_made(owner: Engine) -> None:
    assert main  # every model is known once the whole product is imported
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_schemas": False})
        found = [one for one in compare_metadata(context, db.Base.metadata) if _matters(one)]
    assert found == []


def test_a_migration_gives_up_rather_than_queue_callers_behind_it(
    owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert schema.LOCK_TIMEOUT == "5s"
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "50ms")
    with owner.connect() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": schema.LOCK})
        with pytest.raises(OperationalError, match="lock timeout"):
            schema.migrate(owner, SERVING)


def _matters(difference: object) -> bool:
    """A class need not repeat the indexes, constraints and defaults that the SQL names."""
    if isinstance(difference, list):
        return any(_matters(one) for one in difference)
    assert isinstance(difference, tuple)
    kind, thing = difference[:2]
    if kind == "remove_table":
        return thing.name not in WITHOUT_A_CLASS
    return kind in {"add_table", "add_column", "remove_column", "modify_type", "modify_nullable"}
