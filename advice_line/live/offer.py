"""Offer: one ring of a therapist on duty, on behalf of whoever is first in the queue when they press 1.

A row is committed before anything is dialled, and a therapist has one live offer at most (a partial unique index says
so): nobody is rung twice for one caller, and two workers never ring the same phone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base, Id, Moment, ServiceId, move_on, notify
from advice_line.errors import WrongState
from advice_line.live.duty import Duty

# From the request to its end. `unknown`: the network never answered our request, so it may be ringing or not.
MOVES: dict[str, frozenset[str]] = {
    "placing": frozenset({"unknown", "ringing", "accepted", "talking", "over"}),
    "unknown": frozenset({"ringing", "accepted", "talking", "over"}),
    "ringing": frozenset({"accepted", "talking", "over"}),
    "accepted": frozenset({"talking", "over"}),
    "talking": frozenset({"over"}),
    "over": frozenset(),
}
ON_THEIR_WAY = ("placing", "unknown", "ringing", "accepted")
# A ring lasts half a minute and the network tells of its end; after this long that word was lost.
LONGEST_RING = timedelta(minutes=3)
LONGEST_TALK = timedelta(hours=2, minutes=5)
NOT_TAKEN = "not_taken"
NOBODY_WAITED = "nobody_waited"
NOT_PLACED = "not_placed"
STOPPED = "stopped"  # by us, while it rang: its caller had gone
MISSES_IN_A_ROW = 3  # then their phone is taken for unattended


class Offer(Base):
    __tablename__ = "offer"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    line_key: Mapped[str]
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    therapist_number: Mapped[str]
    state: Mapped[str]
    at: Mapped[Moment]
    call_sid: Mapped[str | None]
    accepted_at: Mapped[Moment | None]
    connected_at: Mapped[Moment | None]
    caller_call_sid: Mapped[str | None]
    attempt_id: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str | None]
    finished_at: Mapped[Moment | None]
    stop_asked_at: Mapped[Moment | None]


def make(session: Session, duty: Duty, now: datetime) -> Offer:
    """Claim a therapist: the ring that is about to be asked for."""
    offer = Offer(
        service_id=duty.service_id,
        line_key=duty.line_key,
        therapist_id=duty.therapist_id,
        therapist_number=duty.phone,
        state="placing",
        at=now,
    )
    session.add(offer)
    session.flush()
    notify(session, f"changed {offer.service_id}")
    return offer


def move(session: Session, offer: Offer, to: str, **changes: Any) -> None:
    """Make one move of MOVES, or raise WrongState."""
    if to not in MOVES[offer.state]:
        raise WrongState(f"A ring that is {offer.state} cannot become {to}.")
    if not move_on(session, offer, "state", to, **changes):
        raise WrongState("This ring has gone on in the meantime.")
    notify(session, f"changed {offer.service_id}")
    notify(session, "queue")


def hold(session: Session, service_id: int, offer_id: int) -> Offer | None:
    """One offer, locked; None when there is none of this id."""
    wanted = select(Offer).where(Offer.service_id == service_id, Offer.id == offer_id)
    return session.scalars(wanted.with_for_update()).first()


def of_therapist(session: Session, service_id: int, therapist_id: int) -> Offer | None:
    """The live offer of a therapist; None when nobody rings or talks to them."""
    return session.scalars(
        select(Offer).where(
            Offer.service_id == service_id, Offer.therapist_id == therapist_id, Offer.finished_at.is_(None)
        )
    ).first()


def on_their_way(session: Session, service_id: int, line_key: str) -> int:
    """How many rings have not led to a caller yet: each will take one from the queue, unless it is being stopped."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Offer)
            .where(
                Offer.service_id == service_id,
                Offer.line_key == line_key,
                Offer.state.in_(ON_THEIR_WAY),
                Offer.stop_asked_at.is_(None),
            )
        )
        or 0
    )


def ringing(session: Session, service_id: int, line_key: str, most: int) -> Sequence[Offer]:
    """Up to `most` rings that nobody has picked up and that nobody stops yet, the newest first, locked."""
    return session.scalars(
        select(Offer)
        .where(
            Offer.service_id == service_id,
            Offer.line_key == line_key,
            Offer.state == "ringing",
            Offer.call_sid.is_not(None),
            Offer.stop_asked_at.is_(None),
        )
        .order_by(Offer.id.desc())
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def misses(session: Session, duty: Duty) -> int:
    """How often in a row, on this duty, their phone was not picked up or the call not taken."""
    problems = session.scalars(
        select(Offer.problem)
        .where(
            Offer.service_id == duty.service_id,
            Offer.therapist_id == duty.therapist_id,
            Offer.at >= duty.since,
            Offer.finished_at.is_not(None),
            or_(Offer.problem.is_(None), Offer.problem.not_in((NOT_PLACED, STOPPED))),
        )
        .order_by(Offer.id.desc())
        .limit(MISSES_IN_A_ROW)
    ).all()
    return next((nth for nth, problem in enumerate(problems) if problem != NOT_TAKEN), len(problems))


def unsettled(session: Session, service_id: int, placed_before: datetime) -> Sequence[Offer]:
    """Offers of whose call nobody knows: the network did not answer, or a worker died while it asked."""
    return session.scalars(
        select(Offer)
        .where(
            Offer.service_id == service_id,
            or_(Offer.state == "unknown", and_(Offer.state == "placing", Offer.at <= placed_before)),
        )
        .order_by(Offer.id)
    ).all()


def forgotten(session: Session, service_id: int, now: datetime) -> Sequence[Offer]:
    """Offers that must be over although nobody told us, locked: they would keep their therapist from other callers."""
    return session.scalars(
        select(Offer)
        .where(
            Offer.service_id == service_id,
            or_(
                and_(Offer.state.in_(("ringing", "accepted")), Offer.at < now - LONGEST_RING),
                and_(Offer.state == "talking", Offer.connected_at < now - LONGEST_TALK),
            ),
        )
        .with_for_update(skip_locked=True)
    ).all()


def known_calls(session: Session, service_id: int, sids: Sequence[str]) -> frozenset[str]:
    """Which of these calls belong to an offer already."""
    known = select(Offer.call_sid).where(Offer.service_id == service_id, Offer.call_sid.in_(sids))
    return frozenset(sid for sid in session.scalars(known) if sid is not None)
