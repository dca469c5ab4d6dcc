"""Reconciliation: how far the network's lists have been read for a service, when they are next, and what went wrong."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session

from advice_line.backoff import Backoff
from advice_line.calls import Call
from advice_line.db import Base, Moment, ServiceId
from advice_line.messages import LONGEST_CALL

EVERY = timedelta(minutes=15)
BACKOFF = Backoff(timedelta(minutes=1), EVERY)
# Read again from so long before: a call that still ran at the last reading may have ended, and been recorded, since.
OVERLAP = LONGEST_CALL + timedelta(hours=1)
# A service that was never reconciled is from its first call on, and from no earlier: what lies at the network from
# before Advice Line answered the number is somebody else's.
FIRST_LOOK = timedelta(days=7)
# How long a worker may take before others take it for dead and begin anew.
LEASE = timedelta(minutes=10)


class Reconciliation(Base):
    __tablename__ = "reconciliation"

    service_id: Mapped[ServiceId]
    through: Mapped[Moment]
    next_at: Mapped[Moment]
    failures: Mapped[int]
    problem: Mapped[str | None]


def claim(session: Session, service_id: int, now: datetime) -> datetime | None:
    """From when on the lists are to be read now; None when it is not time yet, or another worker is at it."""
    _begin(session, service_id, now)
    row = session.scalars(
        select(Reconciliation)
        .where(Reconciliation.service_id == service_id, Reconciliation.next_at <= now)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.next_at = now + LEASE
    return row.through - OVERLAP


def done(session: Session, service_id: int, since: datetime, began: datetime) -> None:
    """Everything from `since` up to `began` is accounted for."""
    _begin(session, service_id, began)
    row = _locked(session, service_id)
    if since <= row.through:  # otherwise there is a gap before `since` that nobody has read
        row.through, row.next_at = max(row.through, began), max(row.through, began) + EVERY
        row.failures, row.problem = 0, None


def failed(session: Session, service_id: int, problem: str, now: datetime, after: timedelta | None) -> None:
    """It did not work: try again ever more slowly, or when the network says, and keep the reason in sight."""
    row = _locked(session, service_id)
    row.failures, row.problem = row.failures + 1, problem
    pause = BACKOFF.after(row.failures)
    row.next_at = now + max(pause, after or pause)


def state(session: Session, service_id: int) -> Reconciliation | None:
    """How far a service's reconciliation has come; None before the first."""
    return session.get(Reconciliation, service_id)


def _begin(session: Session, service_id: int, now: datetime) -> None:
    first = session.scalar(select(func.min(Call.started_at)).where(Call.service_id == service_id))
    session.execute(
        insert(Reconciliation)
        .values(service_id=service_id, through=max(first or now, now - FIRST_LOOK), next_at=now, failures=0)
        .on_conflict_do_nothing()
    )


def _locked(session: Session, service_id: int) -> Reconciliation:
    return session.scalars(
        select(Reconciliation).where(Reconciliation.service_id == service_id).with_for_update()
    ).one()
