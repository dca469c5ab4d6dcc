"""The week ahead: promises, rota and work of each day, computed by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import db, embedded
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import turn as turns
from advice_line.lines import extra_windows, rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.reports import week_ahead
from advice_line.reports.arrivals import learnt
from tests import factories
from tests.factories import TESTER
from tests.scene import Scene, staged

# Tuesday 17 November 2026 before anybody works; Sam is there from 9am to 5pm every day, as long as the line rings back.
EARLY = datetime(2026, 11, 17, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def _house(cluster: embedded.Server, scene: Scene) -> Iterator[Session]:
    with staged(cluster, scene) as stage, Session(stage.serving, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def session(_house: Session, scene: Scene) -> Iterator[Session]:
    db.enter(_house, scene.herts.id)
    yield _house
    _house.rollback()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def came(session: Session, service: Service, received: datetime) -> None:
    """A message that was dealt with."""
    enquiry = factories.an_enquiry(session, service, received)
    callback = callbacks.open_for(session, enquiry)
    assert callback is not None
    callbacks.move(session, callback, "dropped", received)


def test_an_empty_house_covers_its_promise_and_has_nothing_to_do(session: Session, herts: Service) -> None:
    found = week_ahead.ahead(session, herts, EARLY)
    assert len(found.days) == 10
    assert [found.days[0].day, found.days[-1].day] == [date(2026, 11, 17), date(2026, 11, 30)]
    assert {(day.promised, day.on_rota, day.work, day.uncovered) for day in found.days} == {(480, 480, 0, ())}
    assert (found.short_days, found.uncovered_days, found.days_to_clear) == ([], [], 0.0)


def test_of_today_only_what_is_left_counts(session: Session, herts: Service) -> None:
    today = week_ahead.ahead(session, herts, EARLY.replace(hour=16, minute=30)).days[0]
    assert (today.promised, today.on_rota) == (30, 30)
    evening = week_ahead.ahead(session, herts, EARLY.replace(hour=18))
    assert evening.days[0].day == date(2026, 11, 18)
    assert len(evening.days) == 10


def test_who_is_away_leaves_windows_to_nobody(session: Session, herts: Service, sam: Therapist) -> None:
    thursday = date(2026, 11, 19)
    rota.record_absence(session, TESTER, sam, at(thursday, 11), at(thursday, 15), "training", EARLY)
    found = week_ahead.ahead(session, herts, EARLY)
    (day,) = found.uncovered_days
    assert (day.day, day.promised, day.on_rota) == (thursday, 480, 240)
    assert [(one.start, one.end) for one in day.uncovered] == [(at(thursday, 11), at(thursday, 15))]


def test_open_work_counts_where_it_is_planned_or_due(session: Session, herts: Service, sam: Therapist) -> None:
    planned = callbacks.open_for(session, factories.a_heard_enquiry(session, herts, EARLY))
    factories.a_heard_enquiry(session, herts, EARLY, {"flags": ["interpreter_needed"]})
    assert planned is not None
    wednesday = at(date(2026, 11, 18), 10)
    slot = {"therapist_id": sam.id, "starts_at": wednesday, "ends_at": wednesday + timedelta(minutes=25)}
    callbacks.move(session, planned, "planned", EARLY, **slot)
    days = {day.day.day: day for day in week_ahead.ahead(session, herts, EARLY).days}
    # The other is interpreted, 2 x 15 + 10 minutes, and due at the end of the second working day.
    assert {number: (day.planned, day.homeless) for number, day in days.items() if day.work} == {
        18: (25, 0),
        19: (0, 40),
    }


def test_what_is_late_is_work_of_the_first_day_and_a_full_day_falls_short(session: Session, herts: Service) -> None:
    for _ in range(20):
        factories.a_heard_enquiry(session, herts, EARLY - timedelta(days=10))
    found = week_ahead.ahead(session, herts, EARLY)
    (first,) = found.short_days
    assert (first.homeless, first.shortfall) == (500, first.work - 480)
    assert first.shortfall >= 20


def test_listening_takes_the_minutes_that_were_shared_out(session: Session, herts: Service) -> None:
    turns.share_out(session, herts, EARLY)
    turn = turns.on(session, herts.id, date(2026, 11, 18))
    assert turn is not None
    minutes = turn.time.length // timedelta(minutes=1)
    assert minutes > 0
    days = week_ahead.ahead(session, herts, EARLY).days
    assert [day.listening for day in days] == [minutes] * 10
    assert days[1].work == minutes


def test_extra_hours_are_promised_too(session: Session, herts: Service) -> None:
    wednesday = extra_windows.Hours(date(2026, 11, 18), time(18), time(19))
    extra_windows.add(session, herts.line("herts_advice_line"), wednesday, TESTER, EARLY)
    day = week_ahead.ahead(session, herts, EARLY).days[1]
    assert (day.promised, day.on_rota) == (540, 480)
    assert [(one.start, one.end) for one in day.uncovered] == [(at(day.day, 18), at(day.day, 19))]


def test_arrivals_are_the_mean_of_such_days_in_such_weeks(session: Session, herts: Service) -> None:
    for weeks in range(1, 5):
        monday = date(2026, 11, 16) - timedelta(weeks=weeks)
        came(session, herts, at(monday, 10))
        came(session, herts, at(monday - timedelta(days=1), 12))  # a Sunday's counts for the Monday
    came(session, herts, at(date(2026, 11, 10), 15))
    found = learnt(session, herts, EARLY)
    # Of five Mondays since the first, this week's had none, and that of half-term is another matter.
    assert found.expected(date(2026, 11, 23)) == pytest.approx(6 / 4)
    assert found.expected(date(2026, 11, 24)) == found.still_expected(EARLY.date()) == pytest.approx(1 / 3)
    assert found.minutes == 25
    assert learnt(session, herts, EARLY.replace(hour=16)).still_expected(EARLY.date()) == 0


def test_attempts_in_vain_and_interpreters_make_an_arrival_longer(
    session: Session, herts: Service, sam: Therapist
) -> None:
    long_ago = EARLY - timedelta(days=8)
    one = factories.a_heard_enquiry(session, herts, long_ago, {"flags": ["interpreter_needed"]})
    factories.a_heard_enquiry(session, herts, long_ago)
    attempt = factories.an_attempt(session, one, sam, long_ago)
    attempt.state, attempt.result, attempt.finished_at = "finished", "no_answer", long_ago
    session.flush()
    # Half of them interpreted: 25 + 0.5 x 15; one attempt in vain for two enquiries: 0.5 x 3.
    assert learnt(session, herts, EARLY).minutes == pytest.approx(25 + 7.5 + 1.5)


def test_work_that_outruns_the_rota_never_clears(session: Session, herts: Service, sam: Therapist) -> None:
    factories.a_heard_enquiry(session, herts, EARLY)
    rota.record_absence(session, TESTER, sam, EARLY, None, "sickness", EARLY)
    found = week_ahead.ahead(session, herts, EARLY)
    assert found.days_to_clear is None
    assert {day.on_rota for day in found.days} == {0}
