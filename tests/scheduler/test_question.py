"""What the planner is asked is what stands in the house."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks import plan as plans
from advice_line.callbacks import turn as turns
from advice_line.callbacks.calling import NextWindow, Result
from advice_line.callbacks.plan import Decision, Slot
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from scheduler import planner
from scheduler.question import ask
from tests import factories
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening


@pytest.fixture
def therapist(owner: Engine, service: Service) -> Therapist:
    return factories.a_therapist(owner, service, "sam_sample", languages=["en", "pl"], skills=["fine_motor"])


def rung(
    session: Session, service: Service, enquiry: Enquiry, therapist: Therapist, result: Result, at: datetime
) -> None:
    attempt = factories.an_attempt(session, enquiry, therapist, at)
    calling.finish(session, service, enquiry, attempt, result, factories.TESTER, at)


def asked(story: Opening, service: Service, now: datetime) -> planner.Problem:
    with story() as session:
        return ask(session, service, now).problem


def test_a_therapist_comes_with_a_week_back_and_ten_working_days_ahead(
    story: Opening, service: Service, therapist: Therapist, clock: MovingClock
) -> None:
    sam = next(one for one in asked(story, service, clock()).therapists if one.id == therapist.id)
    assert (sam.languages, sam.skills) == (frozenset({"en", "pl"}), frozenset({"fine_motor"}))
    assert sam.sessions[0].start == datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
    assert sam.sessions[-1].end == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
    assert len(sam.sessions) == 16


def test_the_minutes_for_listening_are_taken_out_of_the_session(
    story: Opening, service: Service, therapist: Therapist, clock: MovingClock
) -> None:
    with story() as session:
        turns.share_out(session, service, clock())
        listening = turns.between(session, service.id, clock(), clock() + timedelta(days=20))
    busy = {one.id: [(span.start, span.end) for span in one.busy] for one in asked(story, service, clock()).therapists}
    assert {who: [(time.start, time.end) for time in times] for who, times in listening.items()} == busy


def test_the_rota_minutes_that_somebody_used_are_counted(
    story: Opening, service: Service, therapist: Therapist, clock: MovingClock
) -> None:
    with story() as session:
        one, other = (factories.an_enquiry(session, service, clock()) for _ in range(2))
        rung(session, service, one, therapist, Result("spoke_to_caller"), clock())
        rung(session, service, other, therapist, Result("no_answer"), clock())
    assert sorted(one.minutes_done for one in asked(story, service, clock()).therapists) == [0, 25 + 3]
    assert [one.minutes_done for one in asked(story, service, clock.passes(days=8)).therapists] == [0, 0]


def test_only_tries_that_nobody_answered_keep_the_next_one_away(
    story: Opening, service: Service, therapist: Therapist, clock: MovingClock
) -> None:
    window = NextWindow(clock() + timedelta(minutes=30), clock() + timedelta(minutes=60))
    with story() as session:
        tried, rebooked = (factories.an_enquiry(session, service, clock()) for _ in range(2))
        rung(session, service, tried, therapist, Result("no_answer"), clock())
        rung(session, service, rebooked, therapist, Result("not_convenient_rebooked", "", window), clock())
    first, second = asked(story, service, clock()).callbacks
    assert (first.tried, first.windows) == ((clock(),), None)
    assert (second.tried, second.windows) == ((), (planner.Span(window.start, window.end),))


def test_who_rings_is_busy_and_so_is_the_slot_that_the_call_had(
    story: Opening, service: Service, therapist: Therapist, clock: MovingClock
) -> None:
    with story() as session:
        planned_with = next(one for one in rota.therapists(session) if one.id != therapist.id)
        enquiry = factories.an_enquiry(session, service, clock())
        callback = callbacks.open_for(session, enquiry)
        assert callback is not None
        slot = Slot(planned_with.id, clock() + timedelta(hours=2), clock() + timedelta(hours=2, minutes=25))
        plans.place(session, service.id, [Decision(callback, enquiry, None, slot, ())], clock())
        factories.an_attempt(session, enquiry, therapist, clock())
    problem = asked(story, service, clock.passes(minutes=1))
    assert problem.callbacks == ()
    assert {one.id: one.busy for one in problem.therapists} == {
        planned_with.id: (planner.Span(slot.starts_at, slot.ends_at),),
        therapist.id: (planner.Span(clock() - timedelta(minutes=1), clock() + timedelta(minutes=24)),),
    }


def test_an_agreed_time_that_has_passed_holds_nobody_up(
    story: Opening, service: Service, therapist: Therapist, clock: MovingClock
) -> None:
    window = NextWindow(clock() + timedelta(minutes=30), clock() + timedelta(minutes=60))
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock())
        rung(session, service, enquiry, therapist, Result("not_convenient_rebooked", "", window), clock())
    assert asked(story, service, clock.passes(hours=1)).callbacks[0].windows is None


def test_a_caller_of_ours_speaks_our_language_unless_we_know_better(
    story: Opening, service: Service, clock: MovingClock
) -> None:
    with story() as session:
        for language in (None, "en", "pl"):
            factories.an_enquiry(session, service, clock(), caller_language=language)
    assert [one.language for one in asked(story, service, clock()).callbacks] == [None, None, "pl"]


def a_service_with_two_lines(owner: Engine, now: datetime) -> Service:
    """The second line rings back on Fridays alone."""
    (line,) = factories.example_file("herts_cot")["lines"]
    other = {"key": "second_line", "number": "01632 960300", "display": "01632 960300"}
    hours = [{"days": ["fri"], "start": "13:00", "end": "15:00"}]
    return factories.a_service(owner, now, rota=[], lines=[line, {**line, **other, "callback_windows": hours}])


def test_each_caller_is_rung_in_the_hours_of_their_own_line(owner: Engine, serving: Engine, clock: MovingClock) -> None:
    service = a_service_with_two_lines(owner, clock())
    with db.transaction(serving, service.id) as session:
        factories.an_enquiry(session, service, clock(), line_key="second_line", contact_times=["pref_lunch"])
        (callback,) = ask(session, service, clock()).problem.callbacks
        assert rota.therapists(session) == []
    friday = datetime(2026, 11, 20, tzinfo=UTC)
    talk_ends, writing_up = friday + timedelta(hours=13, minutes=30), timedelta(minutes=10)
    assert callback.windows is not None
    assert callback.windows[0] == planner.Span(friday + timedelta(hours=13), talk_ends + writing_up)
    assert len(callback.windows) == 2
