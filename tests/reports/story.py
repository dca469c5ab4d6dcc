"""What the tests of reports do to an enquiry, in rows: attempts, due times and ends."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.enquiries.enquiry import Enquiry


def attempted(session: Session, enquiry: Enquiry, at: datetime, result: str = "no_answer") -> None:
    """A finished attempt that somebody dialled themselves."""
    statement = text(
        "INSERT INTO attempt (service_id, enquiry_id, opened_by_system, at, self_dialled, state, finished_at, result)"
        " VALUES (:service, :enquiry, 'tests', :at, true, 'finished', :at, :result)"
    )
    session.execute(statement, {**_ids(enquiry), "at": at, "result": result})


def due(session: Session, enquiry: Enquiry, at: datetime) -> None:
    """Change when the callback is due."""
    statement = text(
        "UPDATE callback SET due_at = :at, breach_at = :later WHERE service_id = :service AND enquiry_id = :enquiry"
    )
    session.execute(statement, {**_ids(enquiry), "at": at, "later": at + timedelta(days=3)})


def ended(
    session: Session, enquiry: Enquiry, at: datetime, *, outcome: str | None = None, reason: str | None = None
) -> None:
    """Close the enquiry with an outcome or for a reason."""
    statement = text(
        "UPDATE enquiry SET status = 'closed', closed_at = :at, outcome = :outcome, closing_reason = :reason"
        " WHERE service_id = :service AND id = :enquiry"
    )
    session.execute(statement, {**_ids(enquiry), "at": at, "outcome": outcome, "reason": reason})


def _ids(enquiry: Enquiry) -> dict[str, int]:
    return {"service": enquiry.service_id, "enquiry": enquiry.id}
