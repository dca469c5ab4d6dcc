"""Arrivals: what the last weeks teach of those to come. How many enquiries a weekday brings, and what each takes.

A mean of the same weekday over eight weeks, and no more than that: a guide for the rota, not a forecast to rely on.
What came on a day that nobody worked counts for the next working day.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.clock import london_date, start_of_day, to_london
from advice_line.lines.directory import Service

WEEKS_BACK = 8


@dataclass(frozen=True)
class Arrivals:
    """What the last weeks teach: how many enquiries a weekday brings, and what each takes.

    `by_weekday` is a mean for each weekday, 0 is Monday; `still_today` is that of today after this time of day. `weeks`
    is how many there were to learn from. Minutes are rota minutes for one enquiry.
    """

    weeks: int
    by_weekday: Mapping[int, float]
    still_today: float
    minutes: float


def learnt(session: Session, service: Service, now: datetime) -> Arrivals:
    """What the last eight weeks teach, or as many as there were since the first enquiry."""
    today = london_date(now)
    since = today - timedelta(weeks=WEEKS_BACK)
    rows = session.execute(_ARRIVED, {"service": service.id, "start": start_of_day(since), "end": start_of_day(today)})
    arrived = rows.all()
    if not arrived:
        return Arrivals(0, {}, 0.0, 0.0)
    first = max(since, london_date(min(row.received_at for row in arrived)))
    worked = [
        day for n in range((today - first).days) if service.calendar.is_working_day(day := first + timedelta(days=n))
    ]
    weekdays = Counter(day.weekday() for day in worked)
    came = [to_london(row.received_at) for row in arrived]
    counted = [day for at in came if (day := _counts_for(service, at.date())) < today]
    by_weekday = Counter(day.weekday() for day in counted)
    # What came before the day began is here already, so it is none of what is still to come.
    worked_days, clock_now = set(worked), to_london(now).time()
    late = sum(at.date() in worked_days and at.weekday() == today.weekday() and at.time() >= clock_now for at in came)
    return Arrivals(
        weeks=max(1, round(len(worked) / 5)),
        by_weekday={weekday: by_weekday[weekday] / many for weekday, many in weekdays.items()},
        still_today=late / max(1, weekdays[today.weekday()]),
        minutes=_minutes_each(session, service, arrived, start_of_day(since)),
    )


def _counts_for(service: Service, day: date) -> date:
    return day if service.calendar.is_working_day(day) else service.calendar.next_working_day(day)


def _minutes_each(session: Session, service: Service, arrived: Sequence[Row[Any]], since: datetime) -> float:
    """What one enquiry takes: its conversation, longer for the share with an interpreter, and attempts in vain."""
    capacity = service.configuration.capacity
    interpreted = sum(bool(row.interpreted) for row in arrived) / len(arrived)
    in_vain = [key for key, one in taxonomy.ATTEMPT_RESULTS.items() if not one.contact_made]
    asked = {"service": service.id, "since": since, "in_vain": in_vain}
    tries = session.scalar(_IN_VAIN, asked) or 0
    plain, long = capacity.callback_minutes(), capacity.callback_minutes(interpreted=True)
    return plain + interpreted * (long - plain) + capacity.retry_minutes * tries / len(arrived)


# Enquiries for which a callback was owed.
_ARRIVED = text(
    "SELECT q.received_at, 'interpreter_needed' = ANY(q.flags) OR 'relay_uk' = ANY(q.caller_needs) AS interpreted"
    " FROM enquiry q WHERE q.service_id = :service AND q.received_at >= :start AND q.received_at < :end"
    " AND EXISTS (SELECT FROM callback c WHERE c.service_id = q.service_id AND c.enquiry_id = q.id)"
)
_IN_VAIN = text(
    "SELECT count(*) FROM attempt a WHERE a.service_id = :service AND a.at >= :since AND a.result = ANY(:in_vain)"
)
