"""A promised time never moves by itself: the plan makes room for it, somebody covers it, or a person is asked."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, select

from advice_line.callbacks import calling, named, promising
from advice_line.callbacks.calling import Result
from advice_line.callbacks.slot_change import SlotChange
from advice_line.errors import Conflict, Malformed
from advice_line.lines import extra_windows, rota
from advice_line.lines.extra_windows import Hours
from scheduler.planning import want
from tests import factories
from tests.factories import TESTER
from tests.scheduler.conftest import AT_TWO, House


def test_the_plan_puts_the_call_at_its_promised_time_and_others_make_room(house: House) -> None:
    other, mine = house.message(), house.message()
    house.plans()
    taken = house.callback(other).starts_at
    assert taken is not None
    house.promised(mine, taken + timedelta(hours=1))
    house.promised(other, AT_TWO)
    assert house.callback(mine).starts_at == taken + timedelta(hours=1)
    assert house.callback(other).starts_at == AT_TWO
    assert house.callback(other).reasons == ["Kept at the time that was promised or set."]


def test_when_the_therapist_is_away_somebody_else_covers_the_very_time(house: House, owner: Engine) -> None:
    enquiry = house.message()
    house.promised(enquiry)
    kim = factories.a_therapist(owner, house.service, "kim_cover")
    house.away(days=1)
    found = house.callback(enquiry)
    assert (found.therapist_id, found.starts_at) == (kim.id, AT_TWO)
    assert "Another therapist covers the promised time." in found.reasons


def test_a_promise_that_nobody_can_keep_waits_for_a_person_and_is_never_planned_elsewhere(house: House) -> None:
    enquiry = house.message()
    house.promised(enquiry)
    house.away(hours=6)
    for _ in range(2):
        found = house.callback(enquiry)
        assert (found.state, found.starts_at, found.promised_from) == ("waiting", None, AT_TWO)
        assert found.reasons == [
            "The promised time is no longer possible. Find cover for that time or agree a new time with the caller."
        ]
        house.clock.passes(minutes=11)
        house.plans()
    assert house.history(enquiry).count("slot_lost") == 1
    house.clock.passes(days=1)
    house.plans()
    assert house.callback(enquiry).reasons == [
        "The promised time has passed. Ring now or agree a new time with the caller."
    ]


def test_released_the_call_is_planned_like_any_other(house: House) -> None:
    enquiry = house.message()
    house.promised(enquiry)
    house.away(hours=6)
    with house.story() as session:
        promising.release(session, house.fresh(session, enquiry), TESTER, house.clock())
        promising.release(session, house.fresh(session, enquiry), TESTER, house.clock())
    house.plans()
    found = house.callback(enquiry)
    assert (found.state, found.promised, found.caller_was_told) == ("planned", False, False)
    assert house.history(enquiry).count("time_released") == 1


def test_a_try_that_nobody_answered_ends_the_promise(house: House) -> None:
    enquiry = house.message()
    house.promised(enquiry)
    with house.story() as session:
        one = house.fresh(session, enquiry)
        attempt = factories.an_attempt(session, one, house.sam, house.clock())
        calling.finish(session, house.service, one, attempt, Result("no_answer"), TESTER, house.clock())
    assert not house.callback(enquiry).promised


@pytest.mark.parametrize(
    ("start", "told", "field", "words"),
    [
        (datetime(2026, 11, 17, 10, 0, tzinfo=UTC), True, "time", "has not passed"),
        (datetime(2027, 11, 17, 10, 0, tzinfo=UTC), True, "time", "next 60 days"),
        (datetime(2026, 11, 17, 16, 50, tzinfo=UTC), True, "time", "extend its hours"),
        (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), True, "time", "extend its hours"),
        (datetime(2026, 11, 18, 10, 0, tzinfo=UTC), True, "therapist", "not on the rota"),
        (datetime(2026, 11, 17, 11, 0, tzinfo=UTC), False, "time", "other times"),
        (datetime(2026, 11, 17, 13, 50, tzinfo=UTC), True, "time", "Another call is promised"),
    ],
)
def test_a_time_that_could_not_be_kept_is_not_promised(
    house: House, start: datetime, told: bool, field: str, words: str
) -> None:
    house.promised(house.message())
    enquiry = house.message(contact_times=["pref_after_school"])
    with house.story() as session:
        wednesday = datetime(2026, 11, 18, tzinfo=UTC)
        rota.record_absence(
            session, TESTER, house.sam, wednesday, wednesday + timedelta(days=1), "a course", house.clock()
        )
    with pytest.raises(Malformed, match=words) as refusal:
        house.promised(enquiry, start, told=told)
    assert [fault.field for fault in refusal.value.faults] == [field]


def test_a_told_time_need_not_be_one_of_the_callers_usual_ones(house: House) -> None:
    enquiry = house.message(contact_times=["pref_before_school"])
    house.promised(enquiry)
    assert house.callback(enquiry).starts_at == AT_TWO


def test_a_time_is_set_for_one_more_try_than_the_policy_has(house: House) -> None:
    enquiry = house.message()
    for _ in range(3):
        with house.story() as session:
            one = house.fresh(session, enquiry)
            attempt = factories.an_attempt(session, one, house.sam, house.clock())
            calling.finish(session, house.service, one, attempt, Result("no_answer"), TESTER, house.clock())
        house.clock.passes(days=1)
    house.plans()
    assert house.callback(enquiry).starts_at is None
    house.promised(enquiry, AT_TWO + timedelta(days=3))
    assert house.callback(enquiry).starts_at == AT_TWO + timedelta(days=3)


def test_nothing_is_promised_while_the_caller_is_being_rung(house: House) -> None:
    enquiry = house.message()
    with house.story() as session:
        factories.an_attempt(session, house.fresh(session, enquiry), house.sam, house.clock())
    with pytest.raises(Conflict, match="being rung"):
        house.promised(enquiry)


def test_every_move_is_kept_with_its_reason(house: House) -> None:
    enquiry = house.message()
    house.plans()
    before = house.callback(enquiry)
    house.away(hours=2)
    after = house.callback(enquiry)
    with house.story() as session:
        change = session.scalars(select(SlotChange)).one()
    assert (change.from_starts_at, change.to_starts_at) == (before.starts_at, after.starts_at)
    assert change.why == "The therapist is not free at that time any more."


def test_extra_hours_of_a_day_are_planned_in_and_withdrawn_again(house: House, owner: Engine) -> None:
    late = factories.a_therapist(owner, house.service, "late", hours=(time(17), time(19)))
    line = house.service.line("herts_advice_line")
    enquiry = house.message(contact_times=[{"from": "17:00", "to": "18:30", "days": []}])
    house.plans()
    assert house.callback(enquiry).reasons[0].startswith("The caller's times never meet the line's callback windows.")
    with house.story() as session:
        hours = Hours(AT_TWO.date(), time(17), time(18))
        extra = extra_windows.add(session, line, hours, TESTER, house.clock())
    house.plans()
    found = house.callback(enquiry)
    assert (found.therapist_id, found.starts_at) == (late.id, datetime(2026, 11, 17, 17, 0, tzinfo=UTC))
    with house.story() as session:
        extra_windows.withdraw(session, house.service.id, extra.id, TESTER, house.clock())
        assert extra_windows.coming(session, house.service.id, house.clock()) == []
    house.plans()
    assert house.callback(enquiry).starts_at is None


def test_an_offer_that_is_not_answered_within_a_working_day_goes_back_to_everybody(house: House, owner: Engine) -> None:
    own = factories.a_therapist(owner, house.service, "own", days=(3,), hours=(time(10), time(11)))
    enquiry = house.message()
    with house.story() as session:
        offered = named.offer(session, house.service, house.fresh(session, enquiry), own, TESTER, house.clock())
    assert offered.answer_by == datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
    house.plans()
    assert house.callback(enquiry).therapist_id == own.id
    house.clock.time = offered.answer_by
    assert want(house.workshop, house.service) == 1
    house.plans()
    found = house.callback(enquiry)
    assert found.therapist_id == house.sam.id
    assert found.reasons[0] == "The named therapist did not answer within a working day, so anybody may ring."


def test_a_named_therapist_accepts_or_declines_once(house: House) -> None:
    one, other = house.message(), house.message()
    with house.story() as session:
        for each in (one, other):
            named.offer(session, house.service, house.fresh(session, each), house.sam, TESTER, house.clock())
        assert [enquiry.id for _, enquiry in named.to_answer(session, house.service.id, house.sam.id)] == [
            one.id,
            other.id,
        ]
        named.accept(session, house.fresh(session, one), house.sam, TESTER, house.clock())
        named.decline(session, house.fresh(session, other), house.sam, TESTER, house.clock())
        assert (named.holder(session, one), named.holder(session, other)) == (house.sam.id, None)
        with pytest.raises(Conflict, match="not offered to you"):
            named.accept(session, house.fresh(session, other), house.sam, TESTER, house.clock())
    house.plans()
    assert house.callback(other).reasons[0] == "The named therapist cannot take this call on, so anybody may ring."
