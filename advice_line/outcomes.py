"""6. Outcome: advice given, or convert to referral; and the closing reasons of what ends without advice.

An outcome rests on a conversation, or on an agreed written reply; everything else ends with a closing reason, so that
the advice-only rate keeps a clean denominator. Before: referrals. After: reports.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import BigInteger, Text, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import drafts, referrals, taxonomy
from advice_line.audit import Actor, record
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import Attempt
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import SAFEGUARDING_FLAG, Enquiry
from advice_line.errors import Conflict, Fault, Malformed
from advice_line.lines.directory import Service
from advice_line.taxonomy import key_of

Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")
]


class Outcome(Base):
    __tablename__ = "outcome"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str]
    advice_details: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tier: Mapped[str | None]
    note: Mapped[str]
    by_writing: Mapped[bool]
    attempt_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Moment]
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    system: Mapped[str | None]


class Given(BaseModel):
    """What the therapist records of a conversation (contract: POST …/outcome)."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["advice_given", "convert_to_referral"]
    advice_details: list[Annotated[str, key_of("advice_details")]] = []
    topics: list[Annotated[str, key_of("topics")]] = []
    tier: Literal["universal", "targeted", "specialist"] | None = None
    note: Note = ""
    referral: referrals.Agreement | None = None
    by_writing: bool = False


def give(session: Session, service: Service, enquiry: Enquiry, given: Given, actor: Actor, now: datetime) -> Outcome:
    """Record the one outcome of an enquiry and close it; drafts of it are deleted.

    Finishes a live attempt as spoken to, else rests on the last contact made, else on a written reply; Conflict when
    there was none of these, or an outcome is there already.
    """
    if enquiry.outcome is not None:
        raise Conflict("This enquiry has its outcome already. Add a correction if the record needs one.")
    if not enquiry.is_open:
        raise Conflict("This enquiry was closed without an outcome, so none can be recorded now.")
    _check(given)
    rests_on = _conversation(session, service, enquiry, given, actor, now)
    outcome = Outcome(
        service_id=enquiry.service_id,
        enquiry_id=enquiry.id,
        outcome=given.outcome,
        advice_details=list(dict.fromkeys(given.advice_details)),
        tier=given.tier,
        note=given.note,
        by_writing=given.by_writing,
        attempt_id=rests_on.id if rests_on else None,
        at=now,
        person_id=actor.person_id,
        system=actor.system,
    )
    session.add(outcome)
    if given.referral is not None:
        referrals.agree(session, enquiry, given.referral, actor, now)
    if given.topics:
        enquiry.topics = list(dict.fromkeys(given.topics))
    calling.keep(session, enquiry, now)
    enquiries.move(session, enquiry, "closed", actor, now, outcome=given.outcome, closed_at=now)
    drafts.drop(session, enquiry)
    detail = {"outcome": given.outcome}
    record(session, actor, "outcome", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id, detail=detail)
    return outcome


def close(session: Session, enquiry: Enquiry, reason: str, note: str, actor: Actor, now: datetime) -> None:
    """End an enquiry without an outcome. Conflict while it is being rung, or against an open safeguarding flag."""
    if reason not in taxonomy.CLOSING_REASONS:
        raise Malformed([Fault("reason", "Choose why this enquiry is closed.")])
    if not enquiry.is_open:
        raise Conflict("This enquiry is closed already.")
    if attempts.live(session, enquiry) is not None:
        raise Conflict("This family is being rung just now. Record what came of that call first.")
    if SAFEGUARDING_FLAG in enquiry.flags and reason != "passed_safeguarding":
        raise Conflict(
            "This enquiry has an open flag of possible safeguarding. It can be closed only with the reason "
            "“safeguarding action taken”."
        )
    calling.drop(session, enquiry, now)
    enquiries.move(session, enquiry, "closed", actor, now, closing_reason=reason, closed_at=now)
    if note:
        enquiries.note(session, enquiry, "closing_note", actor, now, detail=note)
    drafts.drop(session, enquiry)
    detail = {"reason": reason}
    record(session, actor, "closed", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id, detail=detail)


def for_enquiry(session: Session, enquiry: Enquiry) -> Outcome | None:
    """The outcome of an enquiry; None while it has none."""
    return session.scalars(
        select(Outcome).where(Outcome.service_id == enquiry.service_id, Outcome.enquiry_id == enquiry.id)
    ).first()


def _check(given: Given) -> None:
    faults = []
    if given.outcome == "convert_to_referral" and given.referral is None:
        faults.append(Fault("referral", "Say how the referral will be made and who will send it."))
    if given.outcome == "advice_given" and given.referral is not None:
        faults.append(Fault("referral", "Leave the referral out, or choose “convert to referral”."))
    if faults:
        raise Malformed(faults)


def _conversation(
    session: Session, service: Service, enquiry: Enquiry, given: Given, actor: Actor, now: datetime
) -> Attempt | None:
    live = attempts.live(session, enquiry, lock=True)
    if live is not None:
        calling.finish(session, service, enquiry, live, calling.Result("spoke_to_caller"), actor, now)
        return live
    contact = attempts.last_contact(session, enquiry)
    if contact is None and not given.by_writing:
        raise Conflict(
            "An outcome needs a conversation with the caller. Ring back first, or record the call that you made, "
            "or say that the advice was given in writing."
        )
    return contact
