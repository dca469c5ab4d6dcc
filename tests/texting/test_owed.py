"""Which texts the story asks for: each once, and only for those who want them and are safe with them."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import outcomes
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks.calling import Result
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.texting import owed
from advice_line.texts import text as texts
from tests import factories
from tests.factories import TESTER
from tests.texting.texts import all_texts, an_agreed_enquiry, outgoing

LANDLINE = "+441632960123"


def plan(session: Session, one: Enquiry, sam: Therapist, starts: datetime, now: datetime) -> None:
    callback = callbacks.open_for(session, one)
    assert callback
    slot = {"therapist_id": sam.id, "starts_at": starts, "ends_at": starts + timedelta(minutes=25)}
    callbacks.move(session, callback, "planned", now, **slot)


def try_to_ring(session: Session, herts: Service, one: Enquiry, sam: Therapist, result: str, now: datetime) -> None:
    attempt = factories.an_attempt(session, one, sam, now)
    attempts.move(session, attempt, "placing", placed_at=now)
    calling.finish(session, herts, one, attempt, Result(result), TESTER, now)


def test_an_agreement_is_confirmed_once_with_the_reference(session: Session, herts: Service, now: datetime) -> None:
    one = an_agreed_enquiry(session, herts, now)
    assert [owed.owe(session, herts, now + timedelta(days=day)) for day in range(3)] == [1, 0, 0]
    (text,) = all_texts(session)
    assert one.reference in text.words
    assert (text.number, text.line_key, text.state) == (one.caller_number, one.line_key, "to_send")


@pytest.mark.parametrize(
    "changes",
    [
        {"caller_texts": None},
        {"caller_texts": False},
        {"number": LANDLINE},
        {"caller_number": "+447000900123"},
        {"caller_number": "+447624900123"},
        {"caller_number": None},
        {"flags": ["do_not_leave_message"]},
        {"flags": ["complaint", "possible_safeguarding"]},
        {"flags": ["child_caller"]},
        {"priority": "safeguarding"},
    ],
)
def test_nobody_is_texted_who_did_not_ask_or_might_come_to_harm(
    session: Session, herts: Service, now: datetime, changes: dict[str, object]
) -> None:
    an_agreed_enquiry(session, herts, now, **changes)
    session.flush()
    assert owed.owe(session, herts, now) == 0


def test_who_was_spoken_to_before_they_agreed_needs_no_confirmation(
    session: Session, herts: Service, now: datetime
) -> None:
    one = an_agreed_enquiry(session, herts, now)
    calling.keep(session, one, now)
    assert owed.owe(session, herts, now) == 0


def test_a_closed_enquiry_asks_for_no_texts(session: Session, herts: Service, now: datetime) -> None:
    outcomes.close(session, an_agreed_enquiry(session, herts, now), "no_number", "", TESTER, now)
    assert owed.owe(session, herts, now) == 0


def test_a_service_without_texts_owes_none(session: Session, herts: Service, eput: Service, now: datetime) -> None:
    an_agreed_enquiry(session, herts, now)
    assert owed.owe(session, eput, now) == 0


def test_a_planned_call_is_told_of_an_hour_before_once_for_each_time(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    one = an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    plan(session, one, sam, now + timedelta(hours=2), now)
    before = [owed.owe(session, herts, now + timedelta(minutes=minutes)) for minutes in (59, 60, 61, 119)]
    assert before == [0, 1, 0, 0]
    assert "at about 12:05pm, from" in all_texts(session)[-1].words
    plan(session, one, sam, now + timedelta(hours=2, minutes=30), now)
    assert owed.owe(session, herts, now + timedelta(minutes=95)) == 1


def test_a_call_that_did_not_reach_them_is_told_of_once(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    one = an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    try_to_ring(session, herts, one, sam, "no_answer", now)
    assert [owed.owe(session, herts, now + timedelta(minutes=minutes)) for minutes in (1, 2)] == [1, 0]
    assert outgoing(session)[-1] == ("after_missed_call", "to_send")


@pytest.mark.parametrize("result", ["spoke_to_caller", "spoke_wrong_person", "number_not_valid", "rejected_by_network"])
def test_other_results_are_not_told_of(
    session: Session, herts: Service, sam: Therapist, now: datetime, result: str
) -> None:
    one = an_agreed_enquiry(session, herts, now)
    owed.owe(session, herts, now)
    try_to_ring(session, herts, one, sam, result, now)
    assert owed.owe(session, herts, now) == 0


def test_an_old_missed_call_is_not_told_of_when_the_agreement_comes_late(
    session: Session, herts: Service, sam: Therapist, now: datetime
) -> None:
    one = factories.a_heard_enquiry(session, herts, now)
    try_to_ring(session, herts, one, sam, "no_answer", now)
    one.caller_texts = True
    session.flush()
    owed.owe(session, herts, now + timedelta(hours=13))
    assert [purpose for purpose, _ in outgoing(session)] == ["confirmation"]


def test_the_time_of_a_call_is_said_as_people_say_it(now: datetime) -> None:
    said = [owed.spoken_time(now + timedelta(hours=hours), now) for hours in (0, 2, 24)]
    assert said == ["10:05am", "12:05pm", "10:05am on Wednesday"]
    assert owed.spoken_time(now.replace(hour=14, minute=0), now) == "2pm"


def test_callers_are_told_of_a_delay_once_a_day_if_they_want_texts(
    session: Session, herts: Service, now: datetime
) -> None:
    ones = [an_agreed_enquiry(session, herts, now) for _ in range(3)]
    ones[1].caller_texts = False
    texts.stop(session, herts.id, ones[2].caller_number or "", now)
    ids = [one.id for one in ones]
    assert [owed.delayed(session, herts, ids, now + timedelta(days=day)) for day in (0, 0, 1)] == [1, 0, 1]
    told = all_texts(session)
    assert {(text.purpose, text.enquiry_id) for text in told} == {("delay", ones[0].id)}
    assert ones[0].reference in told[0].words


def test_without_words_for_a_delay_nobody_can_be_told(session: Session, eput: Service, now: datetime) -> None:
    with pytest.raises(Conflict, match="no words"):
        owed.delayed(session, eput, [1], now)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"caller_number": None, "caller_withheld": True}, owed.WITHHELD),
        ({"caller_number": None, "caller_withheld": False}, owed.NO_NUMBER),
        ({"caller_number": LANDLINE}, owed.NO_MOBILE),
        ({"caller_texts": None}, owed.NOT_ASKED),
        ({"caller_texts": False}, owed.NOT_WELCOME),
        ({"flags": ["do_not_leave_message"]}, owed.NOT_SAFE),
        ({"priority": "safeguarding"}, owed.NOT_SAFE),
    ],
)
def test_who_is_not_told_of_a_delay_is_known_before_with_the_reason(
    session: Session, herts: Service, now: datetime, changes: dict[str, object], why: str | None
) -> None:
    one = an_agreed_enquiry(session, herts, now, **changes)
    assert owed.why_not_told(session, herts.id, [one], now).get(one.id) == why
    assert owed.delayed(session, herts, [one.id], now) == (why is None)


def test_neither_who_wrote_stop_nor_who_was_told_today_is_offered_a_text(
    session: Session, herts: Service, now: datetime
) -> None:
    one, other = (an_agreed_enquiry(session, herts, now) for _ in range(2))
    texts.stop(session, herts.id, one.caller_number or "", now)
    owed.delayed(session, herts, [other.id], now)
    told = {one.id: owed.WROTE_STOP, other.id: owed.TOLD_TODAY}
    assert owed.why_not_told(session, herts.id, [one, other], now) == told
    tomorrow = {one.id: owed.WROTE_STOP}
    assert owed.why_not_told(session, herts.id, [one, other], now + timedelta(days=1)) == tomorrow
