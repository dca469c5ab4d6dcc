"""Sessions of one day: added, handed over, exchanged, cancelled; minutes are moved and never made."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from advice_line.clock import start_of_day
from advice_line.errors import Conflict, Malformed, NotFound
from advice_line.lines import one_off, rota, swaps
from advice_line.lines.rota import Therapist
from advice_line.lines.swaps import Offer, Stretch
from advice_line.working_time import Calendar, Interval, Nation, merged, total, without
from tests.factories import TESTER
from tests.lines.conftest import AFTERNOON, FRIDAY, MORNING, THURSDAY, Trio
from tests.properties import THROUGH_THE_DATABASE
from tests.scene import TUESDAY, planning_wanted

SUNDAY = date(2026, 11, 22)
WEEK = start_of_day(date(2026, 11, 16)), start_of_day(date(2026, 11, 30))


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def on(trio: Trio, therapist: Therapist, day: date) -> list[Interval]:
    """Somebody's sessions of a day."""
    end = start_of_day(day + timedelta(days=1))
    return rota.sessions_between(trio.session, start_of_day(day), end, trio.service.calendar)[therapist.id]


def test_an_added_session_counts_on_its_day_alone(trio: Trio) -> None:
    swaps.add(trio.session, trio.change, trio.cal, Stretch(THURSDAY, time(10), time(11)))
    assert on(trio, trio.cal, THURSDAY) == [Interval(at(THURSDAY, 10), at(THURSDAY, 11))]
    assert on(trio, trio.cal, THURSDAY + timedelta(days=7)) == []


def test_an_added_session_is_on_londons_clocks_in_summer_too(trio: Trio) -> None:
    day = date(2027, 6, 3)
    swaps.add(trio.session, trio.change, trio.cal, Stretch(day, time(10), time(11)))
    assert on(trio, trio.cal, day) == [Interval(at(day, 9), at(day, 10))]


def test_a_session_handed_over_is_the_others(trio: Trio) -> None:
    swaps.hand_over(trio.session, trio.change, trio.anns(), trio.cal)
    assert on(trio, trio.ann, THURSDAY) == []
    assert on(trio, trio.cal, THURSDAY) == [Interval(at(THURSDAY, 9), at(THURSDAY, 12))]
    assert on(trio, trio.ann, FRIDAY) == [Interval(at(FRIDAY, 9), at(FRIDAY, 12))]


def test_two_exchange_their_sessions(trio: Trio) -> None:
    swaps.swap(trio.session, trio.change, trio.anns(), trio.beas())
    assert [len(on(trio, who, day)) for who in (trio.ann, trio.bea) for day in (THURSDAY, FRIDAY)] == [0, 2, 2, 0]


def test_a_session_may_change_hands_and_come_back(trio: Trio) -> None:
    swaps.hand_over(trio.session, trio.change, trio.anns(), trio.cal)
    swaps.hand_over(trio.session, trio.change, Offer(trio.cal, Stretch(THURSDAY, *MORNING)), trio.ann)
    assert on(trio, trio.cal, THURSDAY) == []
    assert on(trio, trio.ann, THURSDAY) == [Interval(at(THURSDAY, 9), at(THURSDAY, 12))]


def test_a_cancelled_swap_leaves_the_rota_as_it_was_and_stays_in_the_record(trio: Trio) -> None:
    before = [on(trio, who, day) for who in (trio.ann, trio.bea) for day in (THURSDAY, FRIDAY)]
    _, second = swaps.swap(trio.session, trio.change, trio.anns(), trio.beas())
    swaps.cancel(trio.session, trio.change, second.id, trio.service.id)
    assert [on(trio, who, day) for who in (trio.ann, trio.bea) for day in (THURSDAY, FRIDAY)] == before
    told = trio.session.execute(text("SELECT what, system FROM rota_event ORDER BY id")).all()
    assert [tuple(row) for row in told] == [("session_added", "tests")] * 2 + [("session_cancelled", "tests")] * 2


def test_what_changed_hands_again_is_not_cancelled_under_the_new_owner(trio: Trio) -> None:
    first = swaps.hand_over(trio.session, trio.change, trio.anns(), trio.cal)
    swaps.hand_over(trio.session, trio.change, Offer(trio.cal, Stretch(THURSDAY, *MORNING)), trio.bea)
    with pytest.raises(Conflict, match="Cancel the later change first"):
        swaps.cancel(trio.session, trio.change, first.id, trio.service.id)


def test_each_change_asks_for_a_new_plan(trio: Trio) -> None:
    before = planning_wanted(trio.session)
    one = swaps.add(trio.session, trio.change, trio.cal, Stretch(THURSDAY, *MORNING))
    between = planning_wanted(trio.session)
    swaps.cancel(trio.session, trio.change, one.id, trio.service.id)
    assert before < between < planning_wanted(trio.session)


@pytest.mark.parametrize(
    ("stretch", "field"),
    [
        (Stretch(THURSDAY, time(11), time(11)), "end"),
        (Stretch(SUNDAY, *MORNING), "day"),
        (Stretch(TUESDAY.date(), time(9), time(10)), "day"),
        (Stretch(THURSDAY, time(11), time(13)), "start"),
    ],
)
def test_a_session_that_cannot_be_added_names_its_field(trio: Trio, stretch: Stretch, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        swaps.add(trio.session, trio.change, trio.ann, stretch)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_nobody_gives_what_is_not_theirs_or_takes_what_they_cannot_work(trio: Trio) -> None:
    rota.record_absence(trio.session, TESTER, trio.cal, at(FRIDAY, 8), at(FRIDAY, 18), "leave", TUESDAY)
    swaps.add(trio.session, trio.change, trio.bea, Stretch(THURSDAY, time(10), time(11)))
    refused = [
        (Offer(trio.bea, Stretch(THURSDAY, *MORNING)), trio.cal, "session"),
        (Offer(trio.ann, Stretch(THURSDAY, time(9), time(13))), trio.cal, "session"),
        (trio.anns(), trio.bea, "therapist"),
        (trio.anns(), trio.ann, "therapist"),
        (trio.anns(FRIDAY), trio.cal, "therapist"),
    ]
    for offer, to, field in refused:
        with pytest.raises(Malformed) as caught:
            swaps.hand_over(trio.session, trio.change, offer, to)
        assert [fault.field for fault in caught.value.faults] == [field]


def test_what_has_begun_or_was_cancelled_stays_in_the_record(trio: Trio) -> None:
    one = swaps.add(trio.session, trio.change, trio.cal, Stretch(TUESDAY.date(), time(10), time(11)))
    with pytest.raises(Conflict, match="has begun"):
        swaps.cancel(trio.session, trio.change, one.id, trio.service.id)
    other = swaps.add(trio.session, trio.change, trio.cal, Stretch(FRIDAY, time(10), time(11)))
    swaps.cancel(trio.session, trio.change, other.id, trio.service.id)
    with pytest.raises(Conflict, match="cancelled already"):
        swaps.cancel(trio.session, trio.change, other.id, trio.service.id)
    with pytest.raises(NotFound):
        swaps.cancel(trio.session, trio.change, other.id + 1000, trio.service.id)


def test_on_a_day_that_became_a_closure_nobody_works(trio: Trio) -> None:
    swaps.add(trio.session, trio.change, trio.cal, Stretch(THURSDAY, *MORNING))
    closed = Calendar(Nation.ENGLAND_AND_WALES, frozenset({THURSDAY}))
    assert rota.sessions_between(trio.session, *WEEK, closed)[trio.cal.id] == []


days = st.sampled_from([date(2026, 11, day) for day in range(18, 28)])
hours = st.sampled_from([MORNING, AFTERNOON, (time(9), time(17)), (time(10, 30), time(11)), (time(12), time(14))])
stretches = st.builds(lambda day, hour: Stretch(day, *hour), days, hours)
people = st.integers(0, 2)
which = st.integers(0, 20)
kinds = st.sampled_from(["add", "hand over", "hand over", "swap", "swap", "cancel", "away"])
wanted = st.lists(st.tuples(kinds, people, people, which, which, stretches), min_size=1, max_size=8)


@THROUGH_THE_DATABASE
@given(wanted)
def test_whatever_is_asked_nobody_is_in_two_places_and_only_added_minutes_are_new(
    trio: Trio, wanted: list[tuple[str, int, int, int, int, Stretch]]
) -> None:
    everybody = [trio.ann, trio.bea, trio.cal]
    with trio.session.begin_nested() as savepoint:
        before = minutes(trio)
        for what, one, other, first, second, stretch in wanted:
            given = held(trio, everybody[one], first), held(trio, everybody[other], second), stretch
            try:
                with trio.session.begin_nested():
                    asked(trio, what, everybody[one], everybody[other], given)
            except (Malformed, Conflict, NotFound):
                continue
        live = one_off.between(trio.session, *WEEK)
        made = sum((one.interval().length for one in live if one.from_therapist_id is None), timedelta())
        assert minutes(trio) == before + made
        for therapist_id, times in rota.sessions_between(trio.session, *WEEK, trio.service.calendar).items():
            there = without(times, rota.absences_between(trio.session, *WEEK).get(therapist_id, []))
            assert merged(there) == there
            assert not any(a.overlaps(b) for a in there for b in there if a is not b)
        savepoint.rollback()


def held(trio: Trio, therapist: Therapist, which: int) -> Stretch:
    """One of the sessions that somebody has; any other time for somebody who has none."""
    times = rota.sessions_between(trio.session, TUESDAY, WEEK[1], trio.service.calendar)[therapist.id]
    if not times:
        return Stretch(THURSDAY, *MORNING)
    one = times[which % len(times)]
    return Stretch(one.start.date(), one.start.time(), one.end.time())


def asked(trio: Trio, what: str, one: Therapist, other: Therapist, stretches: tuple[Stretch, Stretch, Stretch]) -> None:
    """Try one thing; it may well be refused."""
    session, change, (first, second, free) = trio.session, trio.change, stretches
    if what == "add":
        swaps.add(session, change, one, free)
    elif what == "hand over":
        swaps.hand_over(session, change, Offer(one, first), other)
    elif what == "swap":
        swaps.swap(session, change, Offer(one, first), Offer(other, second, "other_session"))
    elif what == "cancel":
        for live in swaps.coming(session, trio.service.id, TUESDAY)[:1]:
            swaps.cancel(session, change, live.id, trio.service.id)
    else:
        slot = free.interval()
        rota.record_absence(session, TESTER, one, slot.start, slot.end, "leave", TUESDAY)


def minutes(trio: Trio) -> timedelta:
    """Everybody's session time of two weeks, absences not taken out."""
    times = rota.sessions_between(trio.session, *WEEK, trio.service.calendar)
    return sum((total(intervals) for intervals in times.values()), timedelta())
