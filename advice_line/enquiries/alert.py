"""3. Alert: a flag of possible safeguarding or urgency that a person must take now (edge cases E08, E09).

It stands on the lead's page and on the enquiry from the press on. The duty leads are told of it by e-mail and text,
round after round, until somebody says “I am dealing with this”: who and when is kept. Closing the enquiry, or lowering
what was merely urgent, ends it as well. After: `alert_notice`, what is sent in each round.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Select, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.db import Base, Id, Moment, ServiceId, notify
from advice_line.enquiries.enquiry import PRIORITIES, Enquiry, note
from advice_line.enquiries.triage import RAISED_BY_FLAG
from advice_line.errors import Conflict
from advice_line.lines.directory import Service

KINDS = ("safeguarding", "urgent")


class Alert(Base):
    """`rounds` were told; the next is due at `tell_after`."""

    __tablename__ = "alert"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    at: Mapped[Moment]
    raised_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    raised_by_system: Mapped[str | None]
    tell_after: Mapped[Moment]
    rounds: Mapped[int]
    taken_at: Mapped[Moment | None]
    taken_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    taken_by_system: Mapped[str | None]


def kind_of(enquiry: Enquiry, flags_before: Collection[str], priority_before: str) -> str | None:
    """What kind of alert an enquiry has come to need, the graver one; None when nothing grave was newly raised."""
    raised = {RAISED_BY_FLAG.get(flag) for flag in enquiry.flags if flag not in flags_before}
    if PRIORITIES.index(enquiry.priority) < PRIORITIES.index(priority_before):
        raised.add(enquiry.priority)
    return next((kind for kind in KINDS if kind in raised), None)


def raise_one(session: Session, service: Service, enquiry: Enquiry, kind: str, actor: Actor, now: datetime) -> bool:
    """Raise an alert of an enquiry that the caller holds; False while one of this kind is raised and not taken."""
    raised = session.scalar(
        insert(Alert)
        .values(
            service_id=service.id,
            enquiry_id=enquiry.id,
            kind=kind,
            at=now,
            raised_by=actor.person_id,
            raised_by_system=actor.system,
            tell_after=service.configuration.alerts.first_told(now, service.office_hours),
            rounds=0,
        )
        .on_conflict_do_nothing()
        .returning(Alert.id)
    )
    if raised is None:
        return False
    note(session, enquiry, "alert_raised", actor, now, detail=kind)
    record(session, actor, "alert raised", f"alert {raised}", now, service_id=service.id, detail={"kind": kind})
    notify(session, "alert")
    return True


def take(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """Somebody deals with what was flagged: nobody is told of it any more. The caller holds the enquiry.

    Raises Conflict when somebody else took it first, so that two do not do the same.
    """
    taken = session.scalars(
        update(Alert)
        .where(Alert.service_id == enquiry.service_id, Alert.enquiry_id == enquiry.id, Alert.taken_at.is_(None))
        .values(taken_at=now, taken_by=actor.person_id, taken_by_system=actor.system)
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not taken:
        raise Conflict("Somebody else is dealing with this already. Its history says who.")
    note(session, enquiry, "alert_taken", actor, now)
    for alert_id in taken:
        record(session, actor, "alert taken", f"alert {alert_id}", now, service_id=enquiry.service_id)


def standing(session: Session, service_id: int) -> Sequence[tuple[Alert, Enquiry]]:
    """The alerts that nobody took, the gravest and then the oldest first, each with its enquiry."""
    found = session.execute(_standing(service_id).order_by(Alert.kind, Alert.at, Alert.id))
    return [(alert, enquiry) for alert, enquiry in found]


def of_enquiry(session: Session, enquiry: Enquiry) -> Alert | None:
    """The gravest alert of an enquiry that nobody took; None when there is none."""
    ours = _standing(enquiry.service_id).where(Alert.enquiry_id == enquiry.id).order_by(Alert.kind)
    found = session.execute(ours).first()
    return found[0] if found else None


def to_tell(session: Session, service_id: int, now: datetime) -> Sequence[tuple[int, int]]:
    """The alerts whose next round is due, oldest first: the ids of each and of its enquiry."""
    due = _standing(service_id).where(Alert.tell_after <= now).order_by(Alert.tell_after, Alert.id)
    return [(alert.id, enquiry.id) for alert, enquiry in session.execute(due)]


def held(session: Session, service_id: int, alert_id: int, now: datetime) -> tuple[Alert, Enquiry] | None:
    """One of them, locked, if it is still to be told; the caller holds its enquiry."""
    due = _standing(service_id).where(Alert.id == alert_id, Alert.tell_after <= now)
    found = session.execute(due.with_for_update(of=Alert).execution_options(populate_existing=True)).first()
    return (found[0], found[1]) if found else None


def is_standing(session: Session, service_id: int, alert_id: int) -> bool:
    """Whether nobody took it, and it is not over in another way."""
    return session.execute(_standing(service_id).where(Alert.id == alert_id)).first() is not None


def _standing(service_id: int) -> Select[Alert, Enquiry]:
    return (
        select(Alert, Enquiry)
        .join(Enquiry, and_(Enquiry.service_id == Alert.service_id, Enquiry.id == Alert.enquiry_id))
        .where(Alert.service_id == service_id, Alert.taken_at.is_(None))
        .where(Enquiry.status != "closed", Enquiry.priority.in_(KINDS))
    )
