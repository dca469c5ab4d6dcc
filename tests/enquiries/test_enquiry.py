"""An enquiry: found within its own service alone, moved by one table, with a history that names everybody."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.audit import Actor
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import MOVES, PRIORITIES, Enquiry
from advice_line.errors import NotFound, WrongState
from advice_line.lines.directory import Service
from tests import factories
from tests.factories import TESTER
from tests.properties import THROUGH_THE_DATABASE
from tests.scene import Scene, Stage


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now)


def moved(session: Session, enquiry: Enquiry, to: str, now: datetime) -> bool:
    """Try a move with what it needs; whether it was made."""
    needs: dict[str, Any] = {"closed_at": now, "closing_reason": "caller_withdrew"} if to == "closed" else {}
    try:
        enquiries.move(session, enquiry, to, TESTER, now, **needs)
    except WrongState:
        return False
    return True


@THROUGH_THE_DATABASE
@given(wanted=st.lists(st.sampled_from(sorted(taxonomy.ENQUIRY_STATUSES)), max_size=6))
def test_the_table_of_moves_is_obeyed_and_every_move_is_history(
    session: Session, enquiry: Enquiry, now: datetime, wanted: list[str]
) -> None:
    with session.begin_nested() as trial:
        told = len(enquiries.history(session, enquiry))
        path = [enquiry.status]
        for to in wanted:
            assert moved(session, enquiry, to, now) == (to in MOVES[path[-1]])
            path += [to] if to in MOVES[path[-1]] else []
            assert enquiry.status == path[-1]
        steps = [(event.from_status, event.to_status) for event in enquiries.history(session, enquiry)[told:]]
        assert steps == [*pairwise(path)]
        trial.rollback()
    session.refresh(enquiry)


def test_every_open_status_leads_to_an_end_and_an_end_leads_nowhere() -> None:
    assert all("closed" in targets for status, targets in MOVES.items() if status != "closed")
    assert not MOVES["closed"]
    assert {*MOVES} | {"waiting_interpreter", "waiting_caller"} == {*taxonomy.ENQUIRY_STATUSES}


def test_a_rival_who_moved_first_wins(stage: Stage, now: datetime) -> None:
    with stage.story() as session:
        enquiry_id = factories.an_enquiry(session, stage.scene.herts, now).id
    with stage.story() as mine:
        seen = enquiries.by_id(mine, stage.scene.herts.id, enquiry_id)
        with stage.story() as theirs:
            rival = enquiries.by_id(theirs, stage.scene.herts.id, enquiry_id)
            enquiries.move(theirs, rival, "triaged", TESTER, now)
        with pytest.raises(WrongState, match="Somebody else"):
            enquiries.move(mine, seen, "assigned", TESTER, now)
        assert [event.to_status for event in enquiries.history(mine, seen)] == ["new", "triaged"]


def test_a_refused_move_says_so_in_plain_words(session: Session, enquiry: Enquiry, now: datetime) -> None:
    enquiries.move(session, enquiry, "retry_due", TESTER, now)
    with pytest.raises(WrongState, match="“retry due” cannot become “new”"):
        enquiries.move(session, enquiry, "new", TESTER, now)


def test_history_names_a_person_or_a_part_of_the_system(
    session: Session, enquiry: Enquiry, scene: Scene, now: datetime
) -> None:
    later = now + timedelta(minutes=5)
    enquiries.note(session, enquiry, "spoke", Actor(person_id=scene.sam_as_person.id), later, detail="reassured")
    opened, spoke = enquiries.history(session, enquiry)
    assert (opened.what, opened.person_id, opened.system) == ("opened", None, "telephone")
    assert (spoke.what, spoke.person_id, spoke.system) == ("spoke", scene.sam_as_person.id, None)
    assert (spoke.detail, enquiry.updated_at) == ("reassured", later)


def test_a_late_note_never_sets_the_last_change_back(session: Session, enquiry: Enquiry, now: datetime) -> None:
    enquiries.note(session, enquiry, "late", TESTER, now - timedelta(hours=1))
    assert enquiry.updated_at == now


def test_an_enquiry_is_found_by_its_reference(session: Session, herts: Service, enquiry: Enquiry) -> None:
    assert enquiries.by_reference(session, herts.id, enquiry.reference) is enquiry
    assert enquiries.by_reference(session, herts.id, enquiry.reference, lock=True) is enquiry


@pytest.mark.parametrize("reference", ["H-999999", "", "h-000001", "H-\x00", "H-000001' OR '1'='1", "H-" + "0" * 5000])
def test_anything_else_is_not_found(session: Session, herts: Service, enquiry: Enquiry, reference: str) -> None:
    with pytest.raises(NotFound, match="no enquiry with this reference"):
        enquiries.by_reference(session, herts.id, reference)


def test_another_services_enquiry_is_not_found(stage: Stage, now: datetime) -> None:
    with stage.story(stage.scene.eput) as session:
        reference = factories.an_enquiry(session, stage.scene.eput, now).reference
    with stage.story() as session:
        for service in (stage.scene.herts, stage.scene.eput):
            with pytest.raises(NotFound):
                enquiries.by_reference(session, service.id, reference)


def test_what_nobody_has_heard_comes_oldest_first(session: Session, herts: Service, now: datetime) -> None:
    new, old, heard = (factories.an_enquiry(session, herts, now - timedelta(hours=age)) for age in (1, 3, 2))
    heard.heard_at = now
    session.flush()
    assert enquiries.not_heard(session, herts.id) == [old, new]
    assert enquiries.count_not_heard(session, herts.id) == 2
    moved(session, old, "closed", now)
    assert enquiries.not_heard(session, herts.id) == [new]
    assert enquiries.count_not_heard(session, herts.id) == 1


@pytest.mark.parametrize("before", PRIORITIES)
@pytest.mark.parametrize("to", PRIORITIES)
def test_a_priority_is_raised_and_never_lowered(before: str, to: str) -> None:
    enquiry = Enquiry(priority=before)
    higher = PRIORITIES.index(to) < PRIORITIES.index(before)
    assert enquiries.raise_priority(enquiry, to) is higher
    assert enquiry.priority == (to if higher else before)


def test_where_an_enquiry_rests_when_nobody_is_calling(now: datetime) -> None:
    assert enquiries.resting_status(Enquiry(), attempted=False) == "new"
    assert enquiries.resting_status(Enquiry(heard_at=now), attempted=False) == "triaged"
    assert enquiries.resting_status(Enquiry(heard_at=now, therapist_id=1), attempted=False) == "assigned"
    assert enquiries.resting_status(Enquiry(), attempted=True) == "retry_due"


def test_a_child_is_known_by_anything_that_tells_who_it_is() -> None:
    assert not Enquiry(child_agreement=True, child_postcode="SG1 1AA").child_known
    for field in ("child_name", "child_school", "child_nhs_number"):
        assert Enquiry(**{field: "something"}).child_known
