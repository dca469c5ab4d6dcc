"""What the database itself refuses, whoever writes: half a pair of facts, a second live attempt, a double booking."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import pause as pauses
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.texting import owed
from tests import factories
from tests.factories import TESTER
from tests.refused_rows import ALARM, DIGEST, DUTY, INSERTED, LEG, LINK, OFFER, TEXT_ID

MINUTES = timedelta(minutes=25)
SLOT = "therapist_id = :sam, starts_at = :now, ends_at = :now + interval '25 minutes'"
# The change, and the rule that refuses it. Every row is as the story makes it: only what is named here is wrong.
REFUSED = [
    ("enquiry SET status = 'asleep'", "enquiry_status_check"),
    ("enquiry SET priority = 'highest'", "enquiry_priority_check"),
    ("enquiry SET outcome = 'cured'", "enquiry_outcome_check"),
    ("enquiry SET child_nhs_number = '999 000 0018'", "enquiry_child_nhs_number_check"),
    ("enquiry SET caller_withheld = true", "withheld_is_never_a_number"),
    ("enquiry SET status = 'closed'", "closed_with_one_end"),
    ("enquiry SET status = 'closed', closed_at = :now", "closed_with_one_end"),
    ("enquiry SET closed_at = :now", "closed_with_one_end"),
    ("enquiry SET closing_reason = 'no_number'", "closed_with_one_end"),
    (
        "enquiry SET status = 'closed', closed_at = :now, outcome = 'advice_given', closing_reason = 'no_number'",
        "closed_with_one_end",
    ),
    ("enquiry SET therapist_id = 0", "enquiry_service_id_therapist_id_fkey"),
    ("enquiry SET line_key = 'nowhere'", "enquiry_service_id_line_key_fkey"),
    ("enquiry SET not_before = '2026-11-19', not_after = '2026-11-18'", "days_to_ring_are_in_order"),
    ("enquiry SET number_given = true, caller_number = NULL, caller_withheld = true", "number_given_is_there"),
    ("call SET withheld = true", "withheld_call_has_no_number"),
    ("call SET end_state = 'vanished'", "call_end_state_check"),
    ("call SET seconds = -1", "call_seconds_check"),
    ("message SET state = 'stored'", "stored_with_its_audio"),
    ("message SET state = 'stored', audio_name = 'a/b', stored_at = :now, audio_bytes = 0", "stored_with_its_audio"),
    ("message SET state = 'stored', audio_name = 'a/b', audio_bytes = 9", "stored_with_its_audio"),
    ("message SET state = 'melted'", "message_state_check"),
    ("message SET kind = 'fax'", "message_kind_check"),
    ("message SET direction = 'sideways'", "message_direction_check"),
    ("message SET seconds = -1", "message_seconds_check"),
    ("message SET quiet_seconds = -1", "message_quiet_seconds_check"),
    ("message SET speech_seconds = -1, speech_looked_for_at = :now", "message_speech_seconds_check"),
    ("message SET speech_seconds = 1", "speech_was_looked_for"),
    ("message SET speech_tries = -1", "message_speech_tries_check"),
    ("message SET heard_at = :now", "heard_by_somebody_at_some_time"),
    ("message SET heard_by_system = 'tests'", "heard_by_somebody_at_some_time"),
    ("message SET provider_deleted_at = :now", "provider_copy_goes_last"),
    ("callback SET state = 'lost'", "callback_state_check"),
    ("callback SET minutes = 0", "callback_minutes_check"),
    ("callback SET state = 'live', therapist_id = :sam", "slot_is_whole"),
    ("callback SET state = 'live', starts_at = :now, ends_at = :now + interval '1 hour'", "slot_is_whole"),
    ("callback SET state = 'live', therapist_id = :sam, starts_at = :now, ends_at = :now", "slot_is_whole"),
    ("callback SET wanted_from = :now", "wanted_time_is_whole"),
    ("callback SET wanted_from = :now, wanted_to = :now", "wanted_time_is_whole"),
    ("callback SET state = 'planned'", "planned_has_its_slot"),
    (f"callback SET {SLOT}", "waiting_has_no_slot"),
    ("callback SET state = 'kept'", "ended_when_over"),
    ("callback SET ended_at = :now", "ended_when_over"),
    ("callback SET promised_from = :now", "promise_is_whole"),
    ("callback SET promised = true", "promised_has_its_time"),
    ("callback SET caller_was_told = true", "nobody_is_told_of_nothing"),
    ("attempt SET state = 'dreaming'", "attempt_state_check"),
    ("attempt SET state = 'finished', finished_at = :now, result = 'shouted'", "attempt_result_check"),
    ("attempt SET state = 'finished', result = 'engaged'", "over_when_finished"),
    ("attempt SET finished_at = :now", "over_when_finished"),
    ("attempt SET state = 'finished', finished_at = :now", "result_when_finished"),
    ("attempt SET result = 'engaged'", "result_when_finished"),
    ("attempt SET opened_by_system = NULL", "opened_by_somebody"),
    ("attempt SET opened_by = (SELECT min(id) FROM person)", "opened_by_somebody"),
    ("text_message SET direction = 'sideways', purpose = NULL", "text_message_direction_check"),
    ("text_message SET purpose = 'joke'", "text_message_purpose_check"),
    ("text_message SET state = 'melted'", "text_message_state_check"),
    ("text_message SET state = 'received'", "text_comes_or_goes"),
    ("text_message SET number = '+441632960123'", "text_goes_to_a_mobile"),
    ("text_message SET number = '+447000900123'", "text_goes_to_a_mobile"),
    ("text_message SET send_after = NULL", "outgoing_text_has_its_times"),
    ("text_message SET state = 'sending'", "text_asked_for_at_some_time"),
    ("text_message SET ended_at = :now", "text_over_when_ended"),
    ("text_message SET state = 'dropped', ended_at = :now", "text_not_sent_has_its_reason"),
    ("text_message SET heard_by_system = 'tests'", "text_read_by_somebody_at_some_time"),
    ("text_message SET needs_reply = true", "only_a_callers_text_is_answered_or_read"),
    ("alert SET kind = 'rain'", "alert_kind_check"),
    ("alert SET rounds = -1", "alert_rounds_check"),
    ("alert SET raised_by_system = NULL", "alert_raised_by_somebody"),
    ("alert SET taken_at = :now", "alert_taken_by_somebody_at_some_time"),
    ("alert SET taken_by_system = 'tests'", "alert_taken_by_somebody_at_some_time"),
    ("pause SET reason = 'rain'", "pause_reason_check"),
    ("pause SET noted_by_system = NULL", "pause_noted_by_somebody"),
    ("pause SET ended_at = :now", "pause_ended_by_somebody_at_some_time"),
]


@pytest.fixture
def story(session: Session, herts: Service, sam: Therapist, now: datetime) -> None:
    """One of everything: a call, its message, enquiry and callback, a text to be sent, and a live attempt."""
    enquiry = factories.an_enquiry(session, herts, now, caller_texts=True)
    owed.owe(session, herts, now)
    attempts.open_one(session, enquiry, TESTER, now, therapist_id=sam.id)
    alerts.raise_one(session, herts, enquiry, "urgent", TESTER, now)
    pauses.begin(session, enquiry, "interpreter", None, TESTER, now)
    for row in (
        f"{DUTY} SELECT service_id, line_key, :sam, '+44', :now, 'infinity', NULL",
        f"{OFFER} SELECT service_id, line_key, :sam, '+44', :now, 'ringing'",
        f"{LEG} SELECT service_id, line_key, 'CA' || :sam, 'queued', :now, NULL, 'in_progress'",
        f"{ALARM} SELECT service_id, 'line_silent', 1, :now, :now",
        f"{LINK} SELECT service_id, {DIGEST}, id, {TEXT_ID}, :now, 'infinity'",
    ):
        session.execute(text(f"INSERT INTO {row} FROM enquiry"), {"sam": sam.id, "now": now})


def refuses(session: Session, statement: str, rule: str, **facts: object) -> None:
    needed = {name: value for name, value in facts.items() if f":{name}" in statement}
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(text(statement), needed)
    assert f'"{rule}' in str(refused.value.orig)


@pytest.mark.usefixtures("story")
def test_the_database_refuses_what_cannot_be_true(session: Session, sam: Therapist, now: datetime) -> None:
    for change, rule in REFUSED:
        refuses(session, f"UPDATE {change}", rule, sam=sam.id, now=now)
    for row, rule in INSERTED:
        refuses(session, f"INSERT INTO {row} FROM enquiry", rule, sam=sam.id, now=now)


def test_every_rule_that_has_a_name_is_tried(session: Session) -> None:
    named = text(
        "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid WHERE contype = 'c'"
        " AND relnamespace = 'public'::regnamespace AND has_table_privilege(t.oid, 'INSERT')"
    )
    assert {*session.scalars(named)} == {rule for _, rule in REFUSED + INSERTED if not rule.endswith("_fkey")}


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ("call", "call_sid_key"),
        ("message", "message_recording_sid_key"),
        ("enquiry", "enquiry_reference_key"),
        ("callback", "callback_one_open_for_each_enquiry"),
        ("attempt", "attempt_one_live_for_each_enquiry"),
        ("text_message", "text_once"),
        ("duty", "duty_one_open_for_each_therapist"),
        ("offer", "offer_one_live_for_each_therapist"),
        ("alarm", "alarm_one_open_of_a_kind"),
        ("alert", "alert_one_untaken_of_a_kind"),
        ("pause", "pause_one_for_each_enquiry"),
        ("leg", "leg_sid_key"),
        ("caller_link", "caller_link_"),
    ],
)
def test_there_is_one_of_what_there_may_be_one_of(session: Session, table: str, rule: str) -> None:
    refuses(session, copied(session, table), rule)


def test_one_recorder_at_a_time_is_expected_of_a_call(session: Session, herts: Service, now: datetime) -> None:
    factories.an_expected_message(session, herts, now)
    refuses(session, copied(session, "message"), "message_one_expected_for_each_call")


def copied(session: Session, table: str) -> str:
    """The statement that copies every row of a table."""
    ask = text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped"
    )
    columns = ", ".join(column for column in session.scalars(ask, {"table": table}) if column != "id")
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}"  # noqa: S608 - names of our own tables


def test_nobody_is_booked_twice_at_one_time(session: Session, herts: Service, sam: Therapist, now: datetime) -> None:
    one, two = (callbacks.open_for(session, factories.an_enquiry(session, herts, now)) for _ in range(2))
    assert one
    assert two
    for booked in (one, two):
        callbacks.move(session, booked, "planned", now, therapist_id=sam.id, starts_at=now, ends_at=now + MINUTES)
    refuses(session, "SET CONSTRAINTS ALL IMMEDIATE", "never_double_booked")
    callbacks.move(session, two, "planned", now, starts_at=now + MINUTES, ends_at=now + 2 * MINUTES)
