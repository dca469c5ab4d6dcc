"""What the network tells of the rings of therapists on duty: who took a caller, which caller, and how it ended.

Events may come in any order: a move that the offer has already gone past is left out.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import calls, legs
from advice_line.callbacks import answering
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks.answering import Talk
from advice_line.enquiries import opening
from advice_line.inbox import recordings
from advice_line.inbox.event import ProviderEvent
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.live import duty as duties
from advice_line.live import offer as offers
from advice_line.live.offer import MOVES, Offer
from advice_line.telephone.told import Told

ACCEPT = "1"


def follow(session: Session, service: Service, event: ProviderEvent, told: Told, now: datetime) -> None:
    """Bring the offer to where this event says that its call is."""
    offer = offers.hold(session, service.id, told.offer_id) if told.offer_id else None
    if offer is None:
        return
    if told.call_sid is not None and event.kind != "offer_connected":  # that one is told of the caller's call
        leg = legs.seen(session, service.id, told.call_sid, offer.line_key, event.received_at)
        legs.reach(leg, told.status, event.received_at, told.seconds)
    MEANING[event.kind](session, service, offer, event, told, now)


def close(session: Session, offer: Offer, problem: str | None, now: datetime, at: datetime) -> None:
    """The ring or talk ended at `at`; whoever was spoken to then waits for the therapist's word on it."""
    if not _forward(session, offer, "over", finished_at=now, problem=problem):
        return
    if offer.attempt_id is not None:
        _talk_is_over(session, offer, at)
    if problem == offers.NOT_TAKEN:
        _missed(session, offer, now)


def _answered(
    session: Session, _service: Service, offer: Offer, _event: ProviderEvent, told: Told, _now: datetime
) -> None:
    """The therapist picked up."""
    _forward(session, offer, "ringing", call_sid=told.call_sid)


def _keys(session: Session, _service: Service, offer: Offer, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The therapist pressed a key, or none: 1 takes the caller."""
    if told.keys == ACCEPT:
        _forward(session, offer, "accepted", call_sid=told.call_sid, accepted_at=event.received_at)
    elif offer.state in {"placing", "unknown", "ringing"}:
        close(session, offer, offers.NOT_TAKEN, now, event.received_at)


def _connected(
    session: Session, service: Service, offer: Offer, event: ProviderEvent, told: Told, now: datetime
) -> None:
    """A caller is being connected with the therapist. This event is about the caller's call."""
    if told.call_sid is not None:
        _connect(session, service, offer, told.call_sid, told.dequeuing_sid, event.received_at, now)


def _done(session: Session, service: Service, offer: Offer, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The caller's end is over, or there was nobody to connect with."""
    if told.dial_bridged and told.dial_sid and offer.caller_call_sid is None:
        at = offer.accepted_at or event.received_at  # the word of the connection itself was lost
        _connect(session, service, offer, told.dial_sid, told.call_sid, at, now)
    nobody = offer.caller_call_sid is None
    close(session, offer, offers.NOBODY_WAITED if nobody else None, now, event.received_at)


def _status(session: Session, _service: Service, offer: Offer, event: ProviderEvent, told: Told, now: datetime) -> None:
    """The status of the therapist's call."""
    if not told.over:
        return
    taken = offer.accepted_at is not None or offer.caller_call_sid is not None
    close(session, offer, None if taken else offers.NOT_TAKEN, now, event.received_at)


def _connect(
    session: Session,
    service: Service,
    offer: Offer,
    caller_sid: str,
    therapist_sid: str | None,
    at: datetime,
    now: datetime,
) -> None:
    call = calls.seen(session, service.id, caller_sid, offer.line_key, at)
    calls.reach(call, "in-progress")
    first = call.answered_at is None or offer.caller_call_sid is None
    calls.answer(call, at)
    recordings.settle(session, service, call)
    if not first:
        return
    enquiry, _opened = opening.open_or_join_live(
        session,
        call,
        reference=service.configuration.reference,
        shared_numbers=service.configuration.switchboard_numbers,
        now=now,
    )
    therapist = rota.by_id(session, service.id, offer.therapist_id)
    talk = Talk(therapist, offer.therapist_number, offer.call_sid or therapist_sid, at)
    attempt = answering.connected(session, service.line(call.line_key), enquiry, call, talk, now)
    offer.caller_call_sid, offer.connected_at, offer.problem = caller_sid, at, None
    offer.attempt_id = attempt.id if attempt else None
    offer.call_sid = offer.call_sid or therapist_sid
    session.flush()
    if not _forward(session, offer, "talking") and offer.finished_at is not None and attempt is not None:
        _talk_is_over(session, offer, offer.finished_at)


def _talk_is_over(session: Session, offer: Offer, at: datetime) -> None:
    attempt = attempts.hold(session, offer.service_id, offer.attempt_id) if offer.attempt_id else None
    if attempt is not None and "call_over" in attempts.MOVES[attempt.state]:
        attempts.move(session, attempt, "call_over", call_ended_at=max(at, attempt.at))


def _missed(session: Session, offer: Offer, now: datetime) -> None:
    """A phone that is not picked up time after time is unattended, and callers must not wait for it."""
    duty = duties.of_therapist(session, offer.service_id, offer.therapist_id)
    if duty is not None and offers.misses(session, duty) >= offers.MISSES_IN_A_ROW:
        duties.end(session, duty, "not_answering", now)


def _forward(session: Session, offer: Offer, to: str, **changes: object) -> bool:
    if to not in MOVES[offer.state]:
        return False
    offers.move(session, offer, to, **{name: value for name, value in changes.items() if value is not None})
    return True


MEANING = {
    "offer_answered": _answered,
    "offer_keys": _keys,
    "offer_connected": _connected,
    "offer_done": _done,
    "offer_status": _status,
}
