"""Leg: one connection that we asked for, to a therapist, to a caller or to whom a menu puts callers through.

The ledger has a row for each, as for every incoming call. Whom it rang is not kept: the attempt knows.
Facts arrive repeated, late and in any order, and are kept as those of a call are. Before: calls.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.calls import NEVER_CONNECTED, RANK, UNKNOWN, Call
from advice_line.db import Base, Id, Moment, ServiceId


class Leg(Base):
    __tablename__ = "leg"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    sid: Mapped[str]
    line_key: Mapped[str]
    parent_sid: Mapped[str | None]
    attempt_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str]
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    seconds: Mapped[int | None]
    end_state: Mapped[str]
    found_at: Mapped[Moment | None]


def seen(
    session: Session,
    service_id: int,
    sid: str,
    line_key: str,
    at: datetime,
    *,
    attempt_id: int | None = None,
    parent_sid: str | None = None,
) -> Leg:
    """The leg of this sid, made now if this is the first we hear of it; locked until the transaction ends."""
    known = select(Leg).where(Leg.service_id == service_id, Leg.sid == sid).with_for_update()
    leg = session.scalars(known).first() or _made(session, service_id, sid, line_key, at)
    if leg is None:  # a rival made it in this very moment
        leg = session.scalars(known).one()
    leg.started_at = min(leg.started_at, at)
    leg.attempt_id = leg.attempt_id or attempt_id
    leg.parent_sid = leg.parent_sid or parent_sid
    return leg


def reach(leg: Leg, status: str | None, at: datetime, seconds: int | None = None) -> None:
    """Take a status from the network, unless a later one is already known. The first end that we are told stays."""
    if RANK.get(status or "", UNKNOWN) > RANK.get(leg.status, UNKNOWN):
        leg.status = status or leg.status
    if leg.status != "completed" and leg.status not in NEVER_CONNECTED:
        return
    if leg.ended_at is None:
        leg.ended_at = max(at, leg.started_at)
    leg.seconds = seconds if leg.seconds is None else leg.seconds
    leg.end_state = "failed" if leg.status in NEVER_CONNECTED else "answered_live"


def known(session: Session, service_id: int, sids: Sequence[str]) -> Mapping[str, Leg]:
    """Those of these legs that the service has, by sid."""
    wanted = select(Leg).where(Leg.service_id == service_id, Leg.sid.in_(sids))
    return {leg.sid: leg for leg in session.scalars(wanted)}


def put_through_at(session: Session, call: Call) -> datetime | None:
    """When the call was first put through to somebody, as its own legs tell; None when it was not."""
    wanted = select(func.min(Leg.started_at)).where(Leg.service_id == call.service_id, Leg.parent_sid == call.sid)
    return session.scalar(wanted)


def _made(session: Session, service_id: int, sid: str, line_key: str, at: datetime) -> Leg | None:
    return session.scalars(
        insert(Leg)
        .values(
            service_id=service_id, sid=sid, line_key=line_key, started_at=at, status="queued", end_state="in_progress"
        )
        .on_conflict_do_nothing(index_elements=["sid"])
        .returning(Leg)
    ).first()
