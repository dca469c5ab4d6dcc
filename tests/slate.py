"""A slate: a database that many tests use one after the other, wiped to what was in it when it was new.

A copy for each test is dear, and what follows dearer: every connection learns the tables anew, every engine builds its
statements anew. A wipe takes a few milliseconds and leaves both warm. What it does not take back is a change of the
tables themselves: a test that alters one puts it back, or works on a copy of its own (`scene.staged`).
"""

from dataclasses import dataclass
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from advice_line import db, embedded

_TABLES = """
    SELECT relname AS name, array_agg(attname::text ORDER BY attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    GROUP BY relname ORDER BY relname
"""
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename"
# What a failed test may have left behind would keep the rows locked.
_END_STRAGGLERS = sql.SQL(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
)


@dataclass
class Slate:
    """The database with its engines; only `wiped` hands it to a test."""

    name: str
    owner: Engine
    serving: Engine
    _admin: str
    _hand: psycopg.Connection
    _wipe: sql.Composed

    @classmethod
    def of(cls, server: embedded.Server, name: str) -> Self:
        """Keep what is in a database now as what it is wiped to."""
        admin = server.url_for("admin", name).replace("+psycopg", "")
        hand = psycopg.connect(admin, autocommit=True)
        owner = db.connect(server.url_for("owner", name), pool_size=5)
        serving = db.connect(server.url_for("serving", name), pool_size=20)
        return cls(name, owner, serving, admin, hand, _way_back(hand))

    def wiped(self) -> Self:
        """The same database as it was at first: its rows, and the next number of each sequence."""
        try:
            self._hand.execute(self._wipe)
        except psycopg.Error:  # a test was about connections that break, and broke them all, or left an order in pieces
            self._hand.close()
            self._hand = psycopg.connect(self._admin, autocommit=True)
            self._hand.execute(self._wipe)
        return self

    def close(self) -> None:
        self.owner.dispose()
        self.serving.dispose()
        self._hand.close()


def _way_back(hand: psycopg.Connection) -> sql.Composed:
    """The statements that wipe, in one transaction; the rows that there are now are kept in a schema apart."""
    no_triggers = sql.SQL("SET LOCAL session_replication_role = replica")
    steps: list[sql.Composable] = [sql.SQL("BEGIN"), _END_STRAGGLERS, no_triggers]
    tables = hand.execute(_TABLES).fetchall()
    hand.execute("CREATE SCHEMA kept")
    steps += [sql.SQL("DELETE FROM {}").format(sql.Identifier("public", name)) for name, _ in tables]
    for name, columns in tables:
        table, kept = sql.Identifier("public", name), sql.Identifier("kept", name)
        if hand.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(table)).rowcount:
            hand.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, table))
            these = sql.SQL(", ").join(map(sql.Identifier, columns))
            back = sql.SQL("INSERT INTO {} ({these}) OVERRIDING SYSTEM VALUE SELECT {these} FROM {}")
            steps.append(back.format(table, kept, these=these))
    for (name,) in hand.execute(_SEQUENCES).fetchall():
        sequence = sql.Identifier("public", name)
        last, called = hand.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sequence)).fetchone() or ()
        steps.append(sql.SQL("SELECT setval({}, {}, {})").format(sequence.as_string(hand), last, called))
    return sql.SQL("; ").join([*steps, sql.SQL("COMMIT")])
