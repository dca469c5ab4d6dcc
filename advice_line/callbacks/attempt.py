"""Attempt: one try to reach the caller, bridged by the product or dialled by the therapist.

There is never more than one live attempt for an enquiry (a partial unique index says so), and the call's status never
decides that somebody was spoken to: the therapist's result does (edge case E18).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import taxonomy
from advice_line.audit import Actor
from advice_line.db import Base, Id, Moment, ServiceId, move_on, notify
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, WrongState

# From opening to result. `unknown`: the network never answered our request, so it may be ringing or not.
MOVES: dict[str, frozenset[str]] = {
    "to_place": frozenset({"placing", "finished", "abandoned"}),
    # Back to `to_place` when the network was busy or out of reach, and certainly did nothing.
    "placing": frozenset(
        {"to_place", "ringing_therapist", "ringing_caller", "talking", "unknown", "call_over", "finished", "abandoned"}
    ),
    "unknown": frozenset({"ringing_therapist", "ringing_caller", "talking", "call_over", "finished", "abandoned"}),
    "ringing_therapist": frozenset({"ringing_caller", "talking", "call_over", "finished", "abandoned"}),
    "ringing_caller": frozenset({"talking", "call_over", "finished", "abandoned"}),
    "talking": frozenset({"call_over", "finished"}),
    # Given up then only by the therapist, who stopped it before anybody answered.
    "call_over": frozenset({"finished", "abandoned"}),
    "finished": frozenset(),
    "abandoned": frozenset(),
}


class Attempt(Base):
    __tablename__ = "attempt"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    therapist_id: Mapped[int | None] = mapped_column(BigInteger)
    opened_by: Mapped[int | None] = mapped_column(BigInteger)
    opened_by_system: Mapped[str | None]
    at: Mapped[Moment]
    self_dialled: Mapped[bool]
    state: Mapped[str]
    therapist_number: Mapped[str | None]
    caller_number: Mapped[str | None]
    call_sid: Mapped[str | None]
    caller_call_sid: Mapped[str | None]
    placed_at: Mapped[Moment | None]
    accepted_at: Mapped[Moment | None]
    answered_at: Mapped[Moment | None]
    call_ended_at: Mapped[Moment | None]
    problem: Mapped[str | None]
    finished_at: Mapped[Moment | None]
    result: Mapped[str | None]
    note: Mapped[str]
    to_stop: Mapped[bool] = mapped_column(default=False)

    @property
    def is_live(self) -> bool:
        return self.finished_at is None

    @property
    def counts(self) -> bool:
        """Whether it uses up one of the caller's attempts (attempt results; edge case E18)."""
        return self.result is not None and taxonomy.ATTEMPT_RESULTS[self.result].counts_as_attempt

    @property
    def made_contact(self) -> bool:
        return self.result is not None and taxonomy.ATTEMPT_RESULTS[self.result].contact_made


def open_one(session: Session, enquiry: Enquiry, actor: Actor, now: datetime, **facts: Any) -> Attempt:
    """Open the enquiry's one live attempt. Raises Conflict while another is live."""
    attempt = Attempt(
        service_id=enquiry.service_id,
        enquiry_id=enquiry.id,
        opened_by=actor.person_id,
        opened_by_system=actor.system,
        note="",
        **{"at": now, "state": "to_place", "self_dialled": False, **facts},
    )
    try:
        with session.begin_nested():
            session.add(attempt)
    except IntegrityError as error:
        if "attempt_one_live_for_each_enquiry" not in str(error.orig):
            raise
        raise Conflict("This family is being rung just now. Wait until that call has its result.") from None
    return attempt


def move(session: Session, attempt: Attempt, to: str, **changes: Any) -> None:
    """Make one move of MOVES, or raise WrongState."""
    if to not in MOVES[attempt.state]:
        raise WrongState(f"A call that is {attempt.state.replace('_', ' ')} cannot become {to.replace('_', ' ')}.")
    if not move_on(session, attempt, "state", to, **changes):
        raise WrongState("Somebody else changed this call first. Reload the page to see it as it is now.")
    notify(session, f"changed {attempt.service_id}")


def live(session: Session, enquiry: Enquiry, *, lock: bool = False) -> Attempt | None:
    """The enquiry's live attempt; None when nobody is calling. Who means to change it holds the enquiry, and locks."""
    query = select(Attempt).where(
        Attempt.service_id == enquiry.service_id,
        Attempt.enquiry_id == enquiry.id,
        Attempt.finished_at.is_(None),
    )
    return session.scalars(query.with_for_update() if lock else query).first()


def hold(session: Session, service_id: int, attempt_id: int) -> Attempt | None:
    """The attempt, locked after its enquiry; None when there is none.

    Everybody locks the enquiry first, then the attempt, then the row of the connection (leg), so that no two wait
    for each other.
    """
    attempt = session.get(Attempt, (service_id, attempt_id))
    if attempt is not None:
        enquiries.by_id(session, service_id, attempt.enquiry_id, lock=True)
        session.refresh(attempt, with_for_update=True)
    return attempt


def of_enquiry(session: Session, enquiry: Enquiry) -> Sequence[Attempt]:
    """The attempts of one enquiry, oldest first."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.service_id == enquiry.service_id, Attempt.enquiry_id == enquiry.id)
        .order_by(Attempt.at, Attempt.id)
    ).all()


def last_contact(session: Session, enquiry: Enquiry) -> Attempt | None:
    """The newest attempt in which the caller was spoken to; None when nobody was reached."""
    made = [attempt for attempt in of_enquiry(session, enquiry) if attempt.made_contact]
    return made[-1] if made else None


def counted(session: Session, enquiry: Enquiry) -> int:
    """How many of the caller's attempts are used up since they last got in touch."""
    counting = [key for key, result in taxonomy.ATTEMPT_RESULTS.items() if result.counts_as_attempt]
    return (
        session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(
                Attempt.service_id == enquiry.service_id,
                Attempt.enquiry_id == enquiry.id,
                Attempt.result.in_(counting),
                *([Attempt.at >= enquiry.last_word_at] if enquiry.last_word_at else []),
            )
        )
        or 0
    )


def in_hand(session: Session, service_id: int, person_id: int, therapist_id: int | None) -> Sequence[Attempt]:
    """Somebody's calls without a result, oldest first: those that they opened, and those that rang their phone.

    Such an enquiry is in nobody's plan, since its call is not over until somebody says what came of it.
    """
    theirs = Attempt.opened_by == person_id
    if therapist_id is not None:
        theirs = or_(theirs, Attempt.therapist_id == therapist_id)
    return session.scalars(
        select(Attempt)
        .where(Attempt.service_id == service_id, Attempt.finished_at.is_(None), theirs)
        .order_by(Attempt.at, Attempt.id)
    ).all()


def without_result(session: Session, service_id: int, enquiry_ids: Collection[int]) -> frozenset[int]:
    """Those of these enquiries whose call is over, while nobody has said what came of it."""
    over = select(Attempt.enquiry_id).where(
        Attempt.service_id == service_id, Attempt.enquiry_id.in_(enquiry_ids), Attempt.state == "call_over"
    )
    return frozenset(session.scalars(over))


def not_written_up(session: Session, service_id: int, over_before: datetime) -> Sequence[Attempt]:
    """Calls that ended before a moment, and of which nobody has said what came of them; oldest first."""
    ended = func.coalesce(Attempt.call_ended_at, Attempt.at)
    return session.scalars(
        select(Attempt)
        .where(Attempt.service_id == service_id, Attempt.state == "call_over", ended <= over_before)
        .order_by(ended, Attempt.id)
    ).all()


def unsettled(session: Session, service_id: int, placed_before: datetime) -> Sequence[Attempt]:
    """Attempts of whose call nobody knows: the network did not answer, or a worker died while it asked.

    `placed_before` leaves time to those who are asking just now.
    """
    return session.scalars(
        select(Attempt)
        .where(
            Attempt.service_id == service_id,
            or_(Attempt.state == "unknown", and_(Attempt.state == "placing", Attempt.placed_at <= placed_before)),
        )
        .order_by(Attempt.id)
    ).all()


def known_calls(session: Session, service_id: int, sids: Sequence[str]) -> frozenset[str]:
    """Which of these calls belong to an attempt already."""
    known = select(Attempt.call_sid).where(Attempt.service_id == service_id, Attempt.call_sid.in_(sids))
    return frozenset(sid for sid in session.scalars(known) if sid is not None)


def of_connection(session: Session, service_id: int, sid: str, parent_sid: str | None) -> Attempt | None:
    """The attempt that a connection belongs to: the therapist's leg, or the caller's that hangs on it."""
    wanted = select(Attempt).where(
        Attempt.service_id == service_id,
        or_(Attempt.call_sid.in_([sid, *([parent_sid] if parent_sid else [])]), Attempt.caller_call_sid == sid),
    )
    return session.scalars(wanted.limit(1)).first()


def next_to_place(session: Session, service_id: int) -> Attempt | None:
    """The oldest attempt whose call nobody has placed yet, locked; rivals skip what we hold."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.service_id == service_id, Attempt.state == "to_place")
        .order_by(Attempt.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
