"""Turns to listen: one each working day, shared fairly, kept where they can be, and never to somebody away."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import turn as turns
from advice_line.callbacks.turn import ListeningTurn, Share, choose
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.working_time import Interval
from tests import factories
from tests.factories import TESTER
from tests.scene import Stage, planning_wanted

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE


@pytest.fixture
def kit(stage: Stage) -> Therapist:
    """Beside Sam, who is there all week: mornings of Monday and Wednesday alone."""
    hours = (time(9), time(12))
    return factories.a_therapist(stage.owner, stage.scene.herts, "kit_sample", days=(0, 2), hours=hours)


def shared(session: Session, service: Service, now: datetime) -> list[ListeningTurn]:
    turns.share_out(session, service, now)
    found = session.scalars(select(ListeningTurn).order_by(ListeningTurn.day)).all()
    return list(found)


def test_every_working_day_of_two_weeks_has_its_turn_at_the_start_of_a_session(
    session: Session, herts: Service
) -> None:
    found = shared(session, herts, MONDAY)
    assert [turn.day.weekday() for turn in found] == [0, 1, 2, 3, 4] * 2 + [0]
    assert (found[0].starts_at, found[0].time.length) == (MONDAY.replace(hour=9), 10 * MINUTE)
    assert turns.share_out(session, herts, MONDAY + timedelta(minutes=20)) == 0
    assert planning_wanted(session) >= MONDAY


def test_turns_go_by_rota_minutes_whoever_is_there_more_listens_more(stage: Stage, kit: Therapist) -> None:
    herts = stage.scene.herts
    with stage.story() as session:
        for week in range(8):
            turns.share_out(session, herts, MONDAY + timedelta(weeks=week))
        listened = [turn.therapist_id for turn in session.scalars(select(ListeningTurn))]
    # Kit is there for 6 of 46 hours: an eighth of 50 turns or so.
    assert 5 <= listened.count(kit.id) <= 9


def test_somebody_who_falls_ill_gives_the_turn_to_another_even_after_it_began(stage: Stage, kit: Therapist) -> None:
    herts, sam = stage.scene.herts, stage.scene.sam
    with stage.story() as session:
        listener = shared(session, herts, MONDAY)[0].therapist_id
        ill = rota.by_id(session, herts.id, listener)
        now = MONDAY + timedelta(hours=1, minutes=3)
        rota.record_absence(session, TESTER, ill, now, now + timedelta(hours=8), "sickness", now)
        turn = shared(session, herts, now)[0]
        assert {turn.therapist_id, listener} == {sam.id, kit.id}
        assert turn.starts_at == MONDAY + timedelta(hours=1, minutes=5)


def test_where_everybody_is_away_nobody_listens_and_the_lead_sees_it(
    session: Session, herts: Service, sam: Therapist
) -> None:
    shared(session, herts, MONDAY)
    rota.record_absence(session, TESTER, sam, MONDAY, MONDAY + timedelta(days=1), "leave", MONDAY)
    turns.share_out(session, herts, MONDAY)
    assert turns.from_day(session, herts, MONDAY)[0] == (date(2026, 11, 16), None)
    assert turns.between(session, herts.id, MONDAY, MONDAY + timedelta(hours=10)) == {}


def test_more_messages_take_more_minutes_and_no_more_than_the_most(session: Session, herts: Service) -> None:
    lengths = []
    for _ in range(3):
        for _ in range(8):
            factories.an_enquiry(session, herts, MONDAY - timedelta(hours=12))
        lengths.append(shared(session, herts, MONDAY)[0].time.length / MINUTE)
    assert lengths == [35, 60, 60]


@pytest.mark.parametrize("promised", [True, False])
def test_a_planned_callback_is_left_where_it_is(
    session: Session, herts: Service, sam: Therapist, promised: bool
) -> None:
    enquiry = factories.an_enquiry(session, herts, MONDAY - timedelta(days=3))
    callback = callbacks.open_for(session, enquiry)
    assert callback
    start = MONDAY.replace(hour=9)
    slot = {"therapist_id": sam.id, "starts_at": start, "ends_at": start + 25 * MINUTE}
    promise = {"promised_therapist_id": sam.id, "promised_from": slot["starts_at"], "promised_to": slot["ends_at"]}
    callbacks.move(session, callback, "planned", MONDAY, **slot, promised=promised, **(promise if promised else {}))
    assert shared(session, herts, MONDAY)[0].starts_at == start + 25 * MINUTE


@given(
    free=st.dictionaries(st.integers(1, 5), st.lists(st.integers(0, 9), max_size=3)),
    listened=st.lists(st.integers(0, 9), min_size=5, max_size=5),
)
def test_the_least_used_who_has_the_time_is_next(free: dict[int, list[int]], listened: list[int]) -> None:
    times = {who: [Interval(MONDAY + h * 60 * MINUTE, MONDAY + h * 60 * MINUTE + (5 + 3 * h) * MINUTE) for h in hours]
             for who, hours in free.items()}  # fmt: skip
    shares = {who: Share(listened[who - 1] * QUARTER, timedelta(hours=10)) for who in times}
    chosen = choose(times, shares, QUARTER)
    able = {who for who, each in times.items() if any(time.length >= QUARTER for time in each)}
    assert (chosen is None) == (not able)
    if chosen:
        who, when = chosen
        assert who in able
        assert when.length == QUARTER
        assert any(time.covers(when) for time in times[who])
        assert shares[who].used == min(shares[each].used for each in able)


def test_each_service_shares_out_among_its_own_therapists(stage: Stage, kit: Therapist) -> None:
    with db.transaction(stage.serving, stage.scene.eput.id) as session:
        assert {turn.therapist_id for turn in shared(session, stage.scene.eput, MONDAY)} == {stage.scene.kim.id}


def test_a_turn_that_must_be_longer_begins_when_it_did_and_a_planned_callback_makes_room(
    session: Session, herts: Service, sam: Therapist
) -> None:
    first = shared(session, herts, MONDAY)[0]
    callback = callbacks.open_for(session, factories.an_enquiry(session, herts, MONDAY - timedelta(hours=12)))
    assert callback
    times = {"starts_at": first.ends_at, "ends_at": first.ends_at + 25 * MINUTE}
    callbacks.move(session, callback, "planned", MONDAY, therapist_id=sam.id, **times)
    for _ in range(8):
        factories.an_enquiry(session, herts, MONDAY - timedelta(hours=12))
    longer = shared(session, herts, MONDAY)[0]
    assert (longer.starts_at, longer.time.length) == (MONDAY.replace(hour=9), 40 * MINUTE)
