"""What the network tells of our own calls: the therapist's leg, the key that accepts, the caller's leg.

The call's status never decides that somebody was spoken to; it only says where the call is. Events may come in any
order: a move that the attempt has already gone past is left out.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import legs
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import MOVES, Attempt
from advice_line.enquiries import enquiry as enquiries
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Service
from advice_line.telephone.told import Told

ACCEPT = "1"
NOT_YET_ACCEPTED = frozenset({"to_place", "placing", "unknown", "ringing_therapist"})


def follow(session: Session, service: Service, event: ProviderEvent, told: Told, now: datetime) -> None:
    """Bring the attempt, and the row of the connection told of, to where this event says that they are."""
    attempt = attempts.hold(session, service.id, told.attempt_id) if told.attempt_id else None
    _follow_leg(session, service, event, told, attempt)
    if attempt is not None:
        bring(session, attempt, event.kind, event, told, now)


def bring(session: Session, attempt: Attempt, kind: str, event: ProviderEvent, told: Told, now: datetime) -> None:
    """Bring an attempt that is held to where something of this kind says that its call is; not once it is over."""
    if attempt.is_live:
        MEANING[kind](session, attempt, event, told, now)


def _follow_leg(session: Session, service: Service, event: ProviderEvent, told: Told, attempt: Attempt | None) -> None:
    if told.call_sid is None or event.line_key is None:
        return
    leg = legs.seen(
        session,
        service.id,
        told.call_sid,
        event.line_key,
        event.received_at,
        attempt_id=attempt.id if attempt else None,
        parent_sid=told.parent_sid if event.kind == "attempt_caller_status" else None,
    )
    legs.reach(leg, told.status, event.received_at, told.seconds)


def _answered(session: Session, attempt: Attempt, _event: ProviderEvent, told: Told, _now: datetime) -> None:
    """The therapist picked up."""
    _forward(session, attempt, "ringing_therapist", call_sid=told.call_sid)


def _keys(session: Session, attempt: Attempt, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The therapist pressed a key, or none: 1 accepts the call."""
    if told.keys == ACCEPT:
        _forward(session, attempt, "ringing_caller", call_sid=told.call_sid, accepted_at=event.received_at)
    elif attempt.state in NOT_YET_ACCEPTED:
        _abandon(session, attempt, "The therapist did not press 1 to take the call.", now)


def _done(session: Session, attempt: Attempt, event: ProviderEvent, told: Told, _now: datetime) -> None:
    """The caller's leg is over."""
    _over(session, attempt, event, told, told.dial_status)


def _therapist_leg(session: Session, attempt: Attempt, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The status of the therapist's leg."""
    if not told.over:
        return
    if attempt.state in NOT_YET_ACCEPTED:
        _abandon(session, attempt, "The therapist did not take the call.", now)
    else:
        _over(session, attempt, event, told, None)


def _caller_leg(session: Session, attempt: Attempt, event: ProviderEvent, told: Told, _now: datetime) -> None:
    """The status of the caller's leg."""
    if told.status == "in-progress":
        _forward(session, attempt, "talking", caller_call_sid=told.call_sid, answered_at=event.received_at)
    elif told.over:
        _over(session, attempt, event, told, told.status)


def _over(session: Session, attempt: Attempt, event: ProviderEvent, told: Told, how: str | None) -> None:
    if how in {"busy", "no-answer", "failed", "canceled"} and attempt.problem is None:
        attempt.problem = how
    _forward(session, attempt, "call_over", call_ended_at=told.ended_at or event.received_at)


def _forward(session: Session, attempt: Attempt, to: str, **changes: object) -> None:
    if to in MOVES[attempt.state]:
        known = {name: value for name, value in changes.items() if value is not None}
        attempts.move(session, attempt, to, **known)


def _abandon(session: Session, attempt: Attempt, problem: str, now: datetime) -> None:
    enquiry = enquiries.by_id(session, attempt.service_id, attempt.enquiry_id, lock=True)
    calling.abandon(session, enquiry, attempt, problem, now)


MEANING = {
    "attempt_answered": _answered,
    "attempt_keys": _keys,
    "attempt_done": _done,
    "attempt_status": _therapist_leg,
    "attempt_caller_status": _caller_leg,
}
