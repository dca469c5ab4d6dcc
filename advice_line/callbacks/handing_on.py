"""Handing on: a therapist is away, and each of their callbacks gets a new home, or is named as one without.

The planner finds the homes, within seconds. Here is kept which callbacks they were, so that whoever said that somebody
is ill sees each of them again: with whom and when it is now, or the plain reason why it is with nobody (E16).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.plan import PLANNED_STATES
from advice_line.clock import london_date, start_of_day
from advice_line.db import Base, Moment, ServiceId
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import away, rota
from advice_line.lines.rota import Absence, Therapist
from advice_line.live import duty as duties

# Where a callback is: its slot is still the absent one's, it has another, it has none, it is being rung, it is over.
Where = Literal["being_planned", "placed", "without", "live", "over"]
# Nobody plans as far ahead as this: until here, an absence without an end takes everything.
EVER = datetime(9999, 1, 1, tzinfo=UTC)


class AbsenceCallback(Base):
    """A callback that an absence took from its therapist, and where it was."""

    __tablename__ = "absence_callback"

    service_id: Mapped[ServiceId]
    absence_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    callback_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]


@dataclass(frozen=True)
class Home:
    """One of them: where it was, and where it is now. `reasons` say why it is there, or why it is nowhere."""

    enquiry: Enquiry
    callback: Callback
    was_at: datetime
    where: Where

    @property
    def reasons(self) -> list[str]:
        """In plain words, with what can be done about it."""
        return list(self.callback.reasons)


def send_away(
    session: Session,
    actor: Actor,
    therapist: Therapist,
    start: datetime,
    end: datetime | None,
    reason: str,
    now: datetime,
) -> Absence:
    """A therapist is away from `start` up to `end`, None until they are back: their callbacks are planned anew.

    Who is away from now on answers the live line no more. Raises Malformed.
    """
    absence = rota.record_absence(session, actor, therapist, start, end, reason, now)
    _keep(session, absence, now)
    if absence.takes(now, now + timedelta(microseconds=1)):
        duties.go_off(session, therapist.service_id, therapist, actor, now)
    return absence


def ill_for_today(session: Session, actor: Actor, therapist: Therapist, now: datetime) -> Absence:
    """One press, from now to the end of the day, or longer if that is known already. Ill is so once, not twice."""
    tonight = start_of_day(london_date(now) + timedelta(days=1))
    known = _ill_now(session, therapist, now)
    if known is None:
        return send_away(session, actor, therapist, now, tonight, "sickness", now)
    if known.ends_at is not None and known.ends_at < tonight:
        change_end(session, actor, known, tonight, now)
    return known


def change_end(session: Session, actor: Actor, absence: Absence, end: datetime | None, now: datetime) -> None:
    """They are away until another time than was said. What that takes from them besides is planned anew, too."""
    away.change_end(session, actor, absence, end, now)
    _keep(session, absence, now)


def homes(session: Session, absence: Absence) -> list[Home]:
    """Every callback that the absence took from its therapist, in the order of the times at which they were planned."""
    rows = session.execute(
        select(AbsenceCallback, Callback, Enquiry)
        .where(AbsenceCallback.service_id == absence.service_id, AbsenceCallback.absence_id == absence.id)
        .join(Callback, (Callback.service_id == absence.service_id) & (Callback.id == AbsenceCallback.callback_id))
        .join(Enquiry, (Enquiry.service_id == absence.service_id) & (Enquiry.id == Callback.enquiry_id))
        .order_by(AbsenceCallback.starts_at, AbsenceCallback.callback_id)
    )
    return [Home(one, callback, kept.starts_at, _where(absence, callback)) for kept, callback, one in rows]


def ill_now(session: Session, service_id: int, now: datetime) -> list[tuple[Absence, int]]:
    """Everybody who is ill at this moment, with how many of the callbacks that it took from them have no home."""
    ill = (one for one in away.coming(session, service_id, now) if one.reason == "sickness" and one.starts_at <= now)
    return [(one, sum(home.where == "without" for home in homes(session, one))) for one in ill]


def _ill_now(session: Session, therapist: Therapist, now: datetime) -> Absence | None:
    theirs = (one for one in rota.absences(session, now, EVER) if one.therapist_id == therapist.id)
    return next((one for one in theirs if one.starts_at <= now and one.reason == "sickness"), None)


def _keep(session: Session, absence: Absence, now: datetime) -> None:
    """Note what the absence takes of the plan as it is now; what was noted before stays as it was."""
    taken = _planned_then(session, absence, now)
    if not taken:
        return
    rows = [
        {
            "service_id": callback.service_id,
            "absence_id": absence.id,
            "callback_id": callback.id,
            "starts_at": callback.starts_at,
            "ends_at": callback.ends_at,
        }
        for callback in taken
    ]
    session.execute(insert(AbsenceCallback).values(rows).on_conflict_do_nothing())


def _planned_then(session: Session, absence: Absence, now: datetime) -> Sequence[Callback]:
    # A slot of this morning that was not used is planned anew as well: it is theirs still, and they are away.
    until = absence.ends_at or EVER
    since = start_of_day(london_date(now)) if absence.starts_at <= now else absence.starts_at
    return session.scalars(
        select(Callback).where(
            Callback.service_id == absence.service_id,
            Callback.therapist_id == absence.therapist_id,
            Callback.state.in_((*PLANNED_STATES, "live")),
            Callback.starts_at < until,
            Callback.ends_at > since,
        )
    ).all()


def _where(absence: Absence, callback: Callback) -> Where:
    if callback.state == "live":
        return "live"
    if callback.ended_at is not None:
        return "over"
    if callback.therapist_id is None or callback.starts_at is None or callback.ends_at is None:
        return "without"
    # A slot of theirs that has passed is as homeless as one while they are away: it is being planned anew as well.
    is_theirs = callback.therapist_id == absence.therapist_id and absence.cancelled_at is None
    return "being_planned" if is_theirs and callback.starts_at < (absence.ends_at or EVER) else "placed"
