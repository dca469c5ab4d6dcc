"""A clock: what is left only ever shrinks, what is late only ever grows, and never are both there."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks import clock as clocks
from advice_line.callbacks.clock import Clock
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories

A_MINUTE = st.integers(0, 373 * 24 * 60)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = A_MINUTE.map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))
NONE = timedelta()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, when London's clocks are UTC's."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def clock_of(session: Session, service: Service, enquiry: Enquiry) -> Clock:
    callback = callbacks.open_for(session, enquiry)
    assert callback
    first = clocks.first_attempts(session, service.id, [callback]).get(callback.id)
    return clocks.of_callback(service, enquiry, callback, first)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(since=YEAR, looks=st.lists(YEAR, min_size=2, max_size=6))
def test_time_left_only_shrinks_and_what_is_late_only_grows(
    eput: Service, since: datetime, looks: list[datetime]
) -> None:
    clock, shares = clocks.of_listening(eput, since), eput.configuration.standards.escalation
    seen = [(clock.left(now), clock.late(now), clock.step(now, shares)) for now in sorted(looks)]
    left, late, steps = ([each[nth] for each in seen] for nth in range(3))
    assert (left, late, steps) == (sorted(left, reverse=True), sorted(late), sorted(steps))
    assert all(some >= NONE and over >= NONE and not (some and over) for some, over, _ in seen)


@pytest.mark.parametrize(
    ("now", "step", "words"),
    [
        (at(17, 10, 5), 0, "2 working days left"),
        (at(18, 15), 0, "10 hours of working time left"),
        (at(19, 9), 1, "8 hours of working time left"),
        (at(19, 10, 30), 1, "6 hours 30 minutes of working time left"),
        (at(19, 13), 2, "4 hours of working time left"),
        (at(19, 15), 3, "2 hours of working time left"),
        (at(19, 17), 3, "no working time left"),
        (at(20, 9, 1), 3, "overdue by 1 working minute"),
    ],
)
def test_a_promise_is_escalated_by_the_share_of_its_working_time_that_is_left(
    session: Session, herts: Service, now: datetime, step: int, words: str
) -> None:
    enquiry = factories.an_enquiry(session, herts, at(17, 10, 5))
    clock = clock_of(session, herts, enquiry)
    assert (clock.step(now, herts.configuration.standards.escalation), clock.words(now)) == (step, words)


def test_a_first_counted_attempt_stops_the_clock_and_an_engaged_tone_does_not(
    session: Session, herts: Service, sam: Therapist
) -> None:
    enquiry = factories.an_enquiry(session, herts, at(17, 10, 5))
    told = []
    for result, tried in (("engaged", at(18, 10)), ("no_answer", at(18, 14))):
        attempt = factories.an_attempt(session, enquiry, sam, tried)
        calling.finish(session, herts, enquiry, attempt, calling.Result(result), factories.TESTER, tried)
        session.flush()
        told.append(clock_of(session, herts, enquiry).words(at(23, 10)))
    assert told == ["overdue by 2 working days", "first attempt made in time"]


def test_grave_clocks_run_in_office_hours_and_the_others_in_the_lines_windows(session: Session, herts: Service) -> None:
    enquiry = factories.an_enquiry(session, herts, at(17, 10, 5))
    line = herts.line(enquiry.line_key)
    assert clock_of(session, herts, enquiry).hours == line.callback_hours
    enquiry.priority = "safeguarding"
    callbacks.reconsider(session, herts, enquiry, at(17, 16, 30))
    clock = clock_of(session, herts, enquiry)
    assert (clock.hours, clock.due_at, clock.whole) == (herts.office_hours, at(18, 9, 30), timedelta(hours=1))


def test_what_is_past_its_target_goes_on_towards_its_breach(session: Session, herts: Service) -> None:
    enquiry = factories.an_enquiry(session, herts, at(17, 10, 5))
    callback = callbacks.open_for(session, enquiry)
    running = [
        [one.standard for one in clocks.running(herts, enquiry, callback, None, now)] for now in (at(19, 9), at(20, 9))
    ]
    assert running == [["first_attempt"], ["first_attempt", "breach"]]
