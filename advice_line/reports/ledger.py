"""The ledger: every provider call and recording with its one end state, so that it can be seen that nothing was lost.

What is unaccounted for, and why, is said in one place: the database's function `unaccounted_for`. It is explained by
what the network tells when it is asked (scheduler: explaining, reconciling), or it stays in sight.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.errors import Fault, Malformed
from advice_line.reports.period import Period

# Where a page ended: the moment, kind and sid of its last item.
PLACE = re.compile(r"([0-9T:.-]{19,26}\+00:00) (call|recording) ([0-9A-Za-z]{1,64})")


@dataclass(frozen=True)
class Item:
    """One call or recording; `enquiry` is a reference."""

    sid: str
    kind: Literal["call", "recording"]
    at: datetime
    end_state: str
    enquiry: str | None


@dataclass(frozen=True)
class Missing:
    """A call or recording that is unaccounted for. `why` is recorder, found or no_end."""

    sid: str
    kind: Literal["call", "recording"]
    at: datetime
    why: Literal["recorder", "found", "no_end"]


@dataclass(frozen=True)
class FoundItem:
    """A call or recording that was found at the provider; `enquiry` is a reference."""

    sid: str
    kind: Literal["call", "recording"]
    at: datetime
    found_at: datetime
    enquiry: str | None


@dataclass(frozen=True)
class Page:
    items: list[Item]
    next_cursor: str | None


def page(session: Session, service_id: int, period: Period, limit: int, after: str | None) -> Page:
    """The items of a period in the order of time, from the cursor on. Raises Malformed for an unknown cursor.

    A cursor names the last item, so that a call that is heard of late shifts no other.
    """
    last = (period.start, "", "") if after is None else _place(after)
    statement = text(
        "SELECT x.sid, x.kind, x.at, x.end_state, q.reference FROM ("
        " SELECT sid, 'call' AS kind, started_at AS at, end_state, enquiry_id FROM call WHERE service_id = :service"
        " UNION ALL"
        " SELECT l.sid, 'call', l.started_at, l.end_state, a.enquiry_id FROM leg l"
        " LEFT JOIN attempt a ON a.service_id = l.service_id AND a.id = l.attempt_id WHERE l.service_id = :service"
        " UNION ALL"
        " SELECT recording_sid, 'recording', at, CASE WHEN state = 'deleted' THEN 'stored' ELSE state END, enquiry_id"
        " FROM message WHERE service_id = :service AND recording_sid IS NOT NULL"
        ") x LEFT JOIN enquiry q ON q.service_id = :service AND q.id = x.enquiry_id"
        " WHERE x.at >= :start AND x.at < :end AND (x.at, x.kind, x.sid) > (:at, :kind, :sid)"
        " ORDER BY x.at, x.kind, x.sid LIMIT :limit"
    )
    given = {"service": service_id, "start": period.start, "end": period.end, "limit": limit + 1}
    after_last = dict(zip(("at", "kind", "sid"), last, strict=True))
    items = [Item(*row) for row in session.execute(statement, {**given, **after_last})]
    more = len(items) > limit
    return Page(items[:limit], " ".join(_words(items[limit - 1])) if more else None)


def unaccounted(session: Session, service_id: int, now: datetime) -> list[str]:
    """The sids of all that is unaccounted for, oldest first."""
    return list(dict.fromkeys(each.sid for each in missing(session, service_id, now)))


def missing(session: Session, service_id: int, now: datetime) -> list[Missing]:
    """All that is unaccounted for, oldest first, with the reason."""
    statement = text(
        "SELECT sid, kind, at, why FROM unaccounted_for(:now) WHERE service_id = :service ORDER BY at, kind, sid"
    )
    return [Missing(*row) for row in session.execute(statement, {"now": now, "service": service_id})]


def found(session: Session, service_id: int, since: datetime) -> list[FoundItem]:
    """What was found at the provider since a moment, and no webhook had told us of; the newest find first."""
    statement = text(
        "SELECT x.sid, x.kind, x.at, x.found_at, q.reference FROM ("
        " SELECT sid, 'call' AS kind, started_at AS at, found_at, enquiry_id FROM call WHERE service_id = :service"
        " UNION ALL"
        " SELECT recording_sid, 'recording', at, found_at, enquiry_id FROM message WHERE service_id = :service"
        " UNION ALL"
        " SELECT sid, 'call', started_at, found_at, NULL FROM leg WHERE service_id = :service"
        ") x LEFT JOIN enquiry q ON q.service_id = :service AND q.id = x.enquiry_id"
        " WHERE x.found_at >= :since ORDER BY x.found_at DESC, x.at, x.sid LIMIT 500"
    )
    return [FoundItem(*row) for row in session.execute(statement, {"service": service_id, "since": since})]


def _words(item: Item) -> tuple[str, str, str]:
    return item.at.isoformat(), item.kind, item.sid


def _place(cursor: str) -> tuple[datetime, str, str]:
    found = PLACE.fullmatch(cursor)
    try:
        if found is not None:
            return datetime.fromisoformat(found[1]), found[2], found[3]
    except ValueError:
        pass  # no moment, and so no cursor of ours
    raise Malformed([Fault("cursor", "Send the next_cursor of the page before, unchanged.")])
