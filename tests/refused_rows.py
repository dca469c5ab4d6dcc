"""New rows that the database refuses, each with the rule that does: `:sam` is a therapist, `:now` the moment."""

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
