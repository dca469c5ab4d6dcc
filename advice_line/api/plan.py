"""The plan for programs: callbacks, therapists, absences, referrals."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from advice_line import referrals
from advice_line.api import paging, present, shapes
from advice_line.api.asker import ANYBODY, Clinician, InService, Parts, may
from advice_line.api.once import OnceOnly
from advice_line.api.paging import Cursor, Limit
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import handing_on
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.record import therapists_by_id
from advice_line.clock import london_date
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota

router = APIRouter(prefix="/v1", tags=["plan"])
CursorIn = Annotated[Cursor, Query(alias="cursor")]


@router.get("/callbacks")
def list_callbacks(
    session: InService,
    who: Clinician,
    therapist: Annotated[int | None, Query(description="A therapist's id.")] = None,
    date: Annotated[date | None, Query(description="A London day: the slots of that day alone.")] = None,
    limit: Limit = 200,
    cursor_: CursorIn = None,
) -> shapes.CallbackPage:
    """The plan in the order of time; what fits nowhere has no slot and says why."""
    found = [
        (callback, one)
        for callback, one in callbacks.all_open(session, who.service.id)
        if (therapist is None or callback.therapist_id == therapist)
        and (date is None or (callback.starts_at is not None and london_date(callback.starts_at) == date))
    ]
    therapists = therapists_by_id(session, who.service.id)
    page, following = paging.page(found, limit, cursor_, _place)
    return shapes.CallbackPage(
        items=[present.callback_out(callback, one, therapists) for callback, one in page], next_cursor=following
    )


@router.get("/therapists", dependencies=[Depends(may(ANYBODY))])
def list_therapists(session: InService, limit: Limit = 200, cursor_: CursorIn = None) -> shapes.TherapistPage:
    """The therapists of the service."""
    page, following = paging.page(rota.therapists(session), limit, cursor_, lambda each: (each.id, 0, 0))
    return shapes.TherapistPage(
        items=[shapes.TherapistOut.model_validate(each, from_attributes=True) for each in page], next_cursor=following
    )


@router.post("/therapists/{therapist}/absences", status_code=201, response_model=shapes.AbsenceOut)
def record_absence(
    therapist: int, given: shapes.AbsenceIn, session: InService, who: Clinician, parts: Parts, once: OnceOnly
) -> Response:
    """A therapist is away from `start` to `end`; their callbacks are planned anew."""

    def work() -> shapes.AbsenceOut:
        absent = rota.by_id(session, who.service.id, therapist)
        away = handing_on.send_away(session, who.actor, absent, given.start, given.end, given.reason, parts.now())
        return shapes.AbsenceOut(
            id=away.id,
            therapist=shapes.Named(id=absent.id, name=absent.name),
            start=away.starts_at,
            end=given.end,
            reason=away.reason,
        )

    return once.do(201, work)


@router.get("/referrals")
def list_referrals(
    session: InService, who: Clinician, limit: Limit = 50, cursor_: CursorIn = None
) -> shapes.ReferralPage:
    """Conversions with their stage, newest first."""
    page, following = paging.page(
        referrals.all_of(session, who.service.id),
        limit,
        cursor_,
        lambda found: (-paging.moment(found[0].agreed_at), -found[0].id, 0),
    )
    return shapes.ReferralPage(
        items=[present.referral_out(referral, one) for referral, one in page], next_cursor=following
    )


def _place(planned: tuple[Callback, Enquiry]) -> paging.Key:
    """Callbacks in the order of their slots; those without one follow, in the order in which they are due."""
    callback, _ = planned
    return paging.moment(callback.starts_at), paging.moment(callback.due_at), callback.id
