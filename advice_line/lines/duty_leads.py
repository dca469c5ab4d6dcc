"""Duty leads: who of a service is told at once of a flag, by e-mail and text, in the order of its configuration file.

Their mobiles stand in a table that only their own service may see, as therapists' telephones do.
"""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, SmallInteger, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base
from advice_line.lines.changes import Change
from advice_line.lines.standards import DutyLeadConfiguration


class DutyLead(Base):
    """`position` counts from 1; `mobile` is +447…"""

    __tablename__ = "duty_lead"

    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    mobile: Mapped[str | None]


def of_service(session: Session, service_id: int) -> Sequence[DutyLead]:
    """A service's duty leads, the first to be told first."""
    return session.scalars(select(DutyLead).where(DutyLead.service_id == service_id).order_by(DutyLead.position)).all()


def bring_in(session: Session, service_id: int, wanted: Sequence[DutyLeadConfiguration]) -> list[Change]:
    """Make the table say what the file says, and return what had to change. Needs the owner's rights."""
    known = [(one.name, one.email, one.mobile) for one in of_service(session, service_id)]
    if known == [(one.name, one.email, one.mobile) for one in wanted]:
        return []
    session.execute(delete(DutyLead).where(DutyLead.service_id == service_id))
    session.add_all(
        DutyLead(service_id=service_id, position=position, name=one.name, email=one.email, mobile=one.mobile)
        for position, one in enumerate(wanted, start=1)
    )
    session.flush()
    return [Change("change the duty leads")]
