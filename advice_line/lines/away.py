"""Away: what becomes of an absence after it was recorded. It ends sooner or later than was said, or was a mistake.

Every change is added to the rota's history, asks for a new plan, and is audited with who made it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from advice_line import audit
from advice_line.audit import Actor
from advice_line.db import LARGEST_ID
from advice_line.errors import Conflict, Fault, Malformed, NotFound
from advice_line.lines import rota_event
from advice_line.lines.rota import Absence, want_planning


def by_id(session: Session, service_id: int, absence_id: int, *, lock: bool = False) -> Absence:
    """An absence of this service, also a cancelled one. Raises NotFound. `lock` it before it is changed."""
    known = 0 < absence_id <= LARGEST_ID
    found = session.get(Absence, (service_id, absence_id), with_for_update=lock or None) if known else None
    if found is None:
        raise NotFound("There is no such absence in your service.")
    return found


def coming(session: Session, service_id: int, now: datetime) -> Sequence[Absence]:
    """The absences of this moment and those to come, in order of their starts."""
    lasting = or_(Absence.ends_at.is_(None), Absence.ends_at > now)
    found = select(Absence).where(Absence.service_id == service_id, lasting, Absence.cancelled_at.is_(None))
    return session.scalars(found.order_by(Absence.starts_at, Absence.id)).all()


def change_end(session: Session, actor: Actor, absence: Absence, end: datetime | None, now: datetime) -> None:
    """They are away until another time than was said; None for nobody knows. Raises Malformed, Conflict."""
    _still_counts(absence, now)
    if end is not None and (end <= absence.starts_at or end < now):
        raise Malformed([Fault("end", "Give an end that is later than the start, and not in the past.")])
    absence.ends_at = end
    _changed(session, actor, absence, "absence_end_changed", now)


def back_again(session: Session, actor: Actor, absence: Absence, now: datetime) -> None:
    """They are back: the absence ends now. One that has not begun is cancelled. Raises Conflict when it is over."""
    _still_counts(absence, now)
    if absence.starts_at >= now:
        cancel(session, actor, absence, now)
        return
    absence.ends_at = now
    _changed(session, actor, absence, "absence_end_changed", now)


def cancel(session: Session, actor: Actor, absence: Absence, now: datetime) -> None:
    """It was a mistake, or is not needed: nobody was or will be away. Raises Conflict when it is over or cancelled."""
    _still_counts(absence, now)
    absence.cancelled_at = now
    _changed(session, actor, absence, "absence_cancelled", now)


def _still_counts(absence: Absence, now: datetime) -> None:
    if absence.cancelled_at is not None:
        raise Conflict("This absence was cancelled already. Reload the page to see the rota as it is now.")
    if absence.ends_at is not None and absence.ends_at <= now:
        raise Conflict("This absence is over, so it stays in the record as it is.")


def _changed(session: Session, actor: Actor, absence: Absence, what: rota_event.What, now: datetime) -> None:
    session.flush()
    rota_event.note(session, actor, what, now, absence=absence)
    audit.record(
        session,
        actor,
        what.replace("_", " "),
        f"absence {absence.id}",
        now,
        service_id=absence.service_id,
        detail={"therapist": absence.therapist_id},
    )
    want_planning(session, absence.service_id, now)
