"""Answering: a caller on the live line is connected with a therapist, and that conversation counts as one.

It becomes the enquiry's live attempt, on which the therapist records the outcome as after any call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from advice_line.audit import Actor
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, named
from advice_line.callbacks.attempt import Attempt
from advice_line.calls import Call
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Line
from advice_line.lines.rota import Therapist
from advice_line.live.offer import Offer

MOST_EARLIER = 10


@dataclass(frozen=True)
class Talk:
    """A conversation that began by the caller's own call, and by which call of ours the therapist has it."""

    therapist: Therapist
    therapist_number: str = field(repr=False)
    therapist_call_sid: str | None
    at: datetime


def connected(session: Session, line: Line, enquiry: Enquiry, call: Call, talk: Talk, now: datetime) -> Attempt | None:
    """A therapist on duty and the caller are connected: the attempt on which their outcome will rest.

    A callback is owed until they say what came of it, so that a call which is cut off is rung back (edge case E17).
    None when the caller is being rung back at this moment: that attempt takes the result.
    """
    callbacks.promise(session, line, enquiry, call.started_at, now)
    enquiries.note(session, enquiry, "answered_live", calling.NETWORK, now)
    if attempts.live(session, enquiry) is not None:
        return None
    therapist = talk.therapist
    attempt = attempts.open_one(
        session,
        enquiry,
        calling.NETWORK if therapist.person_id is None else Actor(person_id=therapist.person_id),
        now,
        at=talk.at,
        state="talking",
        therapist_id=therapist.id,
        therapist_number=talk.therapist_number,
        caller_number=enquiry.caller_number,
        call_sid=talk.therapist_call_sid,
        caller_call_sid=call.sid,
        accepted_at=talk.at,
        answered_at=talk.at,
    )
    if named.holder(session, enquiry) is None:
        enquiry.therapist_id = therapist.id
    calling.go_live(session, enquiry, calling.NETWORK, now)
    return attempt


def reference_of(session: Session, service_id: int, call_sid: str | None) -> str | None:
    """The reference of the enquiry that a call belongs to; None when it belongs to none, or to nobody yet."""
    return session.scalar(
        select(Enquiry.reference)
        .join(Call, and_(Call.service_id == Enquiry.service_id, Call.enquiry_id == Enquiry.id))
        .where(Call.service_id == service_id, Call.sid == call_sid)
    )


def unwritten(session: Session, service_id: int, therapist_id: int) -> Offer | None:
    """The ring by which a therapist had the talk of which nothing is written down yet; None when there is none."""
    talk = and_(Attempt.service_id == Offer.service_id, Attempt.caller_call_sid == Offer.caller_call_sid)
    return session.scalars(
        select(Offer)
        .join(Attempt, talk)
        .where(Offer.service_id == service_id, Offer.therapist_id == therapist_id, Attempt.finished_at.is_(None))
        .order_by(Offer.id.desc())
        .limit(1)
    ).first()


def earlier(session: Session, enquiry: Enquiry) -> Sequence[Enquiry]:
    """What the same number was about before, newest first: never an identity, only a hint to whoever answers (E37)."""
    if enquiry.caller_number is None:
        return []
    return session.scalars(
        select(Enquiry)
        .where(
            Enquiry.service_id == enquiry.service_id,
            Enquiry.caller_number == enquiry.caller_number,
            Enquiry.id != enquiry.id,
        )
        .order_by(Enquiry.received_at.desc())
        .limit(MOST_EARLIER)
    ).all()
