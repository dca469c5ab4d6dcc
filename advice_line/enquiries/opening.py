"""How a message opens an enquiry, or joins the one that its caller already has open (edge case E01).

Messages of one number are grouped while the enquiry is open: visibly, reversibly, never to a child by themselves.
A withheld number, a trust's switchboard and a number that says nothing are nobody's identity and are never grouped
(edge cases E05, E05b, E37).
"""

from collections.abc import Callable, Container
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from advice_line.audit import Actor
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry, note, raise_priority
from advice_line.messages import Message

TELEPHONE = Actor.part("telephone")
THIRD_CONTACT = 3


def open_or_join(
    session: Session,
    call: Call,
    message: Message,
    *,
    reference: Callable[[int], str],
    shared_numbers: Container[str],
    now: datetime,
) -> tuple[Enquiry, bool]:
    """The enquiry this message belongs to, and whether it was opened just now. Safe to repeat for one message.

    `reference` makes the service's reference of a number; `shared_numbers` are numbers that stand for many people.
    """
    if message.enquiry_id is not None:
        return session.get_one(Enquiry, (message.service_id, message.enquiry_id)), False
    number = None if call.from_number is None or call.from_number in shared_numbers else call.from_number
    joined = _open_enquiry_of(session, call.service_id, number) if number else None
    enquiry = joined or _open(session, call, number, reference=reference, now=now)
    message.enquiry_id = call.enquiry_id = enquiry.id
    session.flush()
    if joined:
        _called_again(session, enquiry, now)
    return enquiry, joined is None


def _open_enquiry_of(session: Session, service_id: int, number: str) -> Enquiry | None:
    # Two messages of one caller may arrive in the same moment: they take turns, so the second finds the first's.
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:caller, 0))")
    session.execute(lock, {"caller": f"{service_id} {number}"})
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.service_id == service_id, Enquiry.caller_number == number, Enquiry.status != "closed")
        .order_by(Enquiry.received_at)
        .limit(1)
        .with_for_update()
    ).first()


def _open(
    session: Session, call: Call, number: str | None, *, reference: Callable[[int], str], now: datetime
) -> Enquiry:
    enquiry = Enquiry(
        service_id=call.service_id,
        id=session.scalar(select(func.nextval(func.pg_get_serial_sequence("enquiry", "id")))),
        line_key=call.line_key,
        status="new",
        priority="routine",
        flags=["withheld_number"] if call.withheld else [],
        received_at=call.started_at,
        caller_number=number,
        caller_withheld=call.withheld,
        caller_needs=[],
        contact_times=[],
        topics=[],
        updated_at=now,
    )
    enquiry.reference = reference(enquiry.id)
    session.add(enquiry)
    session.flush()
    note(session, enquiry, "opened", TELEPHONE, now, to_status="new")
    return enquiry


def _called_again(session: Session, enquiry: Enquiry, now: datetime) -> None:
    enquiry.heard_at = None  # there is something new to listen to
    note(session, enquiry, "called_again", TELEPHONE, now)
    messages = session.scalar(
        select(func.count())
        .select_from(Message)
        .where(Message.service_id == enquiry.service_id, Message.enquiry_id == enquiry.id)
    )
    if (messages or 0) >= THIRD_CONTACT and raise_priority(enquiry, "soon"):
        note(session, enquiry, "priority_raised", TELEPHONE, now, detail="soon")
