"""Watching: every minute it is looked whether something holds that a lead must know of, and alarms begin and end;
what comes close to breaking a standard is escalated.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import alarms
from advice_line.callbacks import escalation
from advice_line.db import notify
from advice_line.inbox import reconciliation
from advice_line.lines.directory import Service
from advice_line.reports import ledger, rhythm
from scheduler.workshop import Workshop

log = structlog.get_logger()

# A jump in refused signatures: at least so many in a quarter of an hour, and so many times the usual of the last week.
RECENT = timedelta(minutes=15)
USUAL = timedelta(days=7)
FEWEST_REFUSED = 10
JUMP = 5
# Reconciliation is tried again for so long before a lead hears of it.
UNRECONCILED_AT_MOST = timedelta(hours=1)

REFUSED = text("SELECT coalesce(sum(count), 0)::bigint FROM refused_post WHERE at > :start AND at <= :end")


def watch(workshop: Workshop, service: Service) -> int:
    """Begin and end the alarms of a service; returns how many began or ended."""
    now = workshop.now()
    with workshop.transaction(service) as session:
        known = {alarm.kind for alarm in alarms.still_open(session, service.id)}
        close, is_new = escalation.take_steps(session, service, now)
        holding = dict(_holding(session, service, known, now)) | ({("standard_close", ""): close} if close else {})
        changes = alarms.settle(session, service.id, holding, now, anew={"standard_close"} if is_new else ())
        if changes.raised or changes.ended:
            notify(session, f"changed {service.id}")
    for alarm in changes.raised:
        log.error("alarm_raised", service=service.key, alarm_id=alarm.id, kind=alarm.kind, line=alarm.subject)
    for alarm in changes.ended:
        log.info("alarm_ended", service=service.key, alarm_id=alarm.id, kind=alarm.kind, line=alarm.subject)
    return len(changes.raised) + len(changes.ended)


def _holding(
    session: Session, service: Service, known: set[str], now: datetime
) -> Iterator[tuple[tuple[str, str], int]]:
    counts = {
        "unaccounted": len(ledger.unaccounted(session, service.id, now)),
        "unheard_late": _unheard_late(session, service, now),
        "signatures_refused": _refused(session, now, raised="signatures_refused" in known),
        "not_reconciled": _failures(session, service, now),
    }
    yield from (((kind, ""), count) for kind, count in counts.items() if count)
    for line in service.lines.values():
        if rhythm.is_silent(session, line, now):
            yield ("line_silent", line.key), 1


def _unheard_late(session: Session, service: Service, now: datetime) -> int:
    """How many enquiries have a message that nobody heard by the service's own standard."""
    waiting = escalation.unheard_since(session, service.id)
    return sum(service.listen_by(since) < now for since in waiting.values())


def _refused(session: Session, now: datetime, *, raised: bool) -> int:
    """How many posts were refused lately, if those are many more than usual; nought otherwise."""
    start = now - RECENT
    recent = int(session.scalar(REFUSED, {"start": start, "end": now}) or 0)
    before = int(session.scalar(REFUSED, {"start": start - USUAL, "end": start}) or 0)
    # Once raised it holds until few are refused, however usual many have become.
    many = recent >= FEWEST_REFUSED and (raised or recent > JUMP * before * (RECENT / USUAL))
    return recent if many else 0


def _failures(session: Session, service: Service, now: datetime) -> int:
    state = reconciliation.state(session, service.id)
    late = state is not None and state.through < now - UNRECONCILED_AT_MOST
    return state.failures if state is not None and late else 0
