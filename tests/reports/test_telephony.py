"""The nine national measures, by a day that was counted by hand."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import calls
from advice_line.calls import Call
from advice_line.inbox.recordings import settle
from advice_line.lines.directory import Service
from advice_line.reports.period import Period
from advice_line.reports.telephony import EXITS, Figure, telephony
from tests.factories import a_call, a_message, a_number, an_enquiry
from tests.reports.story import attempted
from tests.scene import TUESDAY

DAY = Period(date(2026, 11, 17), date(2026, 11, 17))


def seconds(many: float) -> timedelta:
    return timedelta(seconds=many)


def waited(session: Session, service: Service, at: datetime, *, rings: float = 10) -> Call:
    """A caller who has come into the queue after some seconds of greeting."""
    call = a_call(session, service, at, number=a_number())
    calls.wait(call, at + seconds(rings), at + seconds(rings))
    return call


def over(session: Session, service: Service, call: Call, after: float) -> Call:
    """The call has ended, so many seconds after it began."""
    calls.end(call, "completed", call.started_at + seconds(after), round(after))
    settle(session, service, call)
    session.flush()
    return call


@pytest.fixture
def day(session: Session, herts: Service) -> dict[str, Figure]:
    """Two answered, one hung up in the queue and one in the menu, two to be rung back, a message and a silence."""
    for wait in (20, 60):
        answered = waited(session, herts, TUESDAY)
        calls.answer(answered, TUESDAY + seconds(10 + wait))
        over(session, herts, answered, 300)
    over(session, herts, waited(session, herts, TUESDAY), 100)
    over(session, herts, a_call(session, herts, TUESDAY), 30)
    for rung in (True, False):
        back = waited(session, herts, TUESDAY)
        calls.request_callback(back, TUESDAY + seconds(40))
        enquiry = an_enquiry(session, herts, TUESDAY)
        back.enquiry_id = enquiry.id
        over(session, herts, back, 45)
        if rung:
            attempted(session, enquiry, TUESDAY + timedelta(hours=1))
    session.flush()
    a_message(session, herts, TUESDAY, seconds=1)
    return {each.key: each for each in telephony(session, herts.id, DAY).figures}


def test_calls_are_counted_by_what_became_of_them(day: dict[str, Figure]) -> None:
    # Three messages are left as well: two enquiries were opened by one, and one recorder heard nothing.
    assert {key: figure.value for key, figure in day.items() if figure.unit == "calls"} == {
        "received": 9,
        "answered": 2,
        "abandoned": 2,
        "abandoned_menu": 1,
        "abandoned_queue": 1,
        "abandoned_tone": 1,
        "missed": 5,
        "handled": 4,
        "handled_here": 6,
        "callbacks_asked": 2,
        "callbacks_made": 1,
    }


def test_times_are_a_median_and_a_high_percentile(day: dict[str, Figure]) -> None:
    times = {key: figure.value for key, figure in day.items() if figure.unit == "seconds"}
    assert (times["to_answer_median"], times["to_answer_p95"]) == (40, 58)
    assert (times["to_abandon_median"], times["to_abandon_p95"]) == (65, 96.5)
    assert times["length_median"] == 45


def test_every_call_has_one_way_out(day: dict[str, Figure], session: Session, herts: Service) -> None:
    exits = telephony(session, herts.id, DAY).exits
    assert [each.end_state for each in exits] == [*EXITS]
    assert sum(each.calls for each in exits) == day["received"].value


def test_a_period_without_calls_has_noughts_and_no_times(session: Session, herts: Service) -> None:
    found = telephony(session, herts.id, Period(date(2026, 1, 5), date(2026, 1, 9)))
    assert {each.value for each in found.figures if each.unit == "calls"} == {0}
    assert {each.value for each in found.figures if each.unit == "seconds"} == {None}
