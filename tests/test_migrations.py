"""Migrations: on an empty database, on one that is there, and in step with the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from advice_line import db, main

# Tables that have no class: they are read and written by statements of their own.
WITHOUT_A_CLASS = {"heartbeat", "line", "alembic_version"}


def test_a_second_migration_finds_nothing_to_do(owner: Engine) -> None:
    assert db.migrate(owner, "advice_line_app") == []


def test_the_models_say_what_the_migration_made(owner: Engine) -> None:
    assert main  # every model is known once the whole product is imported
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_schemas": False})
        found = [one for one in compare_metadata(context, db.Base.metadata) if _matters(one)]
    assert found == []


def test_a_migration_gives_up_rather_than_queue_callers_behind_it(owner: Engine) -> None:
    with owner.connect() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": db.MIGRATION_LOCK})
        with pytest.raises(OperationalError, match="lock timeout"):
            db.migrate(owner, "advice_line_app")


def _matters(difference: object) -> bool:
    """A class need not repeat the indexes, constraints and defaults that the SQL names."""
    if isinstance(difference, list):
        return any(_matters(one) for one in difference)
    kind, *rest = difference  # type: ignore[misc]
    if kind == "remove_table":
        return rest[0].name not in WITHOUT_A_CLASS
    return kind in {"add_table", "add_column", "remove_column", "modify_type", "modify_nullable"}
