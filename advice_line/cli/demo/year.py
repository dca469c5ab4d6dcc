"""The rows of a made-up year, by table, and how they reach the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

Row = dict[str, Any]
# In the order in which they refer to one another.
TABLES = ("enquiry", "call", "message", "callback", "attempt", "outcome", "referral", "enquiry_event")
NUMBERED = ("enquiry", "call", "attempt")


@dataclass
class Year:
    """Rows waiting to be written. `first` holds the first free id of each numbered table."""

    first: dict[str, int]
    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in TABLES})

    @classmethod
    def after(cls, session: Session) -> "Year":
        """An empty year, numbered on from what the database holds."""
        return cls({table: _free_id(session, table) for table in NUMBERED})

    def add(self, table: str, **values: Any) -> Row:
        """Add one row, numbered where its table is; returns it."""
        if table in self.first:
            values["id"] = self.first[table] + len(self.rows[table])
        self.rows[table].append(values)
        return values

    def write(self, session: Session) -> None:
        """Insert everything, and number on from there."""
        for table in TABLES:
            _insert(session, table, self.rows[table])


def _free_id(session: Session, table: str) -> int:
    return session.scalar(text(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")) or 1  # noqa: S608 - a constant


def _insert(session: Session, table: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    names = list(rows[0])
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    # The table and its columns are constants of this package; every value is a parameter.
    session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), list(rows))  # noqa: S608
    if table in NUMBERED:
        numbered = "SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"
        session.execute(text(numbered), {"table": table, "last": rows[-1]["id"]})
