"""Arrivals: what earlier weeks teach of those to come. How many enquiries a working day brings, and what each takes.

Like is compared with like: weeks of term with weeks of term, of school holidays with such weeks (`seasons`), and the
first day after a weekend or a bank holiday with other such days. It is a mean, and no more than that: a guide for the
rota, not a forecast to rely on. What came on a day that nobody worked counts for the next working day.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.clock import london_date, start_of_day, to_london
from advice_line.lines.directory import Service
from advice_line.reports.seasons import Season, Seasons, monday_of
from advice_line.working_time import Calendar

ONE_DAY = timedelta(days=1)
WEEKS_BACK = 53  # a year, so that every holiday was there once
MOST_WEEKS = 8  # the newest ones of a kind
FEWEST_WEEKS = 3  # fewer of a kind teach too little
FIRST_DAY_BACK = 0  # the place of a day that follows a closed one; other days have their weekday's, 1 to 4


class Came(NamedTuple):
    """What came on one London date: how many, how many of them after this time of day, how many to be interpreted."""

    day: date
    many: int
    late: int
    interpreted: int


@dataclass(frozen=True)
class Basis:
    """Weeks that were learnt from: of one season, or of every kind (None), and the mean of a day by its place."""

    season: Season | None
    weeks: int
    means: Mapping[int, float]
    late_means: Mapping[int, float]


@dataclass(frozen=True)
class Arrivals:
    """What was learnt. `bases` has a season when it has weeks enough, and None as soon as anything ever came.

    `minutes` are rota minutes for one enquiry.
    """

    calendar: Calendar
    seasons: Seasons
    bases: Mapping[Season | None, Basis]
    minutes: float

    def basis(self, day: date) -> Basis | None:
        """The weeks that a day is compared with; None while there are none."""
        return self.bases.get(self.seasons.of(day)) or self.bases.get(None)

    def expected(self, day: date) -> float:
        """How many enquiries a working day brings, with what came since the working day before."""
        basis = self.basis(day)
        return _mean_of(basis.means, place(self.calendar, day)) if basis else 0.0

    def still_expected(self, today: date) -> float:
        """How many are still to come today. What came before the day began is here already, and is none of them."""
        basis = self.basis(today)
        return _mean_of(basis.late_means, place(self.calendar, today)) if basis else 0.0


def learnt(session: Session, service: Service, now: datetime) -> Arrivals:
    """What the last year teaches, or as much of it as there was since the first enquiry."""
    today = london_date(now)
    asked = {
        "service": service.id,
        "start": start_of_day(today - timedelta(weeks=WEEKS_BACK)),
        "end": start_of_day(today),
        "clock": to_london(now).time(),
    }
    came = [Came(*row) for row in session.execute(_CAME, asked)]
    seasons = Seasons(service.configuration.term_calendars)
    minutes = _minutes_each(session, service, came, today - timedelta(weeks=MOST_WEEKS))
    return Arrivals(service.calendar, seasons, learn(came, service.calendar, seasons, today), minutes)


def learn(came: Sequence[Came], calendar: Calendar, seasons: Seasons, today: date) -> dict[Season | None, Basis]:
    """The weeks to compare with, of what came before today."""
    if not came:
        return {}
    first = min(one.day for one in came)
    worked = [day for n in range((today - first).days) if calendar.is_working_day(day := first + n * ONE_DAY)]
    many: dict[date, int] = defaultdict(int)
    for one in came:
        many[one.day if calendar.is_working_day(one.day) else calendar.next_working_day(one.day)] += one.many
    late = {one.day: one.late for one in came}
    bases: dict[Season | None, Basis] = {}
    for season in (*Season, None):
        days = _newest([day for day in worked if season is None or seasons.of(day) is season])
        weeks = len({monday_of(day) for day in days})
        if season is None or weeks >= FEWEST_WEEKS:
            bases[season] = Basis(season, weeks, _means(days, many, calendar), _means(days, late, calendar))
    return bases


def place(calendar: Calendar, day: date) -> int:
    """What a working day is in its week: the first after closed days, as Mondays are, or just its weekday."""
    return day.weekday() if calendar.is_working_day(day - ONE_DAY) else FIRST_DAY_BACK


def _newest(days: Sequence[date]) -> list[date]:
    """Those of the newest weeks among them."""
    weeks = sorted({monday_of(day) for day in days})[-MOST_WEEKS:]
    return [day for day in days if monday_of(day) in weeks]


def _means(days: Sequence[date], many: Mapping[date, int], calendar: Calendar) -> dict[int, float]:
    found: dict[int, list[int]] = defaultdict(list)
    for day in days:
        found[place(calendar, day)].append(many.get(day, 0))
    return {at: sum(each) / len(each) for at, each in found.items()}


def _mean_of(means: Mapping[int, float], at: int) -> float:
    """That of a place; of one that was never met, the mean of the others."""
    return means[at] if at in means else sum(means.values()) / max(1, len(means))


def _minutes_each(session: Session, service: Service, came: Sequence[Came], since: date) -> float:
    """What one enquiry takes: its conversation, longer for the share with an interpreter, and attempts in vain."""
    capacity = service.configuration.capacity
    plain, long = capacity.callback_minutes(), capacity.callback_minutes(interpreted=True)
    lately = [one for one in came if one.day >= since]
    many = sum(one.many for one in lately)
    if not many:
        return float(plain)
    in_vain = [key for key, one in taxonomy.ATTEMPT_RESULTS.items() if not one.contact_made]
    asked = {"service": service.id, "since": start_of_day(since), "in_vain": in_vain}
    tries = session.scalar(_IN_VAIN, asked) or 0
    interpreted = sum(one.interpreted for one in lately) / many
    return plain + interpreted * (long - plain) + capacity.retry_minutes * tries / many


# Enquiries for which a callback was owed, by the day they came.
_CAME = text(
    "SELECT at::date AS day, count(*), count(*) FILTER (WHERE at::time >= :clock), count(*) FILTER (WHERE interpreted)"
    " FROM (SELECT q.received_at AT TIME ZONE 'Europe/London' AS at,"
    "   'interpreter_needed' = ANY(q.flags) OR 'relay_uk' = ANY(q.caller_needs) AS interpreted"
    "  FROM enquiry q WHERE q.service_id = :service AND q.received_at >= :start AND q.received_at < :end"
    "  AND EXISTS (SELECT FROM callback c WHERE c.service_id = q.service_id AND c.enquiry_id = q.id)) AS arrived"
    " GROUP BY 1 ORDER BY 1"
)
_IN_VAIN = text(
    "SELECT count(*) FROM attempt a WHERE a.service_id = :service AND a.at >= :since AND a.result = ANY(:in_vain)"
)
