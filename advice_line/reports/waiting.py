"""What is waiting just now: unheard, open, overdue, and how long the oldest has waited."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import taxonomy


@dataclass(frozen=True)
class Waiting:
    """Counts of this moment; the `oldest_…` are moments in UTC, None when nothing waits."""

    unheard: int
    oldest_unheard_at: datetime | None
    open: int
    overdue: int
    oldest_due_at: datetime | None
    without_slot: int
    expected_recordings: int


def waiting(session: Session, service_id: int, now: datetime) -> Waiting:
    """The state of one service's line just now."""
    statement = text(
        "SELECT count(*) FILTER (WHERE q.heard_at IS NULL) AS unheard,"
        " min(q.received_at) FILTER (WHERE q.heard_at IS NULL) AS oldest_unheard_at,"
        " count(*) AS open,"
        " count(*) FILTER (WHERE c.due_at < :now AND NOT a.made) AS overdue,"
        " min(c.due_at) FILTER (WHERE c.due_at < :now AND NOT a.made) AS oldest_due_at,"
        " count(*) FILTER (WHERE c.state = 'waiting') AS without_slot,"
        " (SELECT count(*) FROM message m WHERE m.service_id = :service AND m.state = 'expected'"
        "  AND m.enquiry_id IS NOT NULL) AS expected_recordings"
        " FROM enquiry q LEFT JOIN callback c ON c.service_id = q.service_id AND c.enquiry_id = q.id"
        " AND c.state IN ('waiting', 'planned', 'live')"
        # What is due is the first attempt: once it was made, nothing is overdue.
        " LEFT JOIN LATERAL (SELECT EXISTS (SELECT FROM attempt t WHERE t.service_id = q.service_id"
        "  AND t.enquiry_id = q.id AND t.at >= c.made_at AND t.result = ANY(:counting)) AS made) a ON true"
        " WHERE q.service_id = :service AND q.status <> 'closed'"
    )
    counting = [key for key, result in taxonomy.ATTEMPT_RESULTS.items() if result.counts_as_attempt]
    return Waiting(*session.execute(statement, {"service": service_id, "now": now, "counting": counting}).one())
