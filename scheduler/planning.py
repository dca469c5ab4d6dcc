"""Planning: who rings whom back, and when, is worked out anew whenever something asked for it, and written down.

A new message, an absence, a result: each asks by moving `planning.wanted_at` on. Asked for while a plan is being made,
it is made again.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from advice_line.callbacks import named
from advice_line.callbacks import plan as plans
from advice_line.callbacks.callback import Callback, Planning
from advice_line.callbacks.plan import Decision, Overtaken, Slot
from advice_line.lines.directory import Service
from advice_line.lines.rota import want_planning
from scheduler import planner
from scheduler.callers import Caller
from scheduler.question import Question, ask
from scheduler.workshop import Workshop

log = structlog.get_logger()

SOLVER_SECONDS = 5.0
# Also when nothing asks: the days go on, and the horizon with them.
AT_LEAST_EVERY = timedelta(minutes=10)


def plan(workshop: Workshop, service: Service) -> int:
    """Make the plan of a service and write it down; returns how many callbacks changed."""
    now = workshop.now()
    try:
        with workshop.transaction(service) as session:
            if not plans.begin(session, service.id):
                return 0
            wanted_at = session.scalar(select(Planning.wanted_at).where(Planning.service_id == service.id))
            changed, complete = _planned(session, service, now)
    except (Overtaken, IntegrityError) as overtaken:
        # Planning is still wanted, so it is made again at the next look.
        log.info("plan_overtaken", service=service.key, by=type(overtaken).__name__)
        return 0
    if wanted_at is not None:
        _was_planned(workshop, service, wanted_at, complete=complete)
    return changed


def want(workshop: Workshop, service: Service) -> int:
    """Ask for a plan when a slot passed unused, an offer was not answered, or none was made for a while: 1 if so."""
    now = workshop.now()
    with workshop.transaction(service) as session:
        if named.expire(session, service, now):
            return 1
        if not _is_due(session, service, now):
            return 0
        want_planning(session, service.id, now)
        return 1


def _planned(session: Session, service: Service, now: datetime) -> tuple[int, bool]:
    """How many callbacks changed, and whether the plan was worked out to its end."""
    question = ask(session, service, now)
    answer = planner.plan(question.problem, seconds=SOLVER_SECONDS)
    changed = plans.place(session, service.id, _decisions(question, answer), now)
    log.info(
        "planned",
        service=service.key,
        callbacks=len(question.asked),
        placed=len(answer.assignments),
        without_slot=len(answer.unplaced),
        impossible=len(question.impossible),
        moved=len(answer.moved),
        changed=changed,
        seconds=round(answer.seconds, 3),
        gap=round(answer.gap, 4),
        complete=answer.complete,  # when not, the time was up, and this is the best plan so far
    )
    return changed, answer.complete


def _decisions(question: Question, answer: planner.Plan) -> list[Decision]:
    slots = {one.callback: Slot(one.therapist, one.start, one.end) for one in answer.assignments}
    reasons = {one.callback: tuple(map(str, one.reasons)) for one in answer.assignments}
    reasons |= {one.callback: _obstacles(one) for one in answer.unplaced}
    moved = {one.callback: str(one.why) for one in answer.moved}
    decisions = []
    for caller in question.asked:
        callback, slot = caller.callback, slots.get(caller.callback.id)
        why = (*_told(caller, slot), *reasons.get(callback.id, ()))
        was, moved_because = Slot.of(callback), moved.get(callback.id)
        decisions.append(Decision(callback, caller.enquiry, was, slot, why, moved_because, caller.named))
    for caller in question.impossible:
        was, why = Slot.of(caller.callback), (caller.why_not or "",)
        decisions.append(Decision(caller.callback, caller.enquiry, was, None, why, named=caller.named))
    return decisions


def _told(caller: Caller, slot: Slot | None) -> tuple[str, ...]:
    starts_at = slot.starts_at if slot else None
    return tuple(note.sentence for note in caller.notes() if note.concerns(starts_at))


def _obstacles(one: planner.Unplaced) -> tuple[str, ...]:
    """Why it has no slot, and what can be done about it."""
    return tuple(f"{reason} {reason.choice}" for reason in one.reasons)


def _was_planned(workshop: Workshop, service: Service, wanted_at: datetime, *, complete: bool) -> None:
    # A transaction of its own: who asks for a plan holds this row, and must never wait for ours.
    with workshop.transaction(service) as session:
        session.execute(
            update(Planning)
            .where(Planning.service_id == service.id)
            .values(planned_at=func.greatest(Planning.planned_at, wanted_at), is_complete=complete)
            .execution_options(synchronize_session=False)
        )


def _is_due(session: Session, service: Service, now: datetime) -> bool:
    open_ones = select(Callback.id).where(Callback.service_id == service.id, Callback.state.in_(plans.PLANNED_STATES))
    passed = open_ones.where(Callback.state == "planned", Callback.ends_at <= now)
    long_ago = select(Planning.service_id).where(
        Planning.service_id == service.id, Planning.wanted_at <= now - AT_LEAST_EVERY
    )
    return bool(session.scalar(select(exists(passed) | (exists(open_ones) & exists(long_ago)))))
