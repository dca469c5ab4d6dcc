"""Duty: a therapist answers the live line, from when they say so until they go off or the line's window ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import BigInteger, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.clock import london_date, start_of_day
from advice_line.db import Base, Id, Moment, ServiceId, notify
from advice_line.errors import Conflict, Fault, Malformed
from advice_line.lines.directory import Line
from advice_line.lines.rota import Therapist
from advice_line.telephone import numbers

WhyEnded = Literal["went_off", "not_answering", "window_ended"]
EARLY = timedelta(hours=2)  # nobody goes on duty longer before the line opens


class Duty(Base):
    """`phone` is rung for callers. `until` is the end of the line's window: nobody is forgotten on duty."""

    __tablename__ = "duty"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    line_key: Mapped[str]
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    phone: Mapped[str]
    since: Mapped[Moment]
    until: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    why_ended: Mapped[str | None]


def go_on(session: Session, line: Line, therapist: Therapist, phone: str, actor: Actor, now: datetime) -> Duty:
    """The therapist answers this line from now until its window ends.

    Malformed for a telephone that we cannot ring; Conflict when the line does not open soon, or they are on duty.
    """
    number = _number(line, phone)
    until = window_end(line, now)
    if until is None:
        raise Conflict("This line is not open now and does not open in the next two hours, so nobody can go on duty.")
    known = of_therapist(session, line.service.id, therapist.id)
    if known is not None and known.until > now:
        raise Conflict("You are on duty already. Go off duty first to change the line or the phone.")
    if known is not None:
        end(session, known, "window_ended", known.until)
    duty = Duty(
        service_id=line.service.id, line_key=line.key, therapist_id=therapist.id, phone=number, since=now, until=until
    )
    try:
        with session.begin_nested():
            session.add(duty)
    except IntegrityError:
        raise Conflict("You are on duty already. Reload the page to see it.") from None
    _changed(session, duty)
    record(session, actor, "on duty", f"duty {duty.id}", now, service_id=duty.service_id)
    return duty


def go_off(session: Session, service_id: int, therapist: Therapist, actor: Actor, now: datetime) -> None:
    """The therapist answers no more; a call that has begun goes on. Nothing to do when they are not on duty."""
    duty = of_therapist(session, service_id, therapist.id)
    if duty is None:
        return
    end(session, duty, "went_off", now)
    record(session, actor, "off duty", f"duty {duty.id}", now, service_id=service_id)


def end(session: Session, duty: Duty, why: WhyEnded, at: datetime) -> None:
    """Nobody is rung for this duty any more."""
    duty.ended_at, duty.why_ended = at, why
    session.flush()
    _changed(session, duty)


def window_end(line: Line, now: datetime) -> datetime | None:
    """When the live window ends that is open now or opens soon (UTC); None when there is none."""
    opening = line.live_hours.intervals(now, now + EARLY)
    if not opening:
        return None
    next_day = start_of_day(london_date(opening[0].start) + timedelta(days=1))
    return line.live_hours.intervals(opening[0].start, next_day)[0].end


def of_therapist(session: Session, service_id: int, therapist_id: int) -> Duty | None:
    """Their open duty, locked, also one whose window has ended; None when there is none."""
    return session.scalars(
        select(Duty)
        .where(Duty.service_id == service_id, Duty.therapist_id == therapist_id, Duty.ended_at.is_(None))
        .with_for_update()
    ).first()


def on_duty(session: Session, service_id: int, line_key: str, now: datetime) -> Sequence[Duty]:
    """Everybody who answers this line now, who came first, first."""
    return session.scalars(
        select(Duty)
        .where(
            Duty.service_id == service_id,
            Duty.line_key == line_key,
            Duty.ended_at.is_(None),
            Duty.since <= now,
            Duty.until > now,
        )
        .order_by(Duty.since, Duty.id)
    ).all()


def last_of(session: Session, service_id: int, therapist_id: int) -> Duty | None:
    """Their newest duty, open or ended."""
    theirs = select(Duty).where(Duty.service_id == service_id, Duty.therapist_id == therapist_id)
    return session.scalars(theirs.order_by(Duty.id.desc()).limit(1)).first()


def _number(line: Line, phone: str) -> str:
    try:
        number = numbers.callable_number(phone)
    except ValueError:
        sentence = "Enter an ordinary UK landline or mobile number, for example 01632 960123"
        raise Malformed([Fault("phone", sentence)]) from None
    if number in {each.number for each in line.service.lines.values()}:
        raise Malformed([Fault("phone", "Enter your own phone number, not that of the line")])
    return number


def _changed(session: Session, duty: Duty) -> None:
    notify(session, f"changed {duty.service_id}")
    notify(session, "queue")
