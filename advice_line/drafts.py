"""Draft: what a therapist types during a call, kept until its outcome is recorded (edge case E17: the call drops).

It is no record: its writer alone finds it again, no figure counts it, and it ends with the enquiry or with time.
Before: callbacks. After: outcomes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, delete
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.db import Base, Moment, ServiceId
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict
from advice_line.staff import Person

# Since its last word: long enough for somebody with one session a week, who then has a week's leave.
KEPT_FOR = timedelta(days=14)
# Beside what was typed: which page it was typed on, and how many changes that page had seen when it was sent.
PAGE, CHANGES = "draft_page", "draft_changes"
FORGETTING = Actor.part("forgetting")
ENDED = "This enquiry is closed, so there is nothing left to draft. Copy what you still need from this page."


class Draft(Base):
    """One person's words for one enquiry: the fields of the outcome's form, each with what was typed or chosen."""

    __tablename__ = "draft"

    service_id: Mapped[ServiceId]
    enquiry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True)
    fields: Mapped[dict[str, list[str]]] = mapped_column(JSONB)
    begun_at: Mapped[Moment]
    saved_at: Mapped[Moment]


def keep(
    session: Session, enquiry: Enquiry, person: Person, fields: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Keep what was typed so far, in place of what was there. The enquiry must be locked; Conflict when it has ended.

    Saves of one page may overtake each other on their way, the last one of a closed tab above all: older words never
    replace newer ones of the same page.
    The audit trail has the first word of a draft, not every one: they come every few seconds.
    """
    if not enquiry.is_open:
        raise Conflict(ENDED)
    typed = {name: list(values) for name, values in fields.items()}
    draft = of(session, enquiry, person)
    if draft is not None:
        if _was_overtaken(typed, draft.fields):
            return
        draft.fields, draft.saved_at = typed, max(now, draft.begun_at)
        return
    draft = Draft(
        service_id=enquiry.service_id,
        enquiry_id=enquiry.id,
        person_id=person.id,
        fields=typed,
        begun_at=now,
        saved_at=now,
    )
    session.add(draft)
    _record(session, Actor(person_id=person.id), "draft begun", draft, now)


def of(session: Session, enquiry: Enquiry, person: Person) -> Draft | None:
    """This person's own draft for an enquiry; nobody asks for somebody else's."""
    return session.get(Draft, (enquiry.service_id, enquiry.id, person.id))


def take_up(session: Session, enquiry: Enquiry, person: Person, now: datetime) -> Draft | None:
    """The same, to be read and gone on with: the audit trail has that it was."""
    draft = of(session, enquiry, person)
    if draft is not None:
        _record(session, Actor(person_id=person.id), "draft seen", draft, now)
    return draft


def drop(session: Session, enquiry: Enquiry) -> None:
    """Delete whatever was drafted for an enquiry, by whomever: it has its outcome, or ended without one."""
    session.execute(delete(Draft).where(Draft.service_id == enquiry.service_id, Draft.enquiry_id == enquiry.id))


def forget(session: Session, service_id: int, now: datetime) -> int:
    """Delete what nobody has gone on with for `KEPT_FOR`; returns how many there were."""
    old = delete(Draft).where(Draft.service_id == service_id, Draft.saved_at < now - KEPT_FOR).returning(Draft)
    forgotten = session.scalars(old).all()
    for draft in forgotten:
        _record(session, FORGETTING, "draft forgotten", draft, now)
    return len(forgotten)


def _was_overtaken(typed: Mapping[str, Sequence[str]], kept: Mapping[str, Sequence[str]]) -> bool:
    is_same_page = PAGE in typed and typed[PAGE] == kept.get(PAGE)
    return is_same_page and _changes(typed) < _changes(kept)


def _changes(fields: Mapping[str, Sequence[str]]) -> int:
    written = next(iter(fields.get(CHANGES, [])), "")
    return int(written) if written.isdecimal() and len(written) < 10 else 0


def _record(session: Session, actor: Actor, what: str, draft: Draft, now: datetime) -> None:
    detail = {"person": draft.person_id}
    record(session, actor, what, f"enquiry {draft.enquiry_id}", now, service_id=draft.service_id, detail=detail)
