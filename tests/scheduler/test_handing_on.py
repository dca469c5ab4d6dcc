"""Ill at 10:20 with nine callbacks: one action, and each has a new home or is named without one."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, text

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import handing_on
from advice_line.callbacks.handing_on import Home
from advice_line.lines import away, rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Absence, Therapist
from scheduler.planning import plan
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening

NINE = 9


@pytest.fixture
def busy(story: Opening, service: Service, clock: MovingClock, workshop: Workshop) -> Therapist:
    """The service's one therapist at 10:20, with nine callbacks planned from 10:05 on."""
    with story() as session:
        for _ in range(NINE):
            factories.an_enquiry(session, service, clock())
    assert plan(workshop, service) == NINE
    clock.passes(minutes=15)
    with story() as session:
        return rota.therapists(session)[0]


def ill(story: Opening, therapist: Therapist, clock: MovingClock, *, today: bool) -> Absence:
    """One press."""
    with story() as session:
        if today:
            return handing_on.ill_for_today(session, TESTER, therapist, clock())
        return handing_on.send_away(session, TESTER, therapist, clock(), None, "sickness", clock())


def homes(story: Opening, absence: Absence) -> list[Home]:
    with story() as session:
        return handing_on.homes(session, absence)


def test_nine_callbacks_have_nine_new_homes(
    busy: Therapist, story: Opening, workshop: Workshop, service: Service, clock: MovingClock, owner: Engine
) -> None:
    colleague = factories.a_therapist(owner, service, "colleague", days=(1,), hours=(time(14), time(16)))
    absence = ill(story, busy, clock, today=True)
    assert Counter(home.where for home in homes(story, absence)) == {"being_planned": NINE}
    plan(workshop, service)
    found = homes(story, absence)
    assert Counter(home.where for home in found) == {"placed": NINE}
    assert all(home.reasons for home in found)
    # Four fit into the colleague's two hours of today; the others wait for tomorrow.
    assert Counter(home.callback.therapist_id for home in found) == {colleague.id: 4, busy.id: 5}
    assert all(not absence.takes(h.callback.starts_at, h.callback.ends_at) for h in found if h.callback.starts_at
               and h.callback.ends_at and h.callback.therapist_id == busy.id)  # fmt: skip


def test_those_without_a_home_are_named_with_the_reason(
    busy: Therapist, story: Opening, workshop: Workshop, service: Service, clock: MovingClock, owner: Engine
) -> None:
    factories.a_therapist(owner, service, "colleague", days=(1,), hours=(time(14), time(15)))
    absence = ill(story, busy, clock, today=False)
    plan(workshop, service)
    found = homes(story, absence)
    # One hour on each of the three Tuesdays that a plan reaches holds two calls each.
    assert Counter(home.where for home in found) == {"placed": 6, "without": 3}
    assert all("full" in " ".join(home.reasons) for home in found if home.where == "without")


def test_back_again_ends_the_absence_and_brings_the_homeless_back(
    busy: Therapist, story: Opening, workshop: Workshop, service: Service, clock: MovingClock
) -> None:
    absence = ill(story, busy, clock, today=False)
    plan(workshop, service)
    assert Counter(home.where for home in homes(story, absence)) == {"without": NINE}
    clock.passes(minutes=30)
    with story() as session:
        away.back_again(session, TESTER, away.by_id(session, service.id, absence.id, lock=True), clock())
    plan(workshop, service)
    with story() as session:
        again = away.by_id(session, service.id, absence.id)
        found = handing_on.homes(session, again)
    assert again.ends_at == clock()
    assert Counter(home.where for home in found) == {"placed": NINE}
    assert {home.callback.therapist_id for home in found} == {busy.id}


def test_a_second_press_makes_no_second_absence(busy: Therapist, story: Opening, clock: MovingClock) -> None:
    with story() as session:
        until = clock() + timedelta(minutes=30)
        first = handing_on.send_away(session, TESTER, busy, clock(), until, "sickness", clock())
    again, once_more = (ill(story, busy, clock, today=True) for _ in range(2))
    assert first.id == again.id == once_more.id
    assert again.ends_at == once_more.ends_at == datetime(2026, 11, 18, tzinfo=UTC)


def test_a_longer_absence_takes_more_callbacks_and_says_so(
    busy: Therapist, story: Opening, workshop: Workshop, service: Service, clock: MovingClock
) -> None:
    until = clock() + timedelta(minutes=30)
    with story() as session:
        absence = handing_on.send_away(session, TESTER, busy, clock(), until, "sickness", clock())
    few = len(homes(story, absence))
    with story() as session:
        handing_on.change_end(session, TESTER, away.by_id(session, service.id, absence.id), None, clock())
    assert few < len(homes(story, absence)) == NINE


def test_a_call_that_is_being_made_and_one_that_is_over_are_called_that(
    busy: Therapist, story: Opening, service: Service, clock: MovingClock
) -> None:
    absence = ill(story, busy, clock, today=True)
    with story() as session:
        (first, one), (second, _) = callbacks.all_open(session, service.id)[:2]
        factories.an_attempt(session, one, busy, clock())
        callbacks.move(session, second, "dropped", clock())
        assert first.state == "live"
    assert Counter(home.where for home in homes(story, absence)) == {"being_planned": 7, "live": 1, "over": 1}


def test_who_sent_somebody_away_is_in_the_history_and_on_the_audit_trail(
    busy: Therapist, story: Opening, clock: MovingClock, owner: Engine
) -> None:
    ill(story, busy, clock, today=True)
    with owner.connect() as connection:
        told = connection.execute(text("SELECT what, system FROM rota_event")).all()
        audited = connection.execute(text("SELECT action, system, detail FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert [tuple(row) for row in told] == [("absent", "tests")]
    assert tuple(audited) == ("absence recorded", "tests", {"therapist": busy.id})
