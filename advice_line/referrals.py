"""5. Referral: what “convert to referral” starts. Here it is agreed; it is followed until it was accepted or not.

In Hertfordshire most parents cannot refer themselves, so who will send it is part of the agreement.
Before: callbacks. After: outcomes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.enquiries.enquiry import SAFEGUARDING_FLAG, Enquiry
from advice_line.errors import Fault, Malformed
from advice_line.taxonomy import key_of


class Referral(Base):
    __tablename__ = "referral"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str]
    route: Mapped[str]
    who_will_send: Mapped[str]
    phase: Mapped[str]
    agreement: Mapped[bool]
    agreed_at: Mapped[Moment]


class Agreement(BaseModel):
    """What was agreed on the call: by which route, who will send it, the child's phase, and the parent's agreement."""

    model_config = ConfigDict(extra="forbid")

    route: Annotated[str, key_of("referral_routes")]
    who_will_send: Annotated[str, key_of("caller_roles")]
    phase: Literal["pre_school", "school_age", "age_18_25"]
    agreement: bool


def agree(session: Session, enquiry: Enquiry, agreed: Agreement, actor: Actor, now: datetime) -> Referral:
    """Start the referral at stage `agreed`. Needs the parent's agreement, unless a child may be at risk (E26)."""
    if not agreed.agreement and SAFEGUARDING_FLAG not in enquiry.flags:
        raise Malformed([Fault("referral.agreement", "A referral needs the parent's agreement. Ask for it first.")])
    referral = Referral(
        service_id=enquiry.service_id,
        enquiry_id=enquiry.id,
        stage="agreed",
        agreed_at=now,
        **agreed.model_dump(),
    )
    session.add(referral)
    session.flush()
    record(session, actor, "referral agreed", f"referral {referral.id}", now, service_id=enquiry.service_id)
    return referral


def all_of(session: Session, service_id: int) -> Sequence[tuple[Referral, Enquiry]]:
    """Every referral of a service with its enquiry, newest first."""
    rows = session.execute(
        select(Referral, Enquiry)
        .join(Enquiry, (Enquiry.service_id == Referral.service_id) & (Enquiry.id == Referral.enquiry_id))
        .where(Referral.service_id == service_id)
        .order_by(Referral.agreed_at.desc(), Referral.id.desc())
    )
    return [(referral, enquiry) for referral, enquiry in rows]


def for_enquiry(session: Session, enquiry: Enquiry) -> Referral | None:
    """The referral that an enquiry became, if it did."""
    return session.scalars(
        select(Referral).where(Referral.service_id == enquiry.service_id, Referral.enquiry_id == enquiry.id)
    ).first()
