"""Who did what: an append-only record of every sign-in, look, play and change. It refuses to be anonymous.

The serving role may add rows and can neither read nor alter them (`migrations/rights.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import BigInteger, ForeignKey, Identity, SmallInteger, insert
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base, Moment


@dataclass(frozen=True)
class Actor:
    """A person, or a named part of the system; `token_id` when a person's or program's token acted."""

    person_id: int | None = None
    system: str | None = None
    token_id: int | None = None

    def __post_init__(self) -> None:
        if (self.person_id is None) == (self.system is None):
            raise ValueError("An actor is either a person or a part of the system.")

    @classmethod
    def part(cls, system: str) -> Self:
        """A part of the system acting by itself, for example the planner."""
        return cls(system=system)


class Entry(Base):
    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    service_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("service.id"))
    at: Mapped[Moment]
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    system: Mapped[str | None]
    token_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("token.id"))
    action: Mapped[str]
    subject: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str | None,
    now: datetime,
    *,
    service_id: int | None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one entry. `subject` is an id such as 'enquiry 17'; `detail` holds keys and ids, never words of callers."""
    entry = insert(Entry).values(
        service_id=service_id,
        at=now,
        person_id=actor.person_id,
        system=actor.system,
        token_id=actor.token_id,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
    )
    # Without `inline` the new id would be read back, and this table cannot be read.
    session.execute(entry.inline())
