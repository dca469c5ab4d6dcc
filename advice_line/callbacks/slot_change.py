"""Slot change: a planned call that the planner moved, or could keep nowhere: from where, to where, and why."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.callbacks.callback import OPEN, Callback
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.enquiries.enquiry import Enquiry


class SlotChange(Base):
    """Added, never changed. A call that lost its slot goes to nobody."""

    __tablename__ = "slot_change"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    callback_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Moment]
    why: Mapped[str]
    from_therapist_id: Mapped[int] = mapped_column(BigInteger)
    from_starts_at: Mapped[Moment]
    to_therapist_id: Mapped[int | None] = mapped_column(BigInteger)
    to_starts_at: Mapped[Moment | None]


def of_therapist(
    session: Session, service_id: int, therapist_id: int, since: datetime
) -> Sequence[tuple[SlotChange, Callback, Enquiry]]:
    """What came to a therapist or went from them since then, newest first; of calls that are still owed."""
    rows = session.execute(
        select(SlotChange, Callback, Enquiry)
        .join(Callback, (Callback.service_id == SlotChange.service_id) & (Callback.id == SlotChange.callback_id))
        .join(Enquiry, (Enquiry.service_id == Callback.service_id) & (Enquiry.id == Callback.enquiry_id))
        .where(
            SlotChange.service_id == service_id,
            SlotChange.at >= since,
            or_(SlotChange.from_therapist_id == therapist_id, SlotChange.to_therapist_id == therapist_id),
            Callback.state.in_(OPEN),
        )
        .order_by(SlotChange.at.desc(), SlotChange.id.desc())
    )
    return [(change, callback, enquiry) for change, callback, enquiry in rows]
