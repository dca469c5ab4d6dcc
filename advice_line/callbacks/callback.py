"""4. Callback: our promise to ring back; its states, due time and slot, and the one function that moves it.

Before: enquiries. After: referrals, outcomes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, Text, and_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base, Id, Moment, ServiceId, move_on, notify
from advice_line.enquiries.enquiry import INTERPRETER_FLAG, Enquiry
from advice_line.errors import WrongState
from advice_line.lines.directory import Line, Service
from advice_line.lines.rota import want_planning
from advice_line.working_time import due_same_day

# `waiting` for a slot, `planned` into one, `live` while it is being rung; `kept` and `dropped` are ends.
MOVES: dict[str, frozenset[str]] = {
    "waiting": frozenset({"waiting", "planned", "live", "kept", "dropped"}),
    "planned": frozenset({"planned", "waiting", "live", "kept", "dropped"}),
    "live": frozenset({"waiting", "planned", "kept", "dropped"}),
    "kept": frozenset(),
    "dropped": frozenset(),
}
OPEN = ("waiting", "planned", "live")
NO_SLOT: dict[str, Any] = {"therapist_id": None, "starts_at": None, "ends_at": None}
NO_PROMISE: dict[str, Any] = {
    "promised": False,
    "promised_therapist_id": None,
    "promised_from": None,
    "promised_to": None,
    "caller_was_told": False,
}


class Callback(Base):
    __tablename__ = "callback"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    due_at: Mapped[Moment]
    breach_at: Mapped[Moment]
    minutes: Mapped[int]
    not_before: Mapped[Moment | None]
    wanted_from: Mapped[Moment | None]
    wanted_to: Mapped[Moment | None]
    # A promised time stands apart from the slot: when it cannot be kept, the slot goes and the promise stays.
    promised: Mapped[bool]
    promised_therapist_id: Mapped[int | None] = mapped_column(BigInteger)
    promised_from: Mapped[Moment | None]
    promised_to: Mapped[Moment | None]
    caller_was_told: Mapped[bool] = mapped_column(default=False)
    therapist_id: Mapped[int | None] = mapped_column(BigInteger)
    starts_at: Mapped[Moment | None]
    ends_at: Mapped[Moment | None]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    planned_at: Mapped[Moment | None]
    made_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class Planning(Base):
    """When a service's plan was last asked for, and last made; whether it was worked out to its end."""

    __tablename__ = "planning"

    service_id: Mapped[ServiceId]
    wanted_at: Mapped[Moment]
    planned_at: Mapped[Moment | None]
    is_complete: Mapped[bool] = mapped_column(default=True)


def promise(session: Session, line: Line, enquiry: Enquiry, received: datetime, now: datetime) -> Callback:
    """The enquiry's one open callback, made now if it has none.

    Due in working days from `received`, when the message came for which it is made: of several, the first (E01).
    """
    known = open_for(session, enquiry)
    if known is not None:
        return known
    callback = Callback(
        service_id=enquiry.service_id,
        enquiry_id=enquiry.id,
        state="waiting",
        due_at=line.due(received),
        breach_at=line.breach(received),
        minutes=line.service.configuration.capacity.callback_minutes(),
        promised=False,
        reasons=[],
        made_at=now,
    )
    session.add(callback)
    want_planning(session, enquiry.service_id, now)
    return callback


def promise_today(session: Session, line: Line, enquiry: Enquiry, asked_at: datetime, now: datetime) -> Callback:
    """The same for somebody who keeps their place in the queue: due by the end of the day's callback hours.

    Whoever began to wait first is rung back first: their enquiry was received first.
    """
    callback = promise(session, line, enquiry, asked_at, now)
    callback.due_at = min(callback.due_at, due_same_day(asked_at, line.callback_hours))
    want_planning(session, enquiry.service_id, now)
    return callback


def reconsider(session: Session, service: Service, enquiry: Enquiry, now: datetime) -> None:
    """Bring the promise into line with what is now known of the enquiry, and ask for a new plan.

    A raised priority brings the due time forward, in office hours (standards of the service: urgent the same working
    day, possible safeguarding within one working hour of being flagged, unless configured otherwise); a due time never
    moves back. An interpreted call takes twice the talk.
    """
    callback = open_for(session, enquiry)
    if callback is None:
        return
    if enquiry.priority == "safeguarding":
        callback.due_at = min(callback.due_at, service.safeguarding_by(now))
    elif enquiry.priority == "urgent":
        callback.due_at = min(callback.due_at, service.urgent_by(enquiry.received_at))
    interpreted = INTERPRETER_FLAG in enquiry.flags or "relay_uk" in enquiry.caller_needs
    callback.minutes = service.configuration.capacity.callback_minutes(interpreted=interpreted)
    if enquiry.sorted_at is not None:
        # It stays on somebody's list all the same: to be looked at and closed, or rung after all.
        callback.minutes = service.configuration.capacity.retry_minutes
    want_planning(session, enquiry.service_id, now)


def open_for(session: Session, enquiry: Enquiry) -> Callback | None:
    """The open callback of an enquiry, locked; None when nothing is owed."""
    return session.scalars(_open_of(enquiry).with_for_update()).first()


def look_for(session: Session, enquiry: Enquiry) -> Callback | None:
    """The same to look at alone, and not locked."""
    return session.scalars(_open_of(enquiry)).first()


def latest_for(session: Session, enquiry: Enquiry) -> Callback | None:
    """The newest callback of an enquiry, open or ended."""
    return session.scalars(
        select(Callback)
        .where(Callback.service_id == enquiry.service_id, Callback.enquiry_id == enquiry.id)
        .order_by(Callback.id.desc())
        .limit(1)
    ).first()


def all_open(session: Session, service_id: int) -> Sequence[tuple[Callback, Enquiry]]:
    """Every open callback of a service with its enquiry: those with a slot in order of time, then by due time."""
    rows = session.execute(
        select(Callback, Enquiry)
        .join(Enquiry, and_(Enquiry.service_id == Callback.service_id, Enquiry.id == Callback.enquiry_id))
        .where(Callback.service_id == service_id, Callback.state.in_(OPEN))
        .order_by(Callback.starts_at.asc().nulls_last(), Callback.due_at, Callback.id)
    )
    return [(callback, enquiry) for callback, enquiry in rows]


def is_plan_complete(session: Session, service_id: int) -> bool:
    """Whether the last plan of a service was worked out to its end; when not, it is the best found in the time."""
    planning = session.get(Planning, service_id)
    return planning is None or planning.is_complete


def move(session: Session, callback: Callback, to: str, now: datetime, **changes: Any) -> None:
    """Make one move of MOVES, or raise WrongState."""
    if to not in MOVES[callback.state]:
        raise WrongState(f"A callback that is {callback.state} cannot become {to}.")
    if to in {"kept", "dropped"}:
        changes["ended_at"] = now
    if not move_on(session, callback, "state", to, **changes):
        raise WrongState("Somebody else changed this callback first. Reload the page to see it as it is now.")
    notify(session, f"changed {callback.service_id}")


def _open_of(enquiry: Enquiry) -> Select[Callback]:
    return select(Callback).where(
        Callback.service_id == enquiry.service_id, Callback.enquiry_id == enquiry.id, Callback.state.in_(OPEN)
    )
