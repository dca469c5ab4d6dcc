"""Workers know one another by their heartbeats alone."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from advice_line import troubles, workers
from advice_line.troubles import Failure
from advice_line.workers import FORGOTTEN_AFTER, SILENT_AFTER


def test_a_worker_is_known_by_name_since_when_and_by_its_last_beat(session: Session, now: datetime) -> None:
    workers.beat(session, "one", now)
    workers.beat(session, "two", now + timedelta(seconds=1))
    later = now + timedelta(seconds=5)
    workers.beat(session, "one", later)
    one, two = workers.known(session)
    assert (one.name, one.since, one.beat_at, two.name) == ("one", now, later, "two")


def test_a_worker_that_says_nothing_is_silent_and_in_the_end_forgotten(session: Session, now: datetime) -> None:
    workers.beat(session, "dead", now)
    workers.beat(session, "alive", now + SILENT_AFTER)
    assert [worker.is_silent(now + SILENT_AFTER) for worker in workers.known(session)] == [True, False]
    workers.beat(session, "alive", now + FORGOTTEN_AFTER)
    assert len(workers.known(session)) == 2
    workers.beat(session, "alive", now + FORGOTTEN_AFTER + timedelta(seconds=1))
    assert [worker.name for worker in workers.known(session)] == ["alive"]


def test_a_worker_that_leaves_is_not_missed(session: Session, now: datetime) -> None:
    workers.beat(session, "one", now)
    workers.leave(session, "one")
    assert workers.known(session) == []


def test_a_trouble_is_forgotten_a_while_after_it_is_over_and_never_before(session: Session, now: datetime) -> None:
    for job in ("over", "going_on"):
        troubles.failed(session, (job, "herts_cot"), Failure("one", now, "ValueError", ""))
    troubles.recovered(session, ("over", "herts_cot"))
    assert troubles.failing(session) == {("going_on", "herts_cot")}
    assert troubles.forget(session, now + troubles.FORGOTTEN_AFTER) == 0
    assert troubles.forget(session, now + troubles.FORGOTTEN_AFTER + timedelta(seconds=1)) == 1
    assert [trouble.job for trouble in troubles.known(session, "herts_cot")] == ["going_on"]
    assert troubles.known(session, "eput_cot") == []
