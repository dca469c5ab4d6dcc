"""Reopening: somebody whom we could not reach gets in touch again, and finds their enquiry where it was left.

By their own number alone, and only for a while: after that it is a new question (attempt policy: a caller who rings
back reopens the same enquiry).
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.audit import Actor, record
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import UNABLE_TO_CONTACT, Enquiry

TELEPHONE = Actor.part("telephone")
REOPENS_WITHIN = timedelta(days=28)


def reopened(session: Session, service_id: int, number: str, at: datetime, now: datetime) -> Enquiry | None:
    """The newest enquiry of this number that ended as unable to contact, open again; None without one.

    `at` is when they got in touch. The caller's turn is taken already (opening.open_enquiry_of).
    """
    ended = session.scalars(
        select(Enquiry)
        .where(
            Enquiry.service_id == service_id,
            Enquiry.caller_number == number,
            Enquiry.number_given.is_(False),
            Enquiry.closing_reason == UNABLE_TO_CONTACT,
            Enquiry.closed_at > at - REOPENS_WITHIN,
        )
        .order_by(Enquiry.closed_at.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if ended is None:
        return None
    enquiries.reopen(session, ended, TELEPHONE, now)
    record(session, TELEPHONE, "reopened", f"enquiry {ended.id}", now, service_id=service_id)
    return ended
