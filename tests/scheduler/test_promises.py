"""A promised time never moves by itself: the plan makes room for it, somebody covers it, or a person is asked."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, interpreting, named, promising
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.calling import Result
from advice_line.callbacks.interpreting import Agency
from advice_line.callbacks.promising import Given
from advice_line.callbacks.slot_change import SlotChange
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, Malformed
from advice_line.lines import extra_windows, rota
from advice_line.lines.directory import Service
from advice_line.lines.extra_windows import Hours
from advice_line.lines.rota import Therapist
from scheduler.planning import plan, want
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening

AT_TWO = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)


class House:
    """One service with a therapist, planned whenever something was done."""

    def __init__(self, workshop: Workshop, service: Service, story: Opening, clock: MovingClock) -> None:
        self.workshop, self.service, self.story, self.clock = workshop, service, story, clock
        with story() as session:
            self.sam = rota.therapists(session)[0]

    def message(self, **changes: object) -> Enquiry:
        with self.story() as session:
            return factories.an_enquiry(session, self.service, self.clock(), **changes)

    def promised(
        self, enquiry: Enquiry, start: datetime = AT_TWO, *, told: bool = True, by: Therapist | None = None
    ) -> None:
        with self.story() as session:
            given = Given(by or self.sam, start, told)
            promising.promise(session, self.service, self.fresh(session, enquiry), given, TESTER, self.clock())
        self.plans()

    def away(self, **length: float) -> None:
        with self.story() as session:
            until = self.clock() + timedelta(**length)
            rota.record_absence(session, TESTER, self.sam, self.clock(), until, "sickness", self.clock())
        self.plans()

    def plans(self) -> None:
        plan(self.workshop, self.service)

    def callback(self, enquiry: Enquiry) -> Callback:
        with self.story() as session:
            found = callbacks.latest_for(session, enquiry)
            assert found is not None
            return found

    def fresh(self, session: Session, enquiry: Enquiry) -> Enquiry:
        return enquiries.by_id(session, self.service.id, enquiry.id, lock=True)

    def history(self, enquiry: Enquiry) -> list[str]:
        with self.story() as session:
            return [event.what for event in enquiries.history(session, enquiry)]


@pytest.fixture
def house(workshop: Workshop, service: Service, story: Opening, clock: MovingClock) -> House:
    return House(workshop, service, story, clock)


def test_the_plan_puts_the_call_at_its_promised_time_and_others_make_room(house: House) -> None:
    other, mine = house.message(), house.message()
    house.plans()
    taken = house.callback(other).starts_at
    assert taken is not None
    house.promised(mine, taken + timedelta(hours=1))
    house.promised(other, AT_TWO)
    assert house.callback(mine).starts_at == taken + timedelta(hours=1)
    assert house.callback(other).starts_at == AT_TWO
    assert house.callback(other).reasons == ["Kept at the promised time."]


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


def test_a_call_with_an_interpreter_is_planned_no_sooner_than_one_can_come_and_held_once_booked(house: House) -> None:
    with house.story() as session:
        enquiry = factories.a_heard_enquiry(session, house.service, house.clock(), {"flags": ["interpreter_needed"]})
    house.plans()
    first = house.callback(enquiry)
    assert (first.starts_at, first.minutes) == (datetime(2026, 11, 18, 9, 0, tzinfo=UTC), 40)
    with house.story() as session:
        one = house.fresh(session, enquiry)
        interpreting.ask(session, one, Agency("Example Interpreters"), TESTER, house.clock())
        given = Given(house.sam, AT_TWO, caller_was_told=True)
        interpreting.book(
            session, house.service, one, Agency("Example Interpreters", "X1"), given, TESTER, house.clock()
        )
    house.plans()
    assert house.callback(enquiry).starts_at == AT_TWO


def test_an_interpreter_who_does_not_come_is_booked_again_and_soon(house: House) -> None:
    with house.story() as session:
        enquiry = factories.a_heard_enquiry(session, house.service, house.clock(), {"flags": ["interpreter_needed"]})
        given = Given(house.sam, AT_TWO, caller_was_told=True)
        interpreting.book(session, house.service, enquiry, Agency("Example Interpreters"), given, TESTER, house.clock())
        interpreting.after_call(session, house.service, enquiry, "interpreter_failed", TESTER, house.clock())
        booking = interpreting.current(session, enquiry)
        assert booking is not None
        assert (booking.state, enquiry.priority) == ("needed", "soon")
    assert not house.callback(enquiry).promised


def test_without_the_flag_no_interpreter_is_booked_any_more(house: House) -> None:
    with house.story() as session:
        enquiry = factories.a_heard_enquiry(session, house.service, house.clock(), {"flags": ["interpreter_needed"]})
        enquiry.flags = []
        interpreting.see_to(session, enquiry, house.clock())
        assert interpreting.current(session, enquiry) is None
        with pytest.raises(Conflict, match="Raise the flag"):
            interpreting.ask(session, enquiry, Agency("Example Interpreters"), TESTER, house.clock())


@pytest.mark.parametrize(("result", "booking"), [("interpreter_failed", "needed"), ("spoke_to_caller", None)])
def test_what_came_of_the_call_is_said_of_the_interpreter_too(house: House, result: str, booking: str | None) -> None:
    with house.story() as session:
        enquiry = factories.a_heard_enquiry(session, house.service, house.clock(), {"flags": ["interpreter_needed"]})
        given = Given(house.sam, AT_TWO, caller_was_told=True)
        interpreting.book(session, house.service, enquiry, Agency("Example Interpreters"), given, TESTER, house.clock())
        attempt = factories.an_attempt(session, enquiry, house.sam, house.clock())
        calling.finish(session, house.service, enquiry, attempt, Result(result), TESTER, house.clock())
        now = interpreting.current(session, enquiry)
        assert (now.state if now else None) == booking


def test_a_flag_alone_keeps_the_call_until_an_interpreter_can_come(house: House) -> None:
    enquiry = house.message(flags=["interpreter_needed"])
    house.plans()
    assert house.callback(enquiry).starts_at == datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
