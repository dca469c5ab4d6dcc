"""A slate: a database that many tests use one after the other, wiped to what was in it when it was new.

A copy for each test is dear, and what follows dearer: every connection learns the tables anew, every engine builds its
statements anew. A wipe takes a few milliseconds and leaves both warm. What it does not take back is a change of the
tables themselves: a test that alters one puts it back, or works on a copy of its own (`scene.staged`).
"""

from collections.abc import Sequence
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
# What a failed test may have left behind would keep the rows locked. Then the rows: a table that is empty, as most are,
# is only looked at; asking is a tenth of the work of deleting nothing.
_WIPE = """
    CREATE FUNCTION kept.wipe() RETURNS void LANGUAGE plpgsql AS $wipe$ BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';
        {}
    END $wipe$
"""


@dataclass
class Slate:
    """The database with its engines; only `wiped` hands it to a test."""

    name: str
    owner: Engine
    serving: Engine
    _admin: str
    _hand: psycopg.Connection

    @classmethod
    def of(cls, server: embedded.Server, name: str) -> Self:
        """Keep what is in a database now as what it is wiped to."""
        admin = server.url_for("admin", name).replace("+psycopg", "")
        owner = db.connect(server.url_for("owner", name), pool_size=5)
        serving = db.connect(server.url_for("serving", name), pool_size=20)
        slate = cls(name, owner, serving, admin, _hand(admin))
        _keep(slate._hand)
        return slate

    def wiped(self) -> Self:
        """The same database as it was at first: its rows, and the next number of each sequence."""
        try:
            self._hand.execute("SELECT kept.wipe()")
        except psycopg.Error:  # a test was about connections that break, and broke them all, or left an order in pieces
            self._hand.close()
            self._hand = _hand(self._admin)
            self._hand.execute("SELECT kept.wipe()")
        return self

    def close(self) -> None:
        self.owner.dispose()
        self.serving.dispose()
        self._hand.close()


def _hand(admin: str) -> psycopg.Connection:
    """A connection that wipes: no trigger asks it whether it may, and its plans are made once."""
    return psycopg.connect(admin, autocommit=True, options="-c session_replication_role=replica")


def _keep(hand: psycopg.Connection) -> None:
    """Keep the rows that there are now in a schema apart, with the function that brings them back."""
    hand.execute("CREATE SCHEMA kept")
    tables = hand.execute(_TABLES).fetchall()
    steps = [_emptied(name) for name, _ in tables]
    steps += [_brought_back(hand, name, columns) for name, columns in tables if _has_rows(hand, name)]
    steps += [_counted_anew(hand, name) for (name,) in hand.execute(_SEQUENCES).fetchall()]
    hand.execute(sql.SQL(_WIPE).format(sql.SQL("\n").join(steps)))


def _emptied(table: str) -> sql.Composed:
    emptied = sql.SQL("IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;")
    return emptied.format(table=sql.Identifier("public", table))


def _has_rows(hand: psycopg.Connection, table: str) -> bool:
    return bool(hand.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier("public", table))).rowcount)


def _brought_back(hand: psycopg.Connection, table: str, columns: Sequence[str]) -> sql.Composed:
    names = {"table": sql.Identifier("public", table), "kept": sql.Identifier("kept", table)}
    hand.execute(sql.SQL("CREATE TABLE {kept} AS TABLE {table}").format(**names))
    these = sql.SQL(", ").join(map(sql.Identifier, columns))
    back = sql.SQL("INSERT INTO {table} ({these}) OVERRIDING SYSTEM VALUE SELECT {these} FROM {kept};")
    return back.format(these=these, **names)


def _counted_anew(hand: psycopg.Connection, sequence: str) -> sql.Composed:
    name = sql.Identifier("public", sequence)
    last, called = hand.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(name)).fetchone() or ()
    return sql.SQL("PERFORM setval({}, {}, {});").format(name.as_string(hand), last, called)
