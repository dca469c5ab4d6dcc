"""Volume: calls, messages and enquiries, counted by time or by what they were about.

Calls and messages count under their enquiry's key, else under `unknown`, and an enquiry counts once, under its main
topic: so for any `by` the columns add up to the same totals.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.reports.period import TO_CHAR, Period, TimeKey

By = Literal["day", "week", "month", "hour", "weekday", "role", "topic", "setting", "outcome"]
CHOICES: tuple[By, ...] = get_args(By)
UNKNOWN = "unknown"

# What is counted: the table, its moment, and its enquiry. Words written on the caller's own page came over no line.
COUNTED = {
    "calls": "SELECT t.started_at AS at, t.enquiry_id FROM call t WHERE t.service_id = :service"
    " AND t.started_at >= :start AND t.started_at < :end",
    "messages": "SELECT t.at, t.enquiry_id FROM message t WHERE t.service_id = :service AND t.enquiry_id IS NOT NULL"
    " AND t.direction = 'inbound' AND t.at >= :start AND t.at < :end"
    " UNION ALL SELECT t.at, t.enquiry_id FROM text_message t WHERE t.service_id = :service"
    " AND t.direction = 'inbound' AND t.sid IS NOT NULL AND t.at >= :start AND t.at < :end",
    "enquiries": "SELECT t.received_at AS at, t.id AS enquiry_id FROM enquiry t WHERE t.service_id = :service"
    " AND t.received_at >= :start AND t.received_at < :end",
}
ABOUT: dict[By, str] = {
    "role": "coalesce(q.caller_role, 'unknown')",
    "topic": "coalesce(q.topics[1], 'unknown')",
    "setting": "coalesce(q.setting, 'unknown')",
    "outcome": "CASE WHEN q.id IS NULL THEN 'unknown' ELSE coalesce(q.outcome, q.closing_reason, 'open') END",
}


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    key: str
    label: str
    calls: int
    messages: int
    enquiries: int


def volume(session: Session, service_id: int, period: Period, by: By) -> list[Row]:
    """The rows of one report, also those with nothing in them, in their natural order."""
    counts = {what: _count(session, service_id, period, by, counted) for what, counted in COUNTED.items()}
    labels = _labels(period, by)
    for found in counts.values():
        labels |= {key: key for key in found if key not in labels}
    return [Row(key, label, *(counts[what][key] for what in COUNTED)) for key, label in labels.items()]


def total(rows: list[Row]) -> Row:
    """The sum of all rows."""
    return Row("total", "Total", *(sum(getattr(row, what) for row in rows) for what in COUNTED))


def _count(session: Session, service_id: int, period: Period, by: By, counted: str) -> Counter[str]:
    # Only constants of this file go into the statement; everything else is a parameter.
    statement = text(
        f"SELECT {_key(by)} AS key, count(*) AS many FROM ({counted}) c"  # noqa: S608
        " LEFT JOIN enquiry q ON q.service_id = :service AND q.id = c.enquiry_id GROUP BY 1"
    )
    found = session.execute(statement, {"service": service_id, "start": period.start, "end": period.end})
    counts = Counter({row.key: row.many for row in found})
    if by == "weekday":
        names = list(period.keys("weekday"))
        return Counter({names[int(number) - 1]: many for number, many in counts.items()})
    return counts


def _key(by: By) -> str:
    if by in TO_CHAR:
        return f"to_char(c.at AT TIME ZONE 'Europe/London', '{TO_CHAR[by]}')"
    return ABOUT[by]


def _labels(period: Period, by: By) -> dict[str, str]:
    time_keys: tuple[TimeKey, ...] = get_args(TimeKey)
    for time_key in time_keys:
        if by == time_key:
            return period.keys(time_key)
    lists = {"role": ("caller_roles",), "topic": ("topics",), "setting": ("settings",)}.get(
        by, ("outcomes", "closing_reasons")
    )
    labels = {choice.key: choice.label for name in lists for choice in taxonomy.choices(name).values()}
    if by == "outcome":
        labels["open"] = "Still open"
    return labels | {UNKNOWN: "Not known"}
