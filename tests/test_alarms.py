"""Alarms begin once, end once, and are told once however often it is tried."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from advice_line import alarms
from advice_line.alarms import Changes, Holding
from advice_line.lines.directory import Service

MINUTE = timedelta(minutes=1)
LATE: Holding = {("unheard_late", ""): 2}
QUIET: Holding = {("line_silent", "herts_advice_line"): 1}


def kinds(changes: Changes) -> tuple[list[str], list[str]]:
    return [alarm.kind for alarm in changes.raised], [alarm.kind for alarm in changes.ended]


def test_what_goes_on_holding_is_one_alarm_with_its_newest_count(
    session: Session, herts: Service, now: datetime
) -> None:
    assert kinds(alarms.settle(session, herts.id, LATE, now)) == (["unheard_late"], [])
    assert kinds(alarms.settle(session, herts.id, {("unheard_late", ""): 3}, now + MINUTE)) == ([], [])
    (alarm,) = alarms.still_open(session, herts.id)
    assert (alarm.count, alarm.since, alarm.ended_at) == (3, now, None)


def test_an_alarm_ends_by_itself_and_may_come_again(session: Session, herts: Service, now: datetime) -> None:
    alarms.settle(session, herts.id, {**LATE, **QUIET}, now)
    assert kinds(alarms.settle(session, herts.id, QUIET, now + MINUTE)) == ([], ["unheard_late"])
    assert kinds(alarms.settle(session, herts.id, {**LATE, **QUIET}, now + 2 * MINUTE)) == (["unheard_late"], [])
    assert len(alarms.still_open(session, herts.id)) == 2


def test_an_alarm_is_told_once(session: Session, herts: Service, now: datetime) -> None:
    alarms.settle(session, herts.id, LATE, now)
    alarm = alarms.claim_to_tell(session, herts.id, "one", now)
    assert alarm
    session.flush()
    assert alarms.claim_to_tell(session, herts.id, "one", now) is None
    alarms.told(alarm, now)
    session.flush()
    assert alarms.claim_to_tell(session, herts.id, "one", now + timedelta(days=1)) is None


def test_what_could_not_be_told_is_tried_ever_more_slowly(session: Session, herts: Service, now: datetime) -> None:
    alarms.settle(session, herts.id, LATE, now)
    (alarm,) = alarms.still_open(session, herts.id)
    pauses = []
    for _ in range(9):
        alarms.not_told(alarm, "No.", now)
        pauses.append((alarm.mail_after - now) / MINUTE)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (alarm.mail_problem, alarm.mail_tries) == ("No.", 9)


def test_every_kind_has_its_words() -> None:
    assert all(words.title and words.advice for words in alarms.WORDS.values())
