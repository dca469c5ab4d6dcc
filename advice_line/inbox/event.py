"""One stored event of the network: the raw inbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, SmallInteger, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.calls import Call
from advice_line.db import Base, Moment
from advice_line.telephone.told import Told, read

# Not told by a webhook, but read in the network's own lists.
FOUND = frozenset({"found_call", "found_recording"})
APPLIED = text(
    "UPDATE provider_event SET applied_at = :now, problem = done.problem"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:problems AS text[])) AS done (id, problem)"
    " WHERE provider_event.id = done.id"
)


class ProviderEvent(Base):
    __tablename__ = "provider_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str]
    service_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("service.id"))
    line_key: Mapped[str | None]
    kind: Mapped[str]
    call_sid: Mapped[str | None]
    path: Mapped[str]
    body: Mapped[str]
    answer: Mapped[str]
    received_at: Mapped[Moment]
    applied_at: Mapped[Moment | None]
    problem: Mapped[str | None]


def to_apply(session: Session, service_id: int, limit: int) -> Sequence[ProviderEvent]:
    """The events of a service that wait to be applied, in order of arrival; none while another worker is at it."""
    # One worker for each service at a time: events of one call are then applied in the order in which they came.
    mine = text("SELECT pg_try_advisory_xact_lock(hashtextextended('inbox', :service))")
    if not session.scalar(mine, {"service": service_id}):
        return []
    return session.scalars(
        select(ProviderEvent)
        .where(ProviderEvent.service_id == service_id, ProviderEvent.applied_at.is_(None))
        .order_by(ProviderEvent.id)
        .limit(limit)
    ).all()


def of_call(session: Session, service_id: int, call_sid: str, kind: str) -> Sequence[ProviderEvent]:
    """The events of one kind that were told of one call so far, in order of arrival, applied or not."""
    with session.no_autoflush:  # the inbox is never changed on the way
        return session.scalars(
            select(ProviderEvent)
            .where(
                ProviderEvent.service_id == service_id, ProviderEvent.call_sid == call_sid, ProviderEvent.kind == kind
            )
            .order_by(ProviderEvent.id)
        ).all()


def calls_with_waiting_events(session: Session, service_id: int) -> frozenset[str]:
    """The sids of calls of which something was told that is not applied yet."""
    waiting = select(ProviderEvent.call_sid).where(
        ProviderEvent.service_id == service_id, ProviderEvent.applied_at.is_(None)
    )
    return frozenset(sid for sid in session.scalars(waiting) if sid)


def was_told(session: Session, service_id: int, call_sid: str) -> bool:
    """Whether a webhook ever told us of this call."""
    told = select(ProviderEvent.id).where(
        ProviderEvent.service_id == service_id,
        ProviderEvent.call_sid == call_sid,
        ProviderEvent.kind.not_in(FOUND),
    )
    return session.scalar(told.limit(1)) is not None


def told_of(session: Session, call: Call, kind: str) -> Sequence[Told]:
    """What the events of one kind told of a call so far, in order of arrival."""
    return [read(event.path, event.body) for event in of_call(session, call.service_id, call.sid, kind)]


def applied(session: Session, problems: Mapping[int, str | None], now: datetime) -> None:
    """Mark these events, by id, as dealt with, each with what was wrong if it could not be understood."""
    session.execute(APPLIED, {"ids": [*problems], "problems": [*problems.values()], "now": now})
