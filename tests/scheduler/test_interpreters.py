"""A call with an interpreter: planned no sooner than one can come, held once one is booked, booked again if need be."""

from datetime import UTC, datetime

import pytest

from advice_line.callbacks import calling, interpreting
from advice_line.callbacks.calling import Result
from advice_line.callbacks.interpreting import Agency
from advice_line.callbacks.promising import Given
from advice_line.errors import Conflict
from tests import factories
from tests.factories import TESTER
from tests.scheduler.conftest import AT_TWO, House


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
