"""3. Pause: why nothing happens on an enquiry just now, as a person noted it. It stops no clock: it is shown beside it.

An enquiry has one at a time. It ends when somebody says so, when another is noted, or by itself after its last day.
Flags that say as much (an interpreter is needed, the parent's agreement is missing) need not be noted again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import taxonomy
from advice_line.audit import Actor, record
from advice_line.clock import london_date
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.enquiries.enquiry import INTERPRETER_FLAG, Enquiry, note
from advice_line.errors import Conflict, Fault, Malformed

# What a flag says of itself (edge cases E04 and E26).
SAID_BY_FLAG = {INTERPRETER_FLAG: "interpreter", "consent_missing": "agreement"}


class Pause(Base):
    """`reason` is a key of the list `pause_reasons`; `until` its last day, None when nobody knows."""

    __tablename__ = "pause"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    until: Mapped[date | None]
    since: Mapped[Moment]
    noted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    noted_by_system: Mapped[str | None]
    ended_at: Mapped[Moment | None]
    ended_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    ended_by_system: Mapped[str | None]


@dataclass(frozen=True)
class Reason:
    """Why an enquiry waits: a key of `pause_reasons`, and its last day if somebody knows it."""

    key: str
    until: date | None = None

    @property
    def label(self) -> str:
        return taxonomy.label("pause_reasons", self.key)


def begin(session: Session, enquiry: Enquiry, reason: str, until: date | None, actor: Actor, now: datetime) -> None:
    """Note why an enquiry waits, in the place of what was noted before. The caller holds the enquiry.

    Raises Conflict if it is closed, Malformed when the reason is none of the list or the day has been.
    """
    if not enquiry.is_open:
        raise Conflict("This enquiry is closed: nothing waits on it any more.")
    if reason not in taxonomy.PAUSE_REASONS:
        raise Malformed([Fault("reason", "Choose why it waits")])
    if until is not None and until < london_date(now):
        raise Malformed([Fault("until", "Enter a day that is still to come, or leave it empty")])
    _end(session, enquiry, actor, now)
    session.add(
        Pause(
            service_id=enquiry.service_id,
            enquiry_id=enquiry.id,
            reason=reason,
            until=until,
            since=now,
            noted_by=actor.person_id,
            noted_by_system=actor.system,
        )
    )
    session.flush()
    note(session, enquiry, "pause_noted", actor, now, detail=reason)
    _record(session, enquiry, "pause noted", actor, now)


def end(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """It waits no longer. The caller holds the enquiry; nothing happens when nothing was noted."""
    if _end(session, enquiry, actor, now):
        note(session, enquiry, "pause_ended", actor, now)
        _record(session, enquiry, "pause ended", actor, now)


def reasons(session: Session, service_id: int, enquiries: Sequence[Enquiry], now: datetime) -> Mapping[int, Reason]:
    """Why each of these enquiries waits, by its id: what a person noted, else what a flag says of itself."""
    found = {
        enquiry.id: Reason(SAID_BY_FLAG[flag])
        for enquiry in enquiries
        for flag in reversed(enquiry.flags)
        if flag in SAID_BY_FLAG
    }
    noted = session.scalars(
        select(Pause)
        .where(Pause.service_id == service_id, Pause.enquiry_id.in_([enquiry.id for enquiry in enquiries]))
        .where(Pause.ended_at.is_(None), or_(Pause.until.is_(None), Pause.until >= london_date(now)))
    )
    return found | {pause.enquiry_id: Reason(pause.reason, pause.until) for pause in noted}


def _end(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> bool:
    standing = select(Pause).where(
        Pause.service_id == enquiry.service_id, Pause.enquiry_id == enquiry.id, Pause.ended_at.is_(None)
    )
    pause = session.scalars(standing.with_for_update()).first()
    if pause is None:
        return False
    pause.ended_at, pause.ended_by, pause.ended_by_system = now, actor.person_id, actor.system
    session.flush()
    return True


def _record(session: Session, enquiry: Enquiry, what: str, actor: Actor, now: datetime) -> None:
    record(session, actor, what, f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)
