"""The plan: what the planner decided, written into the callbacks and their enquiries, and into the history with why.

Only what changed is written. A plan is made from what was true when it was begun; if one of the callbacks that it
changes is not as it was then, nothing of it is written, and it is to be made anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from advice_line.audit import Actor, record
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.callback import NO_SLOT, Callback
from advice_line.callbacks.slot_change import SlotChange
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict

PLANNER = Actor.part("planner")
PLANNED_STATES = ("waiting", "planned")


class Overtaken(Conflict):
    """The story went on while the plan was made."""


@dataclass(frozen=True)
class Slot:
    """A therapist's time for one call, aware and half open."""

    therapist_id: int
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, callback: Callback) -> Self | None:
        """Where a callback is planned now; None while it has no slot."""
        if callback.therapist_id is None or callback.starts_at is None or callback.ends_at is None:
            return None
        return cls(callback.therapist_id, callback.starts_at, callback.ends_at)


@dataclass(frozen=True)
class Decision:
    """What was decided for one callback: its slot, or None, and the reasons in plain words.

    `was` is the slot that the planner saw; `why_moved` says why it could not or should not stay there. `named` is the
    child's own therapist, whose enquiry it remains whoever may ring back this once.
    """

    callback: Callback
    enquiry: Enquiry
    was: Slot | None
    slot: Slot | None
    reasons: tuple[str, ...]
    why_moved: str | None = None
    named: int | None = None

    @property
    def changes_something(self) -> bool:
        """A call that stays where it is keeps the reasons that it was put there for."""
        if self.slot is not None:
            return self.slot != self.was
        return self.was is not None or tuple(self.callback.reasons) != self.reasons


def begin(session: Session, service_id: int) -> bool:
    """Take the service's planning for this transaction; False while another planner is at it.

    Nobody else waits for this: a new message or an absence asks for a new plan also while one is being made.
    """
    mine = text("SELECT pg_try_advisory_xact_lock(hashtextextended('planner', :service))")
    return bool(session.scalar(mine, {"service": service_id}))


def place(session: Session, service_id: int, decisions: Sequence[Decision], now: datetime) -> int:
    """Write the decisions down; returns how many callbacks changed. Raises Overtaken, with nothing written.

    Two slots may be swapped: that nobody is booked twice is checked when the transaction ends.
    """
    changing = [decision for decision in decisions if decision.changes_something]
    if not changing:
        return 0
    _hold(session, service_id, changing)
    for decision in changing:
        if decision.slot is not None:
            _give(session, decision, decision.slot, now)
        else:
            _take(session, decision, now)
    session.flush()
    return len(changing)


def _hold(session: Session, service_id: int, changing: Sequence[Decision]) -> None:
    """Lock what will be changed and see that it is as it was. Waits for nobody, so it cannot wait for ever.

    Enquiries first, as everybody does.
    """
    for table, ids in (
        (Enquiry, {decision.enquiry.id for decision in changing}),
        (Callback, {decision.callback.id for decision in changing}),
    ):
        rows = session.scalars(
            select(table)
            .where(table.service_id == service_id, table.id.in_(ids))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        if len(rows) < len(ids):
            raise Overtaken("Somebody is at one of these enquiries just now.")
    for decision in changing:
        if decision.callback.state not in PLANNED_STATES or Slot.of(decision.callback) != decision.was:
            raise Overtaken("One of these callbacks went on while the plan was made.")
        if decision.slot and decision.callback.promised_from not in {None, decision.slot.starts_at}:
            raise Overtaken("A time was promised while the plan was made.")


def _give(session: Session, decision: Decision, slot: Slot, now: datetime) -> None:
    callbacks.move(
        session,
        decision.callback,
        "planned",
        now,
        therapist_id=slot.therapist_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        reasons=list(decision.reasons),
        planned_at=now,
    )
    enquiry = decision.enquiry
    therapist = decision.named or slot.therapist_id
    if enquiry.status == "triaged":
        enquiries.move(session, enquiry, "assigned", PLANNER, now, therapist_id=therapist)
    else:
        enquiry.therapist_id = therapist
    _tell(session, decision, "slot_moved" if decision.was else "planned", now)


def _take(session: Session, decision: Decision, now: datetime) -> None:
    reasons = list(decision.reasons)
    callbacks.move(session, decision.callback, "waiting", now, **NO_SLOT, reasons=reasons, planned_at=now)
    if decision.was is None:
        return
    enquiry = decision.enquiry
    if decision.named is None:
        if enquiry.status == "assigned":
            enquiries.move(session, enquiry, "triaged", PLANNER, now, therapist_id=None)
        else:
            enquiry.therapist_id = None
    _tell(session, decision, "slot_lost", now)


def _tell(session: Session, decision: Decision, what: str, now: datetime) -> None:
    why = decision.why_moved or " ".join(decision.reasons)
    enquiries.note(session, decision.enquiry, what, PLANNER, now, detail=why)
    detail = {"therapist": decision.slot.therapist_id} if decision.slot else {}
    service_id = decision.callback.service_id
    if decision.was is not None:
        session.add(_change(decision, decision.was, why, now))
    record(session, PLANNER, what, f"callback {decision.callback.id}", now, service_id=service_id, detail=detail)


def _change(decision: Decision, was: Slot, why: str, now: datetime) -> SlotChange:
    return SlotChange(
        service_id=decision.callback.service_id,
        callback_id=decision.callback.id,
        at=now,
        why=why,
        from_therapist_id=was.therapist_id,
        from_starts_at=was.starts_at,
        to_therapist_id=decision.slot.therapist_id if decision.slot else None,
        to_starts_at=decision.slot.starts_at if decision.slot else None,
    )
