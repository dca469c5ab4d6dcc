"""Calling back for programs: ringing, results of attempts, outcomes."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from advice_line import outcomes, referrals, staff
from advice_line.api import present, shapes
from advice_line.api.asker import Asker, Clinician, InService, Parts
from advice_line.api.once import OnceOnly
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling, limits
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry, by_reference
from advice_line.lines import rota
from advice_line.lines.rota import Therapist

router = APIRouter(prefix="/v1/enquiries/{reference}", tags=["calling back"])


@router.post("/call", status_code=202, response_model=shapes.AttemptOut)
def ring_back(
    reference: str,
    session: InService,
    who: Clinician,
    parts: Parts,
    once: OnceOnly,
    given: shapes.CallIn | None = None,
) -> Response:
    """Open the one live attempt: rings a therapist, who presses 1, then the caller."""

    def work() -> shapes.AttemptOut:
        one = by_reference(session, who.service.id, reference, lock=True)
        therapist = _therapist(session, who, one, given.therapist if given else None)
        limits.refuse_too_many(session, who.service, one.caller_number, parts.now())
        return _shown(session, calling.ring_back(session, one, therapist, who.actor, parts.now()))

    return once.do(202, work)


@router.post("/attempts", status_code=201, response_model=shapes.AttemptOut)
def record_attempt(
    reference: str, given: shapes.AttemptIn, session: InService, who: Clinician, parts: Parts, once: OnceOnly
) -> Response:
    """Finish the live attempt, or log one that was dialled by hand at `at`."""

    def work() -> shapes.AttemptOut:
        now = parts.now()
        one = by_reference(session, who.service.id, reference, lock=True)
        attempt = attempts.live(session, one, lock=True)
        if attempt is None:
            own = _therapist(session, who, one, None)
            attempt = calling.log_own_call(session, one, own.id if own else None, given.at or now, who.actor, now)
        agreed = given.next_window
        window = calling.NextWindow(agreed.from_, agreed.to) if agreed else None
        calling.finish(
            session, who.service, one, attempt, calling.Result(given.result, given.note, window), who.actor, now
        )
        return _shown(session, attempt)

    return once.do(201, work)


@router.post("/outcome", status_code=201, response_model=shapes.OutcomeOut)
def give_outcome(
    reference: str, given: outcomes.Given, session: InService, who: Clinician, parts: Parts, once: OnceOnly
) -> Response:
    """Record advice given or convert to referral, and close the enquiry."""

    def work() -> shapes.OutcomeOut:
        one = by_reference(session, who.service.id, reference, lock=True)
        outcome = outcomes.give(session, who.service, one, given, who.actor, parts.now())
        return present.outcome_out(one, outcome, referrals.for_enquiry(session, one))

    return once.do(201, work)


def _therapist(session: Session, who: Asker, one: Enquiry, asked_for: int | None) -> Therapist | None:
    """The one asked for, else the token's own person, else the one assigned."""
    if asked_for is not None:
        return rota.by_id(session, who.service.id, asked_for)
    own = rota.of_person(session, who.service.id, who.person_id) if who.person_id else None
    return own or (rota.by_id(session, who.service.id, one.therapist_id) if one.therapist_id else None)


def _shown(session: Session, attempt: Attempt) -> shapes.AttemptOut:
    return present.attempt_out(attempt, staff.names(session, {attempt.opened_by}))
