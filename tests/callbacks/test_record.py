"""Records: enquiries with their promise, therapist and count, many at a time."""

from datetime import datetime

from sqlalchemy import event
from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.record import records, therapists_by_id
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import TESTER


def test_each_enquiry_comes_with_its_own(session: Session, herts: Service, sam: Therapist, now: datetime) -> None:
    tried = factories.an_enquiry(session, herts, now, therapist_id=sam.id)
    for result in ("no_answer", "engaged", "no_answer"):
        over = {"state": "finished", "finished_at": now, "result": result}
        attempts.open_one(session, tried, TESTER, now, **over)
    kept = factories.an_enquiry(session, herts, now)
    callback = callbacks.open_for(session, kept)
    assert callback
    callbacks.move(session, callback, "kept", now)
    first, second = records(session, herts.id, [kept, tried])
    assert (first.enquiry, first.callback, first.therapist, first.attempts_counted) == (kept, None, None, 0)
    assert (second.enquiry, second.attempts_counted) == (tried, 2)
    assert second.therapist
    assert second.therapist.id == sam.id
    assert second.callback is callbacks.open_for(session, tried)


def test_many_are_read_in_as_few_questions_as_one(session: Session, herts: Service, now: datetime) -> None:
    many = [factories.an_enquiry(session, herts, now) for _ in range(4)]
    for_one, for_many = (questions(session, herts, some) for some in (many[:1], many))
    assert for_one == for_many


def questions(session: Session, herts: Service, some: list[Enquiry]) -> int:
    """How often the database is asked for the records of these."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    records(session, herts.id, some)
    event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(asked)


def test_nothing_is_no_record(session: Session, herts: Service) -> None:
    assert records(session, herts.id, []) == []


def test_therapists_are_those_of_the_service(session: Session, herts: Service, sam: Therapist) -> None:
    assert [therapist.key for therapist in therapists_by_id(session, herts.id).values()] == [sam.key]
