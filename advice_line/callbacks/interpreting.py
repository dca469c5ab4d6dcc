"""Interpreter: whether the one that a call needs is asked for, booked, and for when.

A booking has a state of its own; the call's due time runs on (edge cases E04 and E21). A booked time is promised: the
call stays there until the booking is cancelled or fails.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import promising
from advice_line.callbacks.promising import Given
from advice_line.clock import london_date, start_of_day
from advice_line.db import Base, Id, Moment, ServiceId, move_on
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import INTERPRETER_FLAG, Enquiry
from advice_line.errors import Conflict, WrongState
from advice_line.lines.directory import Service
from advice_line.lines.rota import want_planning

OPEN = ("needed", "asked", "booked")
# A booking may be cancelled or fail and be made again, for the same need.
MOVES: dict[str, frozenset[str]] = {
    "needed": frozenset({"asked", "booked", "cancelled"}),
    "asked": frozenset({"asked", "booked", "failed", "cancelled"}),
    "booked": frozenset({"booked", "used", "failed", "cancelled"}),
    "used": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
IN_WORDS = {
    "needed": "Interpreter not yet booked",
    "asked": "Interpreter asked for, not yet booked",
    "booked": "Interpreter booked",
}


class InterpreterBooking(Base):
    __tablename__ = "interpreter_booking"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    needed_at: Mapped[Moment]
    provider: Mapped[str]
    provider_reference: Mapped[str]
    starts_at: Mapped[Moment | None]
    changed_at: Mapped[Moment]


@dataclass(frozen=True)
class Agency:
    """Who interprets, and by which reference they know the booking."""

    provider: str
    reference: str = ""


def see_to(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """Bring the booking into line with the flag: needed once it is raised, cancelled when it is taken down."""
    booking = current(session, enquiry)
    if INTERPRETER_FLAG in enquiry.flags and booking is None and callbacks.open_for(session, enquiry) is not None:
        _need(session, enquiry, now)
    elif INTERPRETER_FLAG not in enquiry.flags and booking is not None:
        cancel(session, enquiry, Actor.part("triage"), now)


def ask(session: Session, enquiry: Enquiry, agency: Agency, actor: Actor, now: datetime) -> None:
    """An interpreter was asked for; no time is agreed yet."""
    _change(session, _needed(session, enquiry, now), "asked", now, agency)
    _tell(session, enquiry, "interpreter_asked", actor, now)


def book(
    session: Session, service: Service, enquiry: Enquiry, agency: Agency, given: Given, actor: Actor, now: datetime
) -> None:
    """An interpreter is booked for the call that begins then: the time is promised. Raises Malformed as promising does.

    The caller is told the time, so it needs not be one of their usual ones.
    """
    booking = _needed(session, enquiry, now)
    promising.promise(session, service, enquiry, given, actor, now)
    _change(session, booking, "booked", now, agency, starts_at=given.start)
    _tell(session, enquiry, "interpreter_booked", actor, now)


def cancel(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """The booking is off, and the time that was held for it is free; while the flag is up another one is needed."""
    _end(session, enquiry, "cancelled", actor, now)


def after_call(session: Session, service: Service, enquiry: Enquiry, result: str, actor: Actor, now: datetime) -> None:
    """What the result of an attempt says of the interpreter.

    One who did not come is booked again, and the enquiry goes up by one step: we let the caller down (edge case E21).
    """
    if result == "interpreter_failed" and enquiries.raise_by_one(enquiry):
        enquiries.note(session, enquiry, "priority_raised", actor, now, detail=enquiry.priority)
        callbacks.reconsider(session, service, enquiry, now)
    booking = current(session, enquiry)
    if booking is None:
        return
    if result == "interpreter_failed":
        _end(session, enquiry, "failed", actor, now)
    elif result == "spoke_to_caller":
        _change(session, booking, "used" if booking.state == "booked" else "cancelled", now)


def current(session: Session, enquiry: Enquiry) -> InterpreterBooking | None:
    """The booking that is not over; None when no interpreter is needed."""
    return session.scalars(
        select(InterpreterBooking).where(
            InterpreterBooking.service_id == enquiry.service_id,
            InterpreterBooking.enquiry_id == enquiry.id,
            InterpreterBooking.state.in_(OPEN),
        )
    ).first()


def all_current(session: Session, service_id: int) -> dict[int, InterpreterBooking]:
    """Every booking of a service that is not over, by the enquiry's id."""
    ongoing = select(InterpreterBooking).where(
        InterpreterBooking.service_id == service_id, InterpreterBooking.state.in_(OPEN)
    )
    return {booking.enquiry_id: booking for booking in session.scalars(ongoing)}


def in_words(enquiry: Enquiry, booking: InterpreterBooking | None) -> str:
    """How it stands with the interpreter; nothing when none is needed."""
    if booking is None:
        return IN_WORDS["needed"] if INTERPRETER_FLAG in enquiry.flags else ""
    return IN_WORDS[booking.state] + (f" ({booking.provider})" if booking.provider else "")


def earliest(service: Service, enquiry: Enquiry, booking: InterpreterBooking | None) -> datetime | None:
    """Before which moment no interpreter can be had: so many working days after the need; None when it is no matter."""
    days = service.configuration.capacity.interpreter_lead_working_days
    if (
        not days
        or (booking is None and INTERPRETER_FLAG not in enquiry.flags)
        or (booking and booking.state == "booked")
    ):
        return None
    needed_at = booking.needed_at if booking else enquiry.received_at
    return start_of_day(service.calendar.working_day_after(london_date(needed_at), days))


def _needed(session: Session, enquiry: Enquiry, now: datetime) -> InterpreterBooking:
    booking = current(session, enquiry)
    if booking is None and INTERPRETER_FLAG in enquiry.flags and enquiry.is_open:
        booking = _need(session, enquiry, now)
    if booking is None:
        raise Conflict("No interpreter is needed for this call. Raise the flag “Interpreter needed” first.")
    return booking


def _need(session: Session, enquiry: Enquiry, now: datetime) -> InterpreterBooking:
    needed = InterpreterBooking(
        service_id=enquiry.service_id,
        enquiry_id=enquiry.id,
        state="needed",
        needed_at=now,
        provider="",
        provider_reference="",
        changed_at=now,
    )
    session.add(needed)
    session.flush()
    want_planning(session, enquiry.service_id, now)
    return needed


def _end(session: Session, enquiry: Enquiry, how: str, actor: Actor, now: datetime) -> None:
    booking = _needed(session, enquiry, now)
    callback = callbacks.open_for(session, enquiry)
    held = callback is not None and callback.state != "live" and callback.promised_from == booking.starts_at
    if booking.state == "booked" and held:
        promising.release(session, enquiry, actor, now)
    _change(session, booking, how, now)
    _tell(session, enquiry, f"interpreter_{how}", actor, now)
    if INTERPRETER_FLAG in enquiry.flags and callback is not None:
        _need(session, enquiry, now)


def _change(
    session: Session,
    booking: InterpreterBooking,
    to: str,
    now: datetime,
    agency: Agency | None = None,
    starts_at: datetime | None = None,
) -> None:
    if to not in MOVES[booking.state]:
        raise WrongState(f"An interpreter who is {booking.state} cannot become {to}.")
    changes: dict[str, object] = {"changed_at": now}
    if agency is not None:
        changes |= {"provider": agency.provider, "provider_reference": agency.reference, "starts_at": starts_at}
    if not move_on(session, booking, "state", to, **changes):
        raise WrongState("Somebody else changed this booking first. Reload the page to see it as it is now.")


def _tell(session: Session, enquiry: Enquiry, what: str, actor: Actor, now: datetime) -> None:
    enquiries.note(session, enquiry, what, actor, now)
    record(session, actor, what.replace("_", " "), f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)
    want_planning(session, enquiry.service_id, now)
