"""A draft is its writer's alone, and no record; it stays until its enquiry ends or nobody goes on with it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import drafts, outcomes
from advice_line.audit import Actor
from advice_line.drafts import CHANGES, KEPT_FOR, PAGE, Draft
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from advice_line.staff import Person
from tests import factories
from tests.factories import TESTER
from tests.scene import Scene

WORDS = {"note": ["Pencil grip, shown twice."], "advice_details": ["strategies", "reassurance"]}


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now)


@pytest.fixture
def writer(scene: Scene) -> Person:
    return scene.sam_as_person


def test_the_last_words_are_found_again(session: Session, enquiry: Enquiry, writer: Person, now: datetime) -> None:
    drafts.keep(session, enquiry, writer, {"note": ["Pencil"]}, now)
    drafts.keep(session, enquiry, writer, WORDS, now + timedelta(seconds=4))
    session.flush()
    session.expire_all()
    draft = drafts.take_up(session, enquiry, writer, now)
    assert draft
    assert (draft.fields, draft.begun_at, draft.saved_at) == (WORDS, now, now + timedelta(seconds=4))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (("a", "9"), "newer"),
        (("a", "10"), "late"),
        (("a", "11"), "late"),
        (("b", "0"), "late"),
        (("a", "many"), "newer"),
        ((), "late"),
    ],
)
def test_a_save_that_was_overtaken_on_its_way_replaces_nothing(
    session: Session, enquiry: Enquiry, writer: Person, now: datetime, sent: tuple[str, ...], kept: str
) -> None:
    drafts.keep(session, enquiry, writer, {"note": ["newer"], PAGE: ["a"], CHANGES: ["10"]}, now)
    page = {name: [value] for name, value in zip((PAGE, CHANGES), sent, strict=False)}
    drafts.keep(session, enquiry, writer, {"note": ["late"], **page}, now)
    draft = drafts.of(session, enquiry, writer)
    assert draft
    assert draft.fields["note"] == [kept]


def test_nobody_finds_anybody_elses(session: Session, enquiry: Enquiry, writer: Person, now: datetime) -> None:
    somebody = Person(id=writer.id + 1)
    drafts.keep(session, enquiry, writer, WORDS, now)
    assert drafts.of(session, enquiry, somebody) is None
    assert drafts.take_up(session, enquiry, somebody, now) is None


def test_a_draft_is_no_outcome(session: Session, enquiry: Enquiry, writer: Person, now: datetime) -> None:
    drafts.keep(session, enquiry, writer, {**WORDS, "outcome": ["advice_given"]}, now)
    assert outcomes.for_enquiry(session, enquiry) is None
    assert (enquiry.is_open, enquiry.outcome) == (True, None)


@pytest.mark.parametrize("how", ["outcome", "closed"])
def test_it_ends_with_its_enquiry_and_none_begins_after_that(
    session: Session, herts: Service, enquiry: Enquiry, writer: Person, now: datetime, how: str
) -> None:
    other = factories.a_heard_enquiry(session, herts, now)
    for one in (enquiry, other):
        drafts.keep(session, one, writer, WORDS, now)
    if how == "outcome":
        given = outcomes.Given(outcome="advice_given", by_writing=True)
        outcomes.give(session, herts, enquiry, given, Actor(person_id=writer.id), now)
    else:
        outcomes.close(session, enquiry, "caller_withdrew", "", TESTER, now)
    session.expire_all()
    assert drafts.of(session, enquiry, writer) is None
    assert drafts.of(session, other, writer)
    with pytest.raises(Conflict, match="nothing left to draft"):
        drafts.keep(session, enquiry, writer, WORDS, now)


def test_what_nobody_goes_on_with_is_forgotten(
    session: Session, herts: Service, enquiry: Enquiry, writer: Person, now: datetime
) -> None:
    other = factories.a_heard_enquiry(session, herts, now)
    drafts.keep(session, enquiry, writer, WORDS, now)
    drafts.keep(session, other, writer, WORDS, now)
    drafts.keep(session, other, writer, WORDS, now + timedelta(seconds=1))
    assert drafts.forget(session, herts.id, now + KEPT_FOR) == 0
    assert drafts.forget(session, herts.id, now + KEPT_FOR + timedelta(seconds=1)) == 1
    assert [draft.enquiry_id for draft in session.query(Draft)] == [other.id]
