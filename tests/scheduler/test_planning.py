"""A message gets its slot by itself, with why; what changes the plan is written down, and nothing else is."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, named
from advice_line.callbacks.plan import Slot
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist, want_planning
from scheduler.callers import NO_NUMBER, USED_UP
from scheduler.planning import plan, want
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening, history


@pytest.fixture
def early(clock: MovingClock) -> MovingClock:
    """Before the day's first session, so that every slot lies ahead."""
    clock.passes(hours=-2)
    return clock


def therapist_of(owner: Engine, service: Service) -> int:
    with Session(owner) as session:
        return session.scalars(select(Therapist.id).where(Therapist.service_id == service.id)).first() or 0


def away(story: Opening, service: Service, therapist_id: int, clock: MovingClock, **length: float) -> None:
    with story() as session:
        therapist = rota.by_id(session, service.id, therapist_id)
        until = clock() + timedelta(**length)
        rota.record_absence(session, factories.TESTER, therapist, clock(), until, "sickness", clock())


def test_a_new_message_is_planned_with_its_reasons_and_stays_unheard(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any, story: Opening, owner: Engine
) -> None:
    enquiry = make()
    assert plan(workshop, service) == 1
    enquiry, callback = look(enquiry)
    assert callback.state == "planned"
    assert callback.therapist_id == enquiry.therapist_id == therapist_of(owner, service)
    assert workshop.now() <= callback.starts_at < callback.due_at
    assert callback.ends_at - callback.starts_at == timedelta(minutes=25)
    assert "Earliest free time on the rota before it is due." in callback.reasons
    assert enquiry.status == "new"
    assert [what for what, _ in history(story, enquiry)] == ["planned"]


def test_a_heard_enquiry_is_on_the_therapists_list_once_it_is_planned(
    workshop: Workshop, service: Service, story: Opening, clock: MovingClock, look: Any
) -> None:
    with story() as session:
        enquiry = factories.a_heard_enquiry(session, service, clock())
    assert look(enquiry)[0].status == "triaged"
    plan(workshop, service)
    assert look(enquiry)[0].status == "assigned"


def test_planning_again_changes_nothing_and_keeps_the_first_reasons(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any, story: Opening, clock: MovingClock
) -> None:
    made = [make() for _ in range(5)]
    assert plan(workshop, service) == 5
    before = [(Slot.of(look(one)[1]), look(one)[1].reasons) for one in made]
    clock.passes(minutes=1)
    with story() as session:
        want_planning(session, service.id, clock())
    assert plan(workshop, service) == 0
    assert [(Slot.of(look(one)[1]), look(one)[1].reasons) for one in made] == before
    assert [len(history(story, one)) for one in made] == [1] * 5


def test_nobody_is_booked_twice(workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any) -> None:
    made = [make() for _ in range(30)]
    assert plan(workshop, service) == 30
    slots = sorted((look(one)[1].starts_at, look(one)[1].ends_at) for one in made)
    assert all(end <= start for (_, end), (start, _) in pairwise(slots))


def test_an_absence_moves_the_call_to_a_colleague_and_says_why(
    workshop: Workshop,
    service: Service,
    make: Callable[..., Enquiry],
    look: Any,
    story: Opening,
    owner: Engine,
    early: MovingClock,
) -> None:
    enquiry = make()
    plan(workshop, service)
    colleague = factories.a_therapist(owner, service, "colleague")
    away(story, service, look(enquiry)[1].therapist_id, early, days=2)
    assert plan(workshop, service) == 1
    enquiry, callback = look(enquiry)
    assert callback.therapist_id == enquiry.therapist_id == colleague.id
    assert history(story, enquiry)[-1] == ("slot_moved", "The therapist is not free at that time any more.")


def test_what_fits_nowhere_any_more_says_so_and_leaves_the_list(
    workshop: Workshop, service: Service, story: Opening, look: Any, early: MovingClock, owner: Engine
) -> None:
    with story() as session:
        enquiry = factories.a_heard_enquiry(session, service, early())
    plan(workshop, service)
    away(story, service, therapist_of(owner, service), early, days=30)
    assert plan(workshop, service) == 1
    enquiry, callback = look(enquiry)
    assert (callback.state, Slot.of(callback)) == ("waiting", None)
    assert len(callback.reasons) == 1
    assert (enquiry.status, enquiry.therapist_id) == ("triaged", None)
    assert history(story, enquiry)[-1][0] == "slot_lost"
    with story() as session:
        want_planning(session, service.id, early())
    assert plan(workshop, service) == 0


def test_without_a_number_there_is_nothing_to_plan(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any
) -> None:
    enquiry = make(number=None)
    plan(workshop, service)
    assert (look(enquiry)[1].state, look(enquiry)[1].reasons) == ("waiting", [NO_NUMBER])


@pytest.fixture
def tried_three_times(
    story: Opening, service: Service, clock: MovingClock, owner: Engine, make: Callable[..., Enquiry]
) -> Enquiry:
    """Rung on three days, and never there."""
    enquiry = make(number=factories.MOBILE)
    for _ in range(3):
        clock.passes(days=1)
        with story() as session:
            therapist = rota.by_id(session, service.id, therapist_of(owner, service))
            enquiry = session.get_one(Enquiry, (service.id, enquiry.id))
            attempt = factories.an_attempt(session, enquiry, therapist, clock())
            calling.finish(session, service, enquiry, attempt, calling.Result("no_answer"), factories.TESTER, clock())
    return enquiry


def test_when_all_attempts_are_used_somebody_has_to_decide(
    workshop: Workshop, service: Service, tried_three_times: Enquiry, look: Any
) -> None:
    plan(workshop, service)
    callback = look(tried_three_times)[1]
    assert (callback.state, callback.reasons) == ("waiting", [USED_UP.format(most=3)])


def test_who_rings_again_is_tried_again(
    workshop: Workshop, service: Service, tried_three_times: Enquiry, look: Any, story: Opening, clock: MovingClock
) -> None:
    clock.passes(hours=1)
    with story() as session:
        message = factories.a_message(session, service, clock(), number=factories.MOBILE)
    assert message.enquiry_id == tried_three_times.id
    plan(workshop, service)
    assert look(tried_three_times)[1].state == "planned"


def test_after_an_attempt_the_next_is_later_and_at_another_time_of_day(
    workshop: Workshop, service: Service, story: Opening, clock: MovingClock, owner: Engine, look: Any, make: Any
) -> None:
    enquiry, tried_at = make(), clock()
    with story() as session:
        found = session.get_one(Enquiry, (service.id, enquiry.id))
        attempt = factories.an_attempt(
            session, found, rota.by_id(session, service.id, therapist_of(owner, service)), clock()
        )
        calling.finish(session, service, found, attempt, calling.Result("no_answer"), factories.TESTER, clock())
    plan(workshop, service)
    callback = look(enquiry)[1]
    assert callback.starts_at >= tried_at + timedelta(hours=2)
    assert "Another time of day than the earlier attempt." in callback.reasons


def test_an_agreed_time_is_kept(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any, story: Opening
) -> None:
    enquiry = make(contact_times=["pref_after_school"])
    start, end = datetime(2026, 11, 18, 12, 0, tzinfo=UTC), datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
    with story() as session:
        callback = callbacks.open_for(session, enquiry)
        assert callback is not None
        callback.wanted_from = callback.not_before = start
        callback.wanted_to = end
    plan(workshop, service)
    callback = look(enquiry)[1]
    assert start <= callback.starts_at < callback.ends_at <= end


def test_the_callers_own_times_are_kept(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any
) -> None:
    enquiry = make(contact_times=[{"from": "14:00", "to": "15:00", "days": ["wed"]}])
    plan(workshop, service)
    assert look(enquiry)[1].starts_at == datetime(2026, 11, 18, 14, 0, tzinfo=UTC)


def test_a_child_on_a_caseload_is_rung_by_its_own_therapist_and_keeps_them(
    workshop: Workshop,
    service: Service,
    make: Callable[..., Enquiry],
    look: Any,
    owner: Engine,
    story: Opening,
    clock: MovingClock,
) -> None:
    own = factories.a_therapist(owner, service, "own", days=(3,), hours=(time(9), time(10)))
    enquiry = make()
    with story() as session:
        named.offer(session, service, session.merge(enquiry), own, factories.TESTER, clock())
    plan(workshop, service)
    assert look(enquiry)[1].therapist_id == own.id
    away(story, service, own.id, clock, days=20)
    plan(workshop, service)
    assert look(enquiry)[1].therapist_id != own.id
    assert look(enquiry)[0].therapist_id == own.id


def test_somebody_who_speaks_the_language_is_preferred(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any, owner: Engine
) -> None:
    speaker = factories.a_therapist(owner, service, "speaker", languages=["en", "pl"], hours=(time(12), time(14)))
    enquiry = make(caller_language="pl")
    plan(workshop, service)
    assert look(enquiry)[1].therapist_id == speaker.id


def test_a_call_that_is_being_made_is_left_alone_and_keeps_its_therapist_busy(
    workshop: Workshop,
    service: Service,
    make: Callable[..., Enquiry],
    look: Any,
    story: Opening,
    clock: MovingClock,
    owner: Engine,
) -> None:
    live = make()
    plan(workshop, service)
    with story() as session:
        therapist = rota.by_id(session, service.id, therapist_of(owner, service))
        factories.an_attempt(session, session.get_one(Enquiry, (service.id, live.id)), therapist, clock())
    other = make()
    assert plan(workshop, service) == 1
    assert look(live)[1].state == "live"
    assert look(other)[1].starts_at >= max(look(live)[1].ends_at, clock() + timedelta(minutes=25))


def test_a_slot_that_passed_unused_is_planned_again(
    workshop: Workshop, service: Service, make: Callable[..., Enquiry], look: Any, story: Opening, clock: MovingClock
) -> None:
    enquiry = make()
    plan(workshop, service)
    clock.time = look(enquiry)[1].ends_at - timedelta(minutes=1)
    with story() as session:
        want_planning(session, service.id, clock())  # so that time alone is no reason yet
    assert plan(workshop, service) == want(workshop, service) == 0
    clock.passes(minutes=1)
    assert want(workshop, service) == 1
    assert plan(workshop, service) == 1
    assert look(enquiry)[1].starts_at >= clock()
    assert history(story, enquiry)[-1] == ("slot_moved", "The planned time has passed.")
