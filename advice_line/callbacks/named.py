"""Named therapist: a child on somebody's caseload is offered to them, and they take the call on within a working day.

Until they answer, and once they have accepted, the planner prefers them; declined or not answered in time, the call
goes back to everybody (edge case E20). The due time runs on all the while.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.callback import NO_SLOT
from advice_line.callbacks.plan import PLANNER
from advice_line.db import Base, Id, Moment, ServiceId, move_on
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, WrongState
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist, want_planning
from advice_line.working_time import due

FLAG = "on_caseload"
OPEN = ("offered", "accepted")
MOVES: dict[str, frozenset[str]] = {
    "offered": frozenset({"accepted", "declined", "expired", "withdrawn"}),
    "accepted": frozenset({"withdrawn"}),
    "declined": frozenset(),
    "expired": frozenset(),
    "withdrawn": frozenset(),
}
WHY_ANYBODY = {
    "declined": "The named therapist cannot take this call on, so anybody may ring.",
    "expired": "The named therapist did not answer within a working day, so anybody may ring.",
}


class NamedOffer(Base):
    __tablename__ = "named_offer"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    offered_at: Mapped[Moment]
    answer_by: Mapped[Moment]
    answered_at: Mapped[Moment | None]


def offer(
    session: Session, service: Service, enquiry: Enquiry, therapist: Therapist, actor: Actor, now: datetime
) -> NamedOffer:
    """Offer the enquiry to the child's own therapist, who has until the end of the next working day to answer.

    An offer to somebody else is withdrawn. Raises Conflict when no call is owed.
    """
    if callbacks.open_for(session, enquiry) is None:
        raise Conflict("No call is owed on this enquiry, so there is nothing to take on.")
    before = latest(session, enquiry)
    if before is not None and before.state in OPEN:
        if before.therapist_id == therapist.id:
            return before
        _move(session, before, "withdrawn", now)
    made = NamedOffer(
        service_id=service.id,
        enquiry_id=enquiry.id,
        therapist_id=therapist.id,
        state="offered",
        offered_at=now,
        answer_by=due(now, 1, service.office_hours),
    )
    session.add(made)
    session.flush()
    if FLAG not in enquiry.flags:
        enquiry.flags = [*enquiry.flags, FLAG]
    enquiry.therapist_id = therapist.id
    _tell(session, enquiry, "named_offered", actor, now)
    return made


def accept(session: Session, enquiry: Enquiry, therapist: Therapist, actor: Actor, now: datetime) -> None:
    """The named therapist takes the call on. Raises Conflict when it is not theirs to answer any more."""
    _move(session, _offered_to(session, enquiry, therapist), "accepted", now)
    _tell(session, enquiry, "named_accepted", actor, now)


def decline(session: Session, enquiry: Enquiry, therapist: Therapist, actor: Actor, now: datetime) -> None:
    """The named therapist cannot take it on: anybody may ring. Raises Conflict as `accept` does."""
    _move(session, _offered_to(session, enquiry, therapist), "declined", now)
    _free(session, enquiry, now)
    _tell(session, enquiry, "named_declined", actor, now)


def expire(session: Session, service: Service, now: datetime) -> int:
    """Take back every offer that was not answered in time; returns how many. Skips an enquiry that somebody is at."""
    late = select(NamedOffer.enquiry_id).where(
        NamedOffer.service_id == service.id, NamedOffer.state == "offered", NamedOffer.answer_by <= now
    )
    held = session.scalars(
        select(Enquiry)
        .where(Enquiry.service_id == service.id, Enquiry.id.in_(late), Enquiry.status != "closed")
        .order_by(Enquiry.id)
        .with_for_update(skip_locked=True)
    ).all()
    for enquiry in held:
        unanswered = latest(session, enquiry)
        if unanswered is not None and unanswered.state == "offered" and unanswered.answer_by <= now:
            _move(session, unanswered, "expired", now)
            _free(session, enquiry, now)
            _tell(session, enquiry, "named_expired", PLANNER, now)
    return len(held)


def latest(session: Session, enquiry: Enquiry) -> NamedOffer | None:
    """The newest offer of an enquiry; None when it was never offered to anybody."""
    return session.scalars(
        select(NamedOffer)
        .where(NamedOffer.service_id == enquiry.service_id, NamedOffer.enquiry_id == enquiry.id)
        .order_by(NamedOffer.id.desc())
        .limit(1)
    ).first()


def latest_of(session: Session, service_id: int, enquiry_ids: Sequence[int]) -> Mapping[int, NamedOffer]:
    """The newest offer of each of these enquiries that has one, by the enquiry's id."""
    offers = session.scalars(
        select(NamedOffer)
        .where(NamedOffer.service_id == service_id, NamedOffer.enquiry_id.in_(enquiry_ids))
        .order_by(NamedOffer.id)
    )
    return {each.enquiry_id: each for each in offers}


def holder(session: Session, enquiry: Enquiry) -> int | None:
    """The id of the therapist whose call this is while it is offered to them or they accepted; else None."""
    found = latest(session, enquiry)
    return found.therapist_id if found is not None and found.state in OPEN else None


def to_answer(session: Session, service_id: int, therapist_id: int) -> Sequence[tuple[NamedOffer, Enquiry]]:
    """What somebody is still to accept or decline, the most pressing first."""
    rows = session.execute(
        select(NamedOffer, Enquiry)
        .join(Enquiry, (Enquiry.service_id == NamedOffer.service_id) & (Enquiry.id == NamedOffer.enquiry_id))
        .where(
            NamedOffer.service_id == service_id,
            NamedOffer.therapist_id == therapist_id,
            NamedOffer.state == "offered",
            Enquiry.status != "closed",
        )
        .order_by(NamedOffer.answer_by, NamedOffer.id)
    )
    return [(offered, enquiry) for offered, enquiry in rows]


def _offered_to(session: Session, enquiry: Enquiry, therapist: Therapist) -> NamedOffer:
    found = latest(session, enquiry)
    if found is None or found.state != "offered" or found.therapist_id != therapist.id:
        raise Conflict("This enquiry is not offered to you any more. Reload the page to see where it is now.")
    return found


def _move(session: Session, offered: NamedOffer, to: str, now: datetime) -> None:
    if to not in MOVES[offered.state]:
        raise WrongState(f"An offer that is {offered.state} cannot become {to}.")
    if not move_on(session, offered, "state", to, answered_at=now):
        raise WrongState("Somebody else answered this offer first. Reload the page to see it as it is now.")


def _free(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """Give up a slot that the named therapist alone was the reason for; a promised time stays."""
    callback = callbacks.open_for(session, enquiry)
    if callback is None or callback.state != "planned" or callback.promised:
        return
    callbacks.move(session, callback, "waiting", now, **NO_SLOT, reasons=[])
    if enquiry.status == "assigned":
        enquiries.move(session, enquiry, "triaged", PLANNER, now, therapist_id=None)
    else:
        enquiry.therapist_id = None


def _tell(session: Session, enquiry: Enquiry, what: str, actor: Actor, now: datetime) -> None:
    enquiries.note(session, enquiry, what, actor, now)
    record(session, actor, what.replace("_", " "), f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)
    want_planning(session, enquiry.service_id, now)
