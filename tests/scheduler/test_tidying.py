"""What is kept for a while only is deleted by the clock itself."""

from sqlalchemy import Engine

from advice_line import drafts
from advice_line.lines.directory import Service
from scheduler import tidying
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening
from tests.staff import makers


def test_a_draft_is_forgotten_a_fortnight_after_its_last_word(
    workshop: Workshop, owner: Engine, service: Service, story: Opening, clock: MovingClock
) -> None:
    writer = makers.add_member(owner, clock(), {"herts_cot": "therapist"})
    with story() as session:
        drafts.keep(session, factories.a_heard_enquiry(session, service, clock()), writer, {}, clock())
    clock.passes(days=14)
    assert tidying.forget_drafts(workshop, service) == 0
    clock.passes(minutes=1)
    assert tidying.forget_drafts(workshop, service) == 1
