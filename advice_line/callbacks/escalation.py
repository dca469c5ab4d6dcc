"""4. Escalation: what is done before a standard breaks. First the enquiry comes first on the lists, then it stands on
the lead's page, then the leads have a letter (`alarms`). Each step is taken once for each running of a clock, and
stands in the enquiry's history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import clock as clocks
from advice_line.callbacks.clock import LEADS_PAGE, LETTER, Clock
from advice_line.db import Base, Moment, ServiceId
from advice_line.enquiries.enquiry import PRIORITIES, Enquiry, not_heard, note
from advice_line.lines.directory import Service

WATCH = Actor.part("standards")
UNHEARD_SINCE = text(
    "SELECT q.id, coalesce(min(m.at), q.received_at) AS since FROM enquiry q"
    " LEFT JOIN message m ON m.service_id = q.service_id AND m.enquiry_id = q.id AND m.heard_at IS NULL"
    " WHERE q.service_id = :service AND q.heard_at IS NULL AND q.status <> 'closed' GROUP BY q.id, q.received_at"
)
TAKEN = {1: "first on the lists", 2: "on the lead’s page", 3: "in a letter to the leads"}


class Escalation(Base):
    """One step that was taken: added, never changed. The due time tells one running of a clock from the next."""

    __tablename__ = "escalation"

    service_id: Mapped[ServiceId]
    enquiry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    standard: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[Moment] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    at: Mapped[Moment]


@dataclass(frozen=True)
class Close:
    """A standard that is close to breaking, or broken: on which enquiry, and how far it is escalated."""

    enquiry: Enquiry
    clock: Clock
    step: int
    is_late: bool

    @property
    def gravity(self) -> tuple[int, bool, int]:
        """The lower, the graver: by priority, then what is late, then how far it is escalated."""
        return PRIORITIES.index(self.enquiry.priority), not self.is_late, -self.step

    @property
    def rank(self) -> tuple[int, bool, int, datetime]:
        """What comes first on a list comes first by this."""
        return (*self.gravity, self.clock.due_at)

    def why(self, now: datetime) -> str:
        """Why it comes first, for a person."""
        return f"{self.clock.label}: {self.clock.words(now)}."


def unheard_since(session: Session, service_id: int) -> dict[int, datetime]:
    """Since when something of each open enquiry waits to be heard, by the enquiry's id."""
    return {row.id: row.since for row in session.execute(UNHEARD_SINCE, {"service": service_id})}


def close_ones(session: Session, service: Service, now: datetime) -> list[Close]:
    """Everything of a service that is close to breaking a standard or has broken one, what comes first first."""
    shares = service.configuration.standards.escalation
    found = []
    for enquiry, clock in _clocks(session, service, now):
        step = clock.step(now, shares)
        if step:
            found.append(Close(enquiry, clock, step, clock.is_late(now)))
    return sorted(found, key=lambda close: (*close.rank, close.enquiry.id))


def first_of(close: Sequence[Close]) -> dict[int, Close]:
    """The gravest of each enquiry, by its id; `close` comes from `close_ones`."""
    return {one.enquiry.id: one for one in reversed(close)}


def to_ring_first(planned: Sequence[Enquiry], close: Mapping[int, Close]) -> list[Enquiry]:
    """Those of these planned calls that come before all others: the gravest first, those that are alike as planned."""
    return sorted((one for one in planned if one.id in close), key=lambda one: close[one.id].gravity)


def on_leads_page(close: Sequence[Close]) -> list[Close]:
    """Those that a lead is to see."""
    return [one for one in close if one.step >= LEADS_PAGE]


def take_steps(session: Session, service: Service, now: datetime) -> tuple[int, bool]:
    """Take the steps that are due. Returns how many of all are such that leads are written to of them, and whether
    one of these is new. What somebody is at just now is left for the next look.
    """
    close = close_ones(session, service, now)
    taken = _taken(session, service.id)
    due = [one for one in close if _next(one, taken)]
    free = _free(session, service.id, [one.enquiry.id for one in due])
    steps = [(one, step) for one in due if one.enquiry.id in free for step in _next(one, taken)]
    for one, step in sorted(steps, key=lambda each: (each[0].enquiry.id, each[1])):
        _take(session, one, step, now)
    written = [one for one in close if _is_written(one)]
    return len(written), any(step == LETTER and _is_written(one) for one, step in steps)


def _clocks(session: Session, service: Service, now: datetime) -> list[tuple[Enquiry, Clock]]:
    since = unheard_since(session, service.id)
    found = [
        (enquiry, clocks.of_listening(service, since.get(enquiry.id, enquiry.received_at)))
        for enquiry in not_heard(session, service.id)
    ]
    pairs = callbacks.all_open(session, service.id)
    attempted = clocks.first_attempts(session, service.id, [callback for callback, _ in pairs])
    for callback, enquiry in pairs:
        found += [(enquiry, one) for one in clocks.running(service, enquiry, callback, attempted.get(callback.id), now)]
    return found


def _is_written(one: Close) -> bool:
    # Late listening is an alarm of its own, with its own letter.
    return one.step == LETTER and not (one.clock.standard == "listen" and one.is_late)


def _taken(session: Session, service_id: int) -> set[tuple[int, str, datetime, int]]:
    asked = select(Escalation).where(Escalation.service_id == service_id)
    still_open = select(Enquiry.id).where(Enquiry.service_id == service_id, Enquiry.status != "closed")
    found = session.scalars(asked.where(Escalation.enquiry_id.in_(still_open)))
    return {(one.enquiry_id, one.standard, one.due_at, one.step) for one in found}


def _next(one: Close, taken: set[tuple[int, str, datetime, int]]) -> list[int]:
    known = (one.enquiry.id, one.clock.standard, one.clock.due_at)
    return [step for step in range(1, one.step + 1) if (*known, step) not in taken]


def _free(session: Session, service_id: int, ids: Sequence[int]) -> set[int]:
    """Those of these enquiries that nobody is at, locked now."""
    free = select(Enquiry.id).where(Enquiry.service_id == service_id, Enquiry.id.in_(ids)).order_by(Enquiry.id)
    return set(session.scalars(free.with_for_update(skip_locked=True)))


def _take(session: Session, one: Close, step: int, now: datetime) -> None:
    key = {"service_id": one.enquiry.service_id, "enquiry_id": one.enquiry.id, "standard": one.clock.standard}
    taken = insert(Escalation).values(**key, due_at=one.clock.due_at, step=step, at=now).on_conflict_do_nothing()
    if session.scalar(taken.returning(Escalation.step)) is not None:
        note(session, one.enquiry, "escalated", WATCH, now, detail=f"{one.clock.label}: {TAKEN[step]}")
