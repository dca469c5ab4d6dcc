"""Rota events: who changed what in the rota, and when. They are added to and never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor
from advice_line.db import Base, Id, Moment, ServiceId, notify

if TYPE_CHECKING:
    from advice_line.lines.one_off import OneOffSession
    from advice_line.lines.rota import Absence

What = Literal["absent", "absence_end_changed", "absence_cancelled", "session_added", "session_cancelled"]


class RotaEvent(Base):
    """About one absence or one one-off session. `ends_at`: the end that the absence was given; None while unknown."""

    __tablename__ = "rota_event"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    at: Mapped[Moment]
    what: Mapped[str]
    absence_id: Mapped[int | None] = mapped_column(BigInteger)
    one_off_session_id: Mapped[int | None] = mapped_column(BigInteger)
    ends_at: Mapped[Moment | None]
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    system: Mapped[str | None]


def note(
    session: Session,
    actor: Actor,
    what: What,
    now: datetime,
    *,
    absence: "Absence | None" = None,
    one_off: "OneOffSession | None" = None,
) -> None:
    """Add one event about an absence, or about a one-off session, and tell the pages that are being looked at."""
    about = absence or one_off
    if about is None:
        raise ValueError("A rota event is about an absence or a one-off session.")
    event = RotaEvent(
        service_id=about.service_id,
        at=now,
        what=what,
        absence_id=absence.id if absence else None,
        one_off_session_id=one_off.id if one_off else None,
        ends_at=absence.ends_at if absence else None,
        person_id=actor.person_id,
        system=actor.system,
    )
    session.add(event)
    session.flush()
    notify(session, f"changed {about.service_id}")


def newest(session: Session, service_id: int, most: int) -> Sequence[RotaEvent]:
    """The last changes of a service's rota, newest first."""
    found = select(RotaEvent).where(RotaEvent.service_id == service_id)
    return session.scalars(found.order_by(RotaEvent.at.desc(), RotaEvent.id.desc()).limit(most)).all()


def of_absence(session: Session, absence: "Absence") -> Sequence[RotaEvent]:
    """What became of one absence, oldest first."""
    found = select(RotaEvent).where(RotaEvent.service_id == absence.service_id, RotaEvent.absence_id == absence.id)
    return session.scalars(found.order_by(RotaEvent.id)).all()
