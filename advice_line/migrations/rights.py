"""What the serving role may do with each table: one list, granted afresh at the end of every `migrate`.

The serving role owns nothing. What is not named here it cannot touch; `audit` it can only add to.
"""

READ = "SELECT"
ADD = "INSERT"
CHANGE = "UPDATE"
REMOVE = "DELETE"

TABLES: dict[str, tuple[str, ...]] = {
    "service": (READ,),
    "line": (READ,),
    "sound": (READ,),
    "person": (READ, CHANGE),
    "person_role": (READ,),
    "sign_in": (READ, ADD, CHANGE),
    "failed_sign_in": (READ, ADD, REMOVE),
    "token": (READ,),
    "heartbeat": (READ, ADD, CHANGE, REMOVE),
    "job_trouble": (READ, ADD, CHANGE, REMOVE),
    "provider_event": (READ, CHANGE),
    "therapist": (READ,),
    "rota_session": (READ,),
    "duty_lead": (READ,),
    "listening_turn": (READ, ADD, CHANGE, REMOVE),
    "absence": (READ, ADD, CHANGE),
    "one_off_session": (READ, ADD, CHANGE),
    "rota_event": (READ, ADD),
    "absence_callback": (READ, ADD),
    "calendar_feed": (READ, ADD, CHANGE),
    "enquiry": (READ, ADD, CHANGE),
    "call": (READ, ADD, CHANGE),
    "message": (READ, ADD, CHANGE),
    "leg": (READ, ADD, CHANGE),
    "text_message": (READ, ADD, CHANGE),
    "text_stop": (READ, ADD, CHANGE),
    "caller_link": (READ, ADD, CHANGE),
    "enquiry_event": (READ, ADD),
    "pause": (READ, ADD, CHANGE),
    "alert": (READ, ADD, CHANGE),
    "alert_notice": (READ, ADD, CHANGE),
    "callback": (READ, ADD, CHANGE),
    "escalation": (READ, ADD),
    "attempt": (READ, ADD, CHANGE),
    "phone_choice": (READ, ADD, CHANGE),
    "duty": (READ, ADD, CHANGE),
    "offer": (READ, ADD, CHANGE),
    "draft": (READ, ADD, CHANGE, REMOVE),
    "outcome": (READ, ADD),
    "referral": (READ, ADD, CHANGE),
    "slot_change": (READ, ADD),
    "extra_window": (READ, ADD, CHANGE),
    "interpreter_booking": (READ, ADD, CHANGE),
    "named_offer": (READ, ADD, CHANGE),
    "planning": (READ, ADD, CHANGE),
    "reconciliation": (READ, ADD, CHANGE),
    "alarm": (READ, ADD, CHANGE),
    "refused_post": (READ, ADD, REMOVE),
    "idempotent_answer": (READ, ADD, CHANGE, REMOVE),
    "audit": (ADD,),
    "alembic_version": (READ,),
}

FUNCTIONS = (
    "receive_events(json)",
    "waiting_work(timestamptz)",
    "due_work(timestamptz)",
    "events_of_no_service()",
    "calendar_of(bytea)",
    "live_lines(timestamptz)",
    "unaccounted_for(timestamptz)",
    "ledger_figures(timestamptz)",
    "untaken_alerts(timestamptz)",
    "service_of_caller_link(bytea)",
)

# An enquiry's reference is made of its id, so the id is drawn before the row is there; texts and recordings share a
# counter.
SEQUENCES = ("enquiry_id_seq", "message_id_seq")
