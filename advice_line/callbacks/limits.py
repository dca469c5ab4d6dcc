"""Limits: how many calls a service may place, so that a fault of ours or somebody's fraud stays small.

Counted from the attempts and the rings of the live line that are stored, so that neither a restart nor a second worker
starts afresh. Looked at when somebody asks for a call, and once more as it is dialled.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from advice_line.callbacks.attempt import Attempt
from advice_line.clock import london_date, start_of_day
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from advice_line.live.offer import NOT_PLACED, Offer

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

    `besides` is the attempt that asks: it may be marked as placed already, and does not count against itself. For the
    ring of a therapist on duty there is no `number`: only the service's own limits count then.
    """
    limits, today = service.configuration.call_limits, start_of_day(london_date(now))
    if number is not None and _attempts(session, service, today, besides, number) >= limits.to_one_number_a_day:
        return f"This number was rung today as often as we allow (at most {limits.to_one_number_a_day}). {TOMORROW}"
    if _placed(session, service, now - HOUR, besides) >= limits.an_hour:
        return f"Your service rang as often within an hour as we allow (at most {limits.an_hour}). {SOON}"
    if _placed(session, service, today, besides) >= limits.a_day:
        return f"Your service rang today as often as we allow (at most {limits.a_day}). {TOMORROW}"
    return None


def _placed(session: Session, service: Service, since: datetime, besides: int | None) -> int:
    """Every call that we asked for: callbacks, and the rings of therapists on duty."""
    rings = select(func.count()).where(
        Offer.service_id == service.id, Offer.at > since, Offer.problem.is_distinct_from(NOT_PLACED)
    )
    return _attempts(session, service, since, besides) + (session.scalar(rings) or 0)


def _attempts(
    session: Session, service: Service, since: datetime, besides: int | None, number: str | None = None
) -> int:
    placed = select(func.count()).where(Attempt.service_id == service.id, Attempt.placed_at > since)
    if number is not None:
        placed = placed.where(Attempt.caller_number == number)
    if besides is not None:
        placed = placed.where(Attempt.id != besides)
    return session.scalar(placed) or 0
