"""Who waits on the live line, and who of those on duty could be rung for them."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from advice_line.calls import Call
from advice_line.lines.directory import Service
from advice_line.live import duty as duties
from advice_line.live.duty import Duty

# The network asks every half minute what a waiting caller should hear; who was silent for so long has gone.
SILENCE = timedelta(minutes=2)
# Whose phone was not picked up is left in peace for a moment, so that others on duty are rung first.
BREATHER = timedelta(seconds=20)


class Standing(NamedTuple):
    """How things stand on one live line: counts alone, see the database's function `live_lines`."""

    service_id: int
    line_key: str
    on_duty: int
    waiting: int
    offers: int


def standings(session: Session, now: datetime) -> list[Standing]:
    """The live lines of all services on which anything goes on. Needs no service context."""
    look = text("SELECT service_id, line_key, on_duty, waiting, offers FROM live_lines(:now)")
    return [Standing(*row) for row in session.execute(look, {"now": now})]


def count(session: Session, service_id: int, line_key: str, now: datetime) -> int:
    """How many callers wait on a line."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Call)
            .where(
                Call.service_id == service_id,
                Call.line_key == line_key,
                Call.queued_at.is_not(None),
                Call.left_queue_at.is_(None),
                Call.queue_seen_at > now - SILENCE,
            )
        )
        or 0
    )


def next_free(session: Session, service: Service, line_key: str, now: datetime) -> Duty | None:
    """Whose turn it is: on duty, in no call, not just rung in vain; who was rung longest ago comes first.

    Somebody is in a call also while they write it up, until its result is there or the time for writing is over.
    """
    on_duty = {duty.id: duty for duty in duties.on_duty(session, service.id, line_key, now)}
    turn = text(
        "SELECT d.id FROM duty d LEFT JOIN LATERAL ("
        " SELECT max(o.at) AS at, bool_or(o.finished_at IS NULL) AS live,"
        " max(o.finished_at) FILTER (WHERE o.problem = 'not_taken') AS missed_at FROM offer o"
        " WHERE o.service_id = d.service_id AND o.therapist_id = d.therapist_id AND o.at >= d.since"
        ") AS last ON true WHERE d.service_id = :service AND d.id = ANY(:on_duty)"
        " AND NOT coalesce(last.live, false) AND (last.missed_at IS NULL OR last.missed_at <= :rested)"
        " AND NOT EXISTS (SELECT FROM attempt a WHERE a.service_id = d.service_id AND a.therapist_id = d.therapist_id"
        "  AND a.finished_at IS NULL AND (a.state <> 'call_over' OR coalesce(a.call_ended_at, a.at) > :written))"
        " ORDER BY last.at ASC NULLS FIRST, d.since, d.id LIMIT 1"
    )
    written = now - timedelta(minutes=service.configuration.capacity.wrap_minutes)
    given = {"service": service.id, "on_duty": [*on_duty], "rested": now - BREATHER, "written": written}
    chosen = session.scalar(turn, given)
    return None if chosen is None else on_duty[chosen]
