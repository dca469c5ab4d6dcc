"""How the story is shown to programs."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from sqlalchemy.orm import Session

from advice_line import calls, messages, staff
from advice_line.api import shapes
from advice_line.api.asker import Asker
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.record import Record, records
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.rota import Therapist
from advice_line.outcomes import Outcome
from advice_line.referrals import Referral
from advice_line.texts import text as texts

TEXT_STATES: dict[str, Literal["expected", "stored", "absent", "failed"]] = {
    "received": "stored",
    "delivered": "stored",
    "undelivered": "failed",
    "failed": "failed",
    "refused": "failed",
    "dropped": "absent",
}


def enquiry(record: Record, who: Asker, public_url: str) -> shapes.EnquiryOut:
    """An enquiry as a list shows it."""
    return shapes.EnquiryOut(**_fields(record, who, public_url))


def enquiry_in_full(session: Session, one: Enquiry, who: Asker, public_url: str) -> shapes.EnquiryInFull:
    """An enquiry with its calls, messages, attempts and events, each oldest first."""
    session.flush()
    record = records(session, who.service.id, [one])[0]
    tried = attempts.of_enquiry(session, one)
    history = enquiries.history(session, one)
    names = staff.names(session, {event.person_id for event in history} | {each.opened_by for each in tried})
    return shapes.EnquiryInFull(
        **_fields(record, who, public_url),
        calls=[call_out(call) for call in calls.of_enquiry(session, one.service_id, one.id)],
        messages=_messages(session, one),
        attempts=[attempt_out(each, names) for each in tried],
        events=[
            shapes.EventOut(
                at=event.at,
                what=event.what,
                from_status=event.from_status,
                to_status=event.to_status,
                by=names.get(event.person_id or 0) or event.system or "",
                detail=event.detail,
            )
            for event in history
        ],
    )


def call_out(call: calls.Call) -> shapes.CallOut:
    """One phone connection."""
    return shapes.CallOut(
        sid=call.sid,
        line=call.line_key,
        started_at=call.started_at,
        ended_at=call.ended_at,
        seconds=call.seconds,
        keys=call.keys,
        withheld=call.withheld,
        end_state=call.end_state,
    )


def message_out(message: messages.Message) -> shapes.MessageOut:
    """One recording."""
    return shapes.MessageOut.model_validate(message, from_attributes=True)


def text_out(text: texts.TextMessage) -> shapes.MessageOut:
    """One text; `stored` says that its words are where they belong: with us, or on the caller's phone."""
    return shapes.MessageOut(
        id=text.id,
        kind="text",
        direction="inbound" if text.direction == "inbound" else "outbound",
        recording_sid=None,
        seconds=None,
        state=TEXT_STATES.get(text.state, "expected"),
        at=text.at,
        words=texts.readable(text),
        needs_reply=text.needs_reply,
    )


def attempt_out(attempt: Attempt, names: Mapping[int, str]) -> shapes.AttemptOut:
    """One try to reach the caller."""
    return shapes.AttemptOut(
        id=attempt.id,
        at=attempt.at,
        by=names.get(attempt.opened_by or 0) or attempt.opened_by_system,
        result=attempt.result,
        note=attempt.note,
        state=attempt.state,
        problem=attempt.problem,
    )


def callback_out(callback: Callback, one: Enquiry, therapists: Mapping[int, Therapist]) -> shapes.CallbackOut:
    """One promise with its place in the plan."""
    therapist = therapists.get(callback.therapist_id) if callback.therapist_id else None
    return shapes.CallbackOut(
        reference=one.reference,
        therapist=named(therapist),
        slot=slot(callback),
        reasons=callback.reasons,
        due_at=callback.due_at,
        priority=one.priority,
    )


def referral_out(referral: Referral, one: Enquiry) -> shapes.ReferralOut:
    """One referral with its enquiry's reference."""
    return shapes.ReferralOut(
        id=referral.id,
        reference=one.reference,
        stage=referral.stage,
        route=referral.route,
        who_will_send=referral.who_will_send,
        phase=referral.phase,
        agreement=referral.agreement,
        agreed_at=referral.agreed_at,
    )


def outcome_out(one: Enquiry, outcome: Outcome, referral: Referral | None) -> shapes.OutcomeOut:
    """The outcome of an enquiry."""
    return shapes.OutcomeOut(
        reference=one.reference,
        status=one.status,
        outcome=outcome.outcome,
        advice_details=outcome.advice_details,
        topics=one.topics,
        tier=outcome.tier,
        note=outcome.note,
        by_writing=outcome.by_writing,
        at=outcome.at,
        referral=referral_out(referral, one) if referral else None,
    )


def named(therapist: Therapist | None) -> shapes.Named | None:
    """A therapist's id and name."""
    return shapes.Named(id=therapist.id, name=therapist.name) if therapist else None


def slot(callback: Callback | None) -> shapes.Slot | None:
    """The planned time of a callback; None while it has none."""
    if callback is None or callback.starts_at is None or callback.ends_at is None:
        return None
    return shapes.Slot(start=callback.starts_at, end=callback.ends_at)


def _fields(record: Record, who: Asker, public_url: str) -> dict[str, object]:
    one = record.enquiry
    return {
        "reference": one.reference,
        "service": who.service.key,
        "line": one.line_key,
        "status": one.status,
        "priority": one.priority,
        "flags": one.flags,
        "received_at": one.received_at,
        "due_at": record.callback.due_at if record.callback else None,
        "heard_at": one.heard_at,
        "caller": _caller(one),
        "child": _child(one),
        "topics": one.topics,
        "assigned_to": named(record.therapist),
        "slot": slot(record.callback),
        "attempts_counted": record.attempts_counted,
        "outcome": one.outcome,
        "closing_reason": one.closing_reason,
        "url": f"{public_url}/enquiries/{quote(one.reference)}",
    }


def _messages(session: Session, one: Enquiry) -> list[shapes.MessageOut]:
    spoken = [message_out(message) for message in messages.of_enquiry(session, one.service_id, one.id)]
    written = [text_out(text) for text in texts.of_enquiry(session, one.service_id, one.id)]
    return sorted([*spoken, *written], key=lambda message: (message.at, message.id))


def _caller(one: Enquiry) -> shapes.CallerOut:
    return shapes.CallerOut(
        name=one.caller_name,
        role=one.caller_role,
        number=one.caller_number,
        withheld=one.caller_withheld,
        language=one.caller_language,
        needs=one.caller_needs,
        contact_times=one.contact_times,
        texts=one.caller_texts,
    )


def _child(one: Enquiry) -> shapes.ChildOut | None:
    if not one.child_known and one.child_agreement is None and not one.child_postcode:
        return None
    return shapes.ChildOut(
        name=one.child_name,
        date_of_birth=one.child_date_of_birth,
        school=one.child_school,
        postcode=one.child_postcode,
        nhs_number=one.child_nhs_number,
        agreement=one.child_agreement,
    )
