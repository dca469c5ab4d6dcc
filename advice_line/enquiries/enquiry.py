"""3. Enquiry: who asks what, about which child if any; its states, and the one function that moves it.

A conversation with no child named is a normal enquiry, not a data error (edge case E22).
Before: messages. After: callbacks.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, SmallInteger, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor
from advice_line.db import Base, Id, Moment, ServiceId, move_on, notify
from advice_line.errors import NotFound, WrongState

# Every permitted move. `closed` leads nowhere: a closed record is corrected, never reopened by a move. Only a caller
# whom we could not reach reopens theirs, by ringing again (`reopen`).
MOVES: dict[str, frozenset[str]] = {
    "new": frozenset({"triaged", "assigned", "in_call", "retry_due", "follow_up_due", "closed"}),
    "triaged": frozenset({"assigned", "in_call", "retry_due", "follow_up_due", "closed"}),
    "assigned": frozenset({"triaged", "in_call", "retry_due", "follow_up_due", "closed"}),
    "in_call": frozenset({"new", "triaged", "assigned", "retry_due", "follow_up_due", "closed"}),
    "retry_due": frozenset({"in_call", "follow_up_due", "closed"}),
    "follow_up_due": frozenset({"in_call", "retry_due", "closed"}),
    "closed": frozenset(),
}
REFERENCE = re.compile(r"[A-Z]{1,4}-[0-9]{6,18}")
SAFEGUARDING_FLAG = "possible_safeguarding"
INTERPRETER_FLAG = "interpreter_needed"
UNABLE_TO_CONTACT = "unable_to_contact"
# Raised priorities come first; nothing but a person lowers one.
PRIORITIES = ("safeguarding", "urgent", "soon", "routine")


class Enquiry(Base):
    __tablename__ = "enquiry"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    reference: Mapped[str]
    line_key: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str]
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    received_at: Mapped[Moment]
    heard_at: Mapped[Moment | None]
    caller_name: Mapped[str | None]
    caller_role: Mapped[str | None]
    caller_number: Mapped[str | None]
    caller_withheld: Mapped[bool]
    number_given: Mapped[bool] = mapped_column(default=False)
    own_number: Mapped[str | None]
    caller_language: Mapped[str | None]
    caller_needs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    caller_texts: Mapped[bool | None]
    contact_times: Mapped[list[Any]] = mapped_column(JSONB)
    not_before: Mapped[date | None]
    not_after: Mapped[date | None]
    caller_changed_at: Mapped[Moment | None]
    sorted_at: Mapped[Moment | None]
    child_name: Mapped[str | None]
    child_date_of_birth: Mapped[date | None]
    child_school: Mapped[str | None]
    child_postcode: Mapped[str | None]
    child_nhs_number: Mapped[str | None]
    child_agreement: Mapped[bool | None]
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    setting: Mapped[str | None]
    therapist_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None]
    closing_reason: Mapped[str | None]
    closed_at: Mapped[Moment | None]
    last_word_at: Mapped[Moment | None]
    updated_at: Mapped[Moment]

    @property
    def is_open(self) -> bool:
        return self.status != "closed"

    @property
    def child_known(self) -> bool:
        return any((self.child_name, self.child_date_of_birth, self.child_school, self.child_nhs_number))


class EnquiryEvent(Base):
    """One line of an enquiry's history: added, never changed; names a person or a part of the system."""

    __tablename__ = "enquiry_event"

    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Moment]
    what: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str | None]
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    system: Mapped[str | None]
    detail: Mapped[str | None]


def by_reference(session: Session, service_id: int, reference: str, *, lock: bool = False) -> Enquiry:
    """The enquiry of this reference in this service. Raises NotFound, also for another service's."""
    query = select(Enquiry).where(Enquiry.service_id == service_id, Enquiry.reference == reference)
    # Anything else is no reference of ours, and perhaps nothing that a database could be asked.
    known = REFERENCE.fullmatch(reference)
    found = session.scalars(query.with_for_update() if lock else query).first() if known else None
    if found is None:
        raise NotFound("There is no enquiry with this reference in your service.")
    return found


def by_id(session: Session, service_id: int, enquiry_id: int, *, lock: bool = False) -> Enquiry:
    """The enquiry of this id, which must exist."""
    if not lock:
        return session.get_one(Enquiry, (service_id, enquiry_id))
    query = select(Enquiry).where(Enquiry.service_id == service_id, Enquiry.id == enquiry_id)
    return session.scalars(query.with_for_update()).one()


def not_heard(session: Session, service_id: int) -> Sequence[Enquiry]:
    """Open enquiries with something nobody has listened to yet, oldest first: the whole service's."""
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.service_id == service_id, Enquiry.heard_at.is_(None), Enquiry.status != "closed")
        .order_by(Enquiry.received_at, Enquiry.id)
    ).all()


def count_not_heard(session: Session, service_id: int) -> int:
    """How many open enquiries have something nobody has listened to yet."""
    waiting = select(func.count()).where(
        Enquiry.service_id == service_id, Enquiry.heard_at.is_(None), Enquiry.status != "closed"
    )
    return session.scalar(waiting) or 0


def move(session: Session, enquiry: Enquiry, to: str, actor: Actor, now: datetime, **changes: Any) -> None:
    """Make one move of MOVES and write it into the history, or raise WrongState."""
    before = enquiry.status
    if to not in MOVES[before]:
        raise WrongState(f"An enquiry that is “{_words(before)}” cannot become “{_words(to)}”.")
    if not move_on(session, enquiry, "status", to, updated_at=now, **changes):
        raise WrongState("Somebody else changed this enquiry first. Reload the page to see it as it is now.")
    note(session, enquiry, "moved", actor, now, from_status=before, to_status=to)


def reopen(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """The caller of an enquiry that ended as *unable to contact* got in touch again: it goes on where it ended.

    Raises WrongState for any other end, which stays.
    """
    if enquiry.closing_reason != UNABLE_TO_CONTACT:
        raise WrongState("Only an enquiry whose caller could not be reached is opened again.")
    if not move_on(session, enquiry, "status", "new", closing_reason=None, closed_at=None, updated_at=now):
        raise WrongState("Somebody else changed this enquiry first. Reload the page to see it as it is now.")
    note(session, enquiry, "reopened", actor, now, from_status="closed", to_status="new")


def note(session: Session, enquiry: Enquiry, what: str, actor: Actor, now: datetime, **more: str | None) -> None:
    """Add one line to the enquiry's history, mark the enquiry as changed, and tell the pages that show it."""
    enquiry.updated_at = max(enquiry.updated_at, now)
    session.add(
        EnquiryEvent(
            service_id=enquiry.service_id,
            enquiry_id=enquiry.id,
            at=now,
            what=what,
            person_id=actor.person_id,
            system=actor.system,
            **more,
        )
    )
    notify(session, f"changed {enquiry.service_id}")


def history(session: Session, enquiry: Enquiry) -> Sequence[EnquiryEvent]:
    """Everything that happened to the enquiry, oldest first."""
    return session.scalars(
        select(EnquiryEvent)
        .where(EnquiryEvent.service_id == enquiry.service_id, EnquiryEvent.enquiry_id == enquiry.id)
        .order_by(EnquiryEvent.id)
    ).all()


def raise_priority(enquiry: Enquiry, to: str) -> bool:
    """Raise the priority to at least `to`; True when that changed it. Never lowers it."""
    if PRIORITIES.index(to) >= PRIORITIES.index(enquiry.priority):
        return False
    enquiry.priority = to
    return True


def raise_by_one(enquiry: Enquiry) -> bool:
    """Raise the priority by one step, to urgent at most: they were let down by us (edge case E21)."""
    return raise_priority(enquiry, PRIORITIES[max(PRIORITIES.index(enquiry.priority) - 1, 1)])


def resting_status(enquiry: Enquiry, *, attempted: bool) -> str:
    """The status of an open enquiry that nobody is calling just now: one ladder over the facts."""
    if attempted:
        return "retry_due"
    if enquiry.heard_at is None:
        return "new"
    return "assigned" if enquiry.therapist_id is not None else "triaged"


def _words(status: str) -> str:
    return status.replace("_", " ")
