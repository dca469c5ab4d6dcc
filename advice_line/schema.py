"""The schema: bringing a database to this version's tables and rights, and whether it stands there.

Only who migrates or serves needs this file, and with it Alembic, which takes a tenth of a second to read.
"""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from advice_line.migrations import rights

LOCK = 7_013_470_680  # any number of our own: two migrations at once take turns
LOCK_TIMEOUT = "5s"  # a migration that cannot get its lock gives up rather than queue callers behind it


def migrate(owner: Engine, serving_role: str) -> list[str]:
    """Bring the database to this version's tables and rights. Returns the revisions applied, oldest first."""
    with owner.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = _revision(connection)
        command.upgrade(_config(connection), "head")
        _grant(connection, serving_role)
        return [step.revision for step in reversed(list(_script().iterate_revisions("head", before or "base")))]


def is_current(engine: Engine) -> bool:
    """Whether the database stands at this version's newest migration."""
    with engine.connect() as connection:
        return _revision(connection) == _script().get_current_head()


def _grant(connection: Connection, serving_role: str) -> None:
    role = connection.dialect.identifier_preparer.quote(serving_role)
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}"))
    for table, may in rights.TABLES.items():
        connection.execute(text(f"GRANT {', '.join(may)} ON {table} TO {role}"))
    for sequence in rights.SEQUENCES:
        connection.execute(text(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}"))
    for function in rights.FUNCTIONS:
        connection.execute(text(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC"))
        connection.execute(text(f"GRANT EXECUTE ON FUNCTION {function} TO {role}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "advice_line:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
