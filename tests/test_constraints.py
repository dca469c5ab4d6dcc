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
OUTCOME = "outcome (service_id, enquiry_id, outcome, at, by_writing, system, tier) SELECT service_id, id,"
REFERRAL = (
    "referral (service_id, enquiry_id, route, who_will_send, agreement, agreed_at, phase, stage)"
    " SELECT service_id, id, 'generic_nhs', 'gp', true, :now,"
)
EVENT = "enquiry_event (service_id, enquiry_id, at, what, system, person_id) SELECT service_id, id, :now, 'x',"
AUDIT = "audit (service_id, at, action) SELECT service_id, :now,"
ABSENCE = "absence (service_id, therapist_id, starts_at, ends_at, reason, recorded_at)"
ONE_OFF = "one_off_session (service_id, therapist_id, day, starts, ends, made_at, from_therapist_id, in_exchange_for)"
ROTA_EVENT = "rota_event (service_id, at, what, absence_id, person_id, system) SELECT service_id, :now, 'absent',"
TAKEN = "absence_callback (service_id, absence_id, callback_id, starts_at, ends_at) SELECT service_id, 1, 1,"
DUTY = "duty (service_id, line_key, therapist_id, phone, since, until, ended_at)"
LEG = "leg (service_id, line_key, sid, status, started_at, seconds, end_state)"
RECONCILED = "reconciliation (service_id, through, next_at, failures, problem)"
ALARM = "alarm (service_id, kind, count, since, mail_after)"
CLAIMED = "alarm (service_id, kind, count, since, mail_after, mail_claimed_at)"
LINK = "caller_link (service_id, digest, enquiry_id, text_id, made_at, expires_at)"
TEXT_ID = "(SELECT min(id) FROM text_message)"
DIGEST = "sha256('a token')"
NOTICE = "alert_notice (service_id, alert_id, round, channel, recipient, state, at, send_after, tries, ended_at)"
BEGUN = (
    "alert_notice (service_id, alert_id, round, channel, recipient, state, at, send_after, claimed_at)"
    " SELECT service_id, (SELECT min(id) FROM alert), 1, 'text', 'x', 'sending', :now, :now, :now"
)
NOTICED = NOTICE + " SELECT service_id, (SELECT min(id) FROM alert),"  # noqa: S608 - constants alone
ESCALATED = "escalation (service_id, enquiry_id, standard, due_at, step, at) SELECT service_id, id,"
TURN = "listening_turn (service_id, day, therapist_id, starts_at, ends_at, shared_out_at)"
OFFER = "offer (service_id, line_key, therapist_id, therapist_number, at, state)"
CHOICE = "phone_choice (service_id, therapist_id, day, phone, chosen_at)"
DRAFT = "draft (service_id, enquiry_id, person_id, fields, begun_at, saved_at) SELECT service_id, id,"
SITE = "one_off_session (service_id, therapist_id, day, starts, ends, made_at, site)"
CHANGE = (
    "slot_change (service_id, callback_id, at, why, from_therapist_id, from_starts_at, to_starts_at)"
    " SELECT service_id, (SELECT min(id) FROM callback), :now, 'x', :sam, :now,"
)
EXTRA = "extra_window (service_id, line_key, day, starts, ends, added_at) SELECT service_id, line_key, :now,"
BOOKING = (
    "interpreter_booking (service_id, enquiry_id, needed_at, changed_at, state) SELECT service_id, id, :now, :now,"
)
NAMED = (
    "named_offer (service_id, enquiry_id, therapist_id, offered_at, answer_by, state, answered_at)"
    " SELECT service_id, id, :sam, :now,"
)
TROUBLE = (
    "job_trouble (job, place, at, worker, error, sqlstate, failures, failing_since, failed_total, retried_total)"
    " SELECT 'plan', '', :now, 'one', 'Error', '',"
)
INSERTED = [
    (f"{TROUBLE} -1, NULL, 0, 0", "job_trouble_failures_check"),
    (f"{TROUBLE} 1, NULL, 0, 0", "job_trouble_fails_since"),
    (f"{TROUBLE} 0, NULL, -1, 0", "job_trouble_failed_total_check"),
    (f"{TROUBLE} 0, NULL, 0, -1", "job_trouble_retried_total_check"),
    (f"{CHANGE} :now", "moved_to_a_whole_slot"),
    (f"{EXTRA} '17:00', '17:00', :now", "extra_window_is_a_stretch"),
    (f"{BOOKING} 'dreaming'", "interpreter_booking_state_check"),
    (f"{BOOKING} 'booked'", "booked_for_a_time"),
    (f"{NAMED} 'infinity', 'dreaming', :now", "named_offer_state_check"),
    (f"{NAMED} 'infinity', 'accepted', NULL", "answered_when_not_open"),
    (f"{NAMED} :now, 'offered', NULL", "time_to_answer"),
    (f"{OUTCOME} 'cured', :now, true, 'tests', NULL", "outcome_outcome_check"),
    (f"{OUTCOME} 'advice_given', :now, false, 'tests', NULL", "rests_on_a_conversation"),
    (f"{OUTCOME} 'advice_given', :now, true, NULL, NULL", "outcome_names_its_actor"),
    (f"{OUTCOME} 'advice_given', :now, true, 'tests', 'royal'", "outcome_tier_check"),
    (f"{REFERRAL} 'unborn', 'agreed'", "referral_phase_check"),
    (f"{REFERRAL} 'pre_school', 'wished'", "referral_stage_check"),
    (f"{AUDIT} 'x'", "audit_names_its_actor"),
    (f"{EVENT} NULL, NULL", "event_names_its_actor"),
    (EVENT + " 'tests', (SELECT min(id) FROM person)", "event_names_its_actor"),  # noqa: S608 - constants alone
    (f"{ABSENCE} SELECT service_id, :sam, :now, :now, 'x', :now", "absence_check"),
    (
        f"{ONE_OFF} SELECT service_id, :sam, current_date, '12:00', '12:00', :now, NULL, NULL",
        "one_off_session_ends_after_it_starts",
    ),
    (
        f"{ONE_OFF} SELECT service_id, :sam, current_date, '12:00', '13:00', :now, :sam, NULL",
        "taken_from_somebody_else",
    ),
    (
        f"{ONE_OFF} SELECT service_id, :sam, current_date, '12:00', '13:00', :now, NULL, 1",
        "exchanged_sessions_change_hands",
    ),
    (
        f"{SITE} SELECT service_id, :sam, current_date, '12:00', '13:00', :now, ''",
        "one_off_session_site_check",
    ),
    (f"{ROTA_EVENT} NULL, NULL, 'tests'", "rota_event_is_about_one_thing"),
    (f"{ROTA_EVENT} 1, NULL, NULL", "rota_event_names_its_actor"),
    (f"{TAKEN} :now, :now", "absence_callback_ends_after_it_starts"),
    (f"{DUTY} SELECT service_id, line_key, :sam, '+44', :now, :now, NULL", "duty_ends_after_it_began"),
    (f"{DUTY} SELECT service_id, line_key, :sam, '+44', :now, 'infinity', :now", "duty_ended_for_a_reason"),
    (f"{OFFER} SELECT service_id, line_key, :sam, '+44', :now, 'dreaming'", "offer_state_check"),
    (f"{OFFER} SELECT service_id, line_key, :sam, '+44', :now, 'over'", "offer_over_when_finished"),
    (f"{CHOICE} SELECT service_id, :sam, '2026-11-17', 'theirs', :now", "phone_choice_phone_check"),
    (f"{LEG} SELECT service_id, line_key, 'CA1', 'queued', :now, -1, 'in_progress'", "leg_seconds_check"),
    (f"{LEG} SELECT service_id, line_key, 'CA1', 'queued', :now, 1, 'message'", "leg_end_state_check"),
    (f"{RECONCILED} SELECT service_id, :now, :now, -1, 'Away.'", "reconciliation_failures_check"),
    (f"{RECONCILED} SELECT service_id, :now, :now, 1, NULL", "failing_has_its_problem"),
    (f"{LINK} SELECT service_id, 'short', id, {TEXT_ID}, :now, 'infinity'", "caller_link_digest_check"),
    (f"{LINK} SELECT service_id, {DIGEST}, id, {TEXT_ID}, :now, :now", "link_expires_after_it_was_made"),
    (f"{ALARM} SELECT service_id, 'rain', 1, :now, :now", "alarm_kind_check"),
    (f"{ALARM} SELECT service_id, 'line_silent', 0, :now, :now", "alarm_count_check"),
    (f"{CLAIMED} SELECT service_id, 'line_silent', 1, :now, :now, :now", "alarm_claimed_by_somebody_at_some_time"),
    (f"{DRAFT} 1, '[]', :now, :now", "draft_fields_check"),
    (f"{DRAFT} 1, '{{}}', 'infinity', :now", "draft_was_begun_before_it_was_saved"),
    ("refused_post (at, count) SELECT :now, 0", "refused_post_count_check"),
    (f"{NOTICED} 0, 'text', 'x', 'to_send', :now, :now, 0, NULL", "alert_notice_round_check"),
    (f"{NOTICED} 1, 'fax', 'x', 'to_send', :now, :now, 0, NULL", "alert_notice_channel_check"),
    (f"{NOTICED} 1, 'text', 'x', 'lost', :now, :now, 0, NULL", "alert_notice_state_check"),
    (f"{NOTICED} 1, 'text', 'x', 'to_send', :now, :now, -1, NULL", "alert_notice_tries_check"),
    (f"{NOTICED} 1, 'text', 'x', 'sent', :now, :now, 0, NULL", "alert_notice_over_when_ended"),
    (f"{NOTICED} 1, 'text', 'x', 'failed', :now, :now, 0, :now", "alert_notice_not_sent_has_its_reason"),
    (BEGUN, "alert_notice_claimed_by_somebody_at_some_time"),
    (f"{ESCALATED} 'manners', :now, 1, :now", "escalation_standard_check"),
    (f"{ESCALATED} 'listen', :now, 4, :now", "escalation_step_check"),
    (f"{TURN} SELECT service_id, '2026-11-17', :sam, :now, :now, :now", "listening_turn_ends_after_it_starts"),
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
