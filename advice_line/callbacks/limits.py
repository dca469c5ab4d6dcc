"""Limits: how many calls a service may place, so that a fault of ours or somebody's fraud stays small.

Counted from the attempts that are stored, so that neither a restart nor a second worker starts afresh. Looked at when
somebody asks for a call, and once more as it is dialled.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from advice_line.callbacks.attempt import Attempt
from advice_line.clock import london_date, start_of_day
from advice_line.errors import Conflict
from advice_line.lines.directory import Service

HOUR = timedelta(hours=1)
TOMORROW = "Try again tomorrow, or tell whoever runs Advice Line."
SOON = "Try again in a few minutes, or tell whoever runs Advice Line."


def refuse_too_many(session: Session, service: Service, number: str | None, now: datetime) -> None:
    """Raise Conflict, with a sentence for the therapist, when one more call to this number would be too many."""
    sentence = too_many(session, service, number, now)
    if sentence:
        raise Conflict(sentence)


def too_many(
    session: Session, service: Service, number: str | None, now: datetime, *, besides: int | None = None
) -> str | None:
    """Why one more call may not be placed now, as a sentence; None when it may. Days are London's.

    `besides` is the attempt that asks: it may be marked as placed already, and does not count against itself.
    """
    limits, today = service.configuration.call_limits, start_of_day(london_date(now))
    if _placed(session, service, today, besides, number) >= limits.to_one_number_a_day:
        return f"This number was rung today as often as we allow (at most {limits.to_one_number_a_day}). {TOMORROW}"
    if _placed(session, service, now - HOUR, besides) >= limits.an_hour:
        return f"Your service rang as often within an hour as we allow (at most {limits.an_hour}). {SOON}"
    if _placed(session, service, today, besides) >= limits.a_day:
        return f"Your service rang today as often as we allow (at most {limits.a_day}). {TOMORROW}"
    return None


def _placed(session: Session, service: Service, since: datetime, besides: int | None, number: str | None = None) -> int:
    placed = select(func.count()).where(Attempt.service_id == service.id, Attempt.placed_at > since)
    if number is not None:
        placed = placed.where(Attempt.caller_number == number)
    if besides is not None:
        placed = placed.where(Attempt.id != besides)
    return session.scalar(placed) or 0
