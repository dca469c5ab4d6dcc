"""A whole made-up year, April to April, in England and in Scotland: messages come in, are planned, and are rung back.

By a clock that jumps from morning to morning the real planner answers the real question of what is open; therapists
make the calls of the day and say what came of them. Every morning it is looked whether a promise is broken. Which days
are closed is written out here once more, for the product's own reckoning is what is tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.calling import Result
from advice_line.clock import from_london, london_date, to_london
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from scheduler.planning import plan
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 4, 1), date(2027, 4, 9)
MORNING, OPENS, CLOSES = time(8, 30), time(13), time(16)
CHRISTMAS = ("2026-12-24", "2026-12-29", "2026-12-30", "2026-12-31")
CLOSED = {
    "england_and_wales": """2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
        2027-01-01 2027-03-26 2027-03-29""",
    "scotland": """2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03 2026-11-30 2026-12-25 2026-12-28
        2027-01-01 2027-01-04 2027-03-26""",
}
# Somebody rings on the last day before each long weekend, within it, and on both days on which the clocks change.
ALWAYS = [
    "2026-04-02", "2026-04-05", "2026-05-22", "2026-10-23", "2026-10-25", "2026-12-23", "2026-12-25", "2026-12-31",
    "2027-03-25", "2027-03-28",
]  # fmt: skip
DUE = [
    ("england_and_wales", "2026-04-02", "2026-04-08"),  # Good Friday and Easter Monday are closed
    ("scotland", "2026-04-02", "2026-04-07"),  # Easter Monday is not
    ("england_and_wales", "2026-10-23", "2026-10-27"),
    ("england_and_wales", "2026-12-23", "2027-01-05"),
    ("scotland", "2026-12-23", "2027-01-06"),  # 2 January has a substitute day
    ("england_and_wales", "2027-03-25", "2027-03-31"),
    ("scotland", "2027-03-28", "2027-03-30"),  # the clocks go forward on Easter Sunday
]
RESULTS = ("spoke_to_caller", "spoke_to_caller", "spoke_to_caller", "no_answer", "engaged")


@pytest.fixture(params=CLOSED)
def nation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(owner: Engine, now: datetime, nation: str) -> Service:
    """It rings back in the afternoon, and is closed between Christmas and New Year; two part-timers share the week."""
    service = factories.a_service(owner, now, rota=[], **closed_at_christmas(nation))
    factories.a_therapist(owner, service, "early_week", days=(0, 1, 2), hours=(time(12), time(16, 30)))
    factories.a_therapist(owner, service, "late_week", days=(2, 3, 4), hours=(time(13, 30), time(17)))
    return service


def closed_at_christmas(nation: str) -> dict[str, Any]:
    """What the service's file says of days and hours."""
    (line,) = factories.example_file("herts_cot")["lines"]
    week = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": f"{OPENS:%H:%M}", "end": f"{CLOSES:%H:%M}"}
    closures = [{"date": day, "label": "Christmas closure"} for day in CHRISTMAS]
    return {"nation": nation, "closures": closures, "lines": [{**line, "callback_windows": [week]}]}


@dataclass
class Year:
    """What came in, and what became of it."""

    workshop: Workshop
    service: Service
    story: Opening
    closed: frozenset[date]
    chance: Random = field(default_factory=lambda: Random(2027))
    received: int = 0
    planned: set[date] = field(default_factory=set)
    owed: bool = False

    def is_open(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.closed

    def open_day_after(self, day: date, n: int) -> date:
        while n:
            day += DAY
            n -= self.is_open(day)
        return day

    def morning(self, day: date, clock: MovingClock) -> None:
        """What came in since yesterday, a new plan, and whether everything is as it should be."""
        clock.time = from_london(day, MORNING)
        if str(day - DAY) in ALWAYS or self.chance.random() < 0.05:
            with self.story() as session:
                for _ in range(self.chance.choice((1, 2))):
                    at = from_london(day - DAY, time(9)) + timedelta(minutes=self.chance.randrange(14 * 60))
                    factories.an_enquiry(session, self.service, at)
                    self.received += 1
        elif not self.owed:
            return  # nothing is owed to anybody
        plan(self.workshop, self.service)
        with self.story() as session:
            self.check(callbacks.all_open(session, self.service.id), clock())

    def check(self, open_ones: Sequence[tuple[Callback, Enquiry]], now: datetime) -> None:
        self.owed = bool(open_ones)
        self.planned = {london_date(callback.starts_at) for callback, _ in open_ones if callback.starts_at}
        booked: dict[int, list[tuple[datetime, datetime]]] = {}
        for callback, enquiry in open_ones:
            due, received = to_london(callback.due_at), london_date(enquiry.received_at)
            assert enquiry.received_at < callback.due_at
            assert (due.date(), due.time()) == (self.open_day_after(received, 2), CLOSES)
            assert callback.reasons, "Whether it has a slot or not, it says why."
            assert callback.state == "planned", callback.reasons
            assert callback.starts_at
            assert callback.ends_at
            assert callback.therapist_id
            assert callback.starts_at >= now
            starts, ends = to_london(callback.starts_at), to_london(callback.ends_at)
            assert self.is_open(starts.date()), f"Nobody is there on {starts:%A %d %B %Y}."
            assert OPENS <= starts.time() < ends.time() <= CLOSES
            booked.setdefault(callback.therapist_id, []).append((callback.starts_at, callback.ends_at))
        for slots in booked.values():
            assert all(end <= start for (_, end), (start, _) in pairwise(sorted(slots)))

    def afternoon(self, day: date, clock: MovingClock) -> None:
        """Every call that is planned for today is made."""
        if day not in self.planned:
            return
        with self.story() as session:
            for callback, enquiry in callbacks.all_open(session, self.service.id):
                if callback.starts_at is None or london_date(callback.starts_at) != day:
                    continue
                clock.time = callback.starts_at + timedelta(minutes=20)
                who, at = callback.therapist_id, callback.starts_at
                attempt = calling.log_own_call(session, enquiry, who, at, factories.TESTER, clock())
                result = Result(self.chance.choice(RESULTS))
                calling.finish(session, self.service, enquiry, attempt, result, factories.TESTER, clock())
                if attempts.counted(session, enquiry) == self.service.configuration.attempts.max_attempts:
                    calling.drop(session, enquiry, clock())
            self.owed = bool(callbacks.all_open(session, self.service.id))


@pytest.fixture
def year(workshop: Workshop, service: Service, story: Opening, nation: str) -> Year:
    closed = {date.fromisoformat(day) for day in (*CLOSED[nation].split(), *CHRISTMAS)}
    return Year(workshop, service, story, frozenset(closed))


def days() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += DAY


@pytest.mark.timeout(600)
def test_in_a_whole_year_no_promise_is_lost_late_or_outside_the_hours(
    year: Year, clock: MovingClock, story: Opening
) -> None:
    for day in days():
        year.morning(day, clock)
        year.afternoon(day, clock)
    assert year.received > 30
    with story() as session:
        made = session.scalars(select(Callback)).all()
        assert len(made) == len(session.scalars(select(Enquiry)).all()) == year.received
        first = {each.enquiry_id: each.at for each in session.scalars(select(Attempt).order_by(Attempt.at.desc()))}
        late = [callback for callback in made if callback.ended_at and first[callback.enquiry_id] > callback.due_at]
        assert late == []
        assert {callback.state for callback in made if callback.due_at < clock() - 14 * DAY} <= {"kept", "dropped"}


@pytest.mark.parametrize(("nation", "received", "due"), DUE)
def test_before_a_long_weekend_two_working_days_are_counted_as_people_count_them(
    nation: str, received: str, due: str
) -> None:
    (line,) = Service(1, factories.a_file("herts_cot", **closed_at_christmas(nation)).configuration).lines.values()
    at = datetime.combine(date.fromisoformat(received), time(15, 59), UTC)
    found = to_london(line.due(at))
    assert (str(found.date()), found.time()) == (due, CLOSES)
