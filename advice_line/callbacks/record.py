"""An enquiry with its promise, therapist and count of attempts: many at a time, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import OPEN, Callback
from advice_line.callbacks.clock import first_attempts
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.rota import Therapist


@dataclass(frozen=True)
class Record:
    """One enquiry as its reader wants it. `callback` is the open one, None when nothing is owed; the first counted
    attempt is the first since that promise was given.
    """

    enquiry: Enquiry
    callback: Callback | None
    therapist: Therapist | None
    attempts_counted: int
    first_attempt_at: datetime | None = None


def records(session: Session, service_id: int, enquiries: Sequence[Enquiry]) -> list[Record]:
    """The records of these enquiries, in their order."""
    ids = [enquiry.id for enquiry in enquiries]
    callbacks = {
        callback.enquiry_id: callback
        for callback in session.scalars(
            select(Callback).where(
                Callback.service_id == service_id, Callback.enquiry_id.in_(ids), Callback.state.in_(OPEN)
            )
        )
    }
    therapists = therapists_by_id(session, service_id)
    first = first_attempts(session, service_id, list(callbacks.values()))
    counted = _counted(session, service_id, ids)
    return [
        Record(
            enquiry,
            callback := callbacks.get(enquiry.id),
            therapists.get(enquiry.therapist_id) if enquiry.therapist_id else None,
            counted.get(enquiry.id, 0),
            first.get(callback.id) if callback else None,
        )
        for enquiry in enquiries
    ]


def therapists_by_id(session: Session, service_id: int) -> dict[int, Therapist]:
    """Every therapist of the service, also those who left, by id."""
    found = session.scalars(select(Therapist).where(Therapist.service_id == service_id))
    return {therapist.id: therapist for therapist in found}


def _counted(session: Session, service_id: int, ids: Sequence[int]) -> dict[int, int]:
    counting = [key for key, result in taxonomy.ATTEMPT_RESULTS.items() if result.counts_as_attempt]
    rows = session.execute(
        select(Attempt.enquiry_id, func.count())
        .join(Enquiry, and_(Enquiry.service_id == Attempt.service_id, Enquiry.id == Attempt.enquiry_id))
        .where(Attempt.service_id == service_id, Attempt.enquiry_id.in_(ids), Attempt.result.in_(counting))
        # Who got in touch again is tried afresh (attempt policy).
        .where(func.coalesce(Attempt.at >= Enquiry.last_word_at, True))
        .group_by(Attempt.enquiry_id)
    )
    return dict(rows.all())
