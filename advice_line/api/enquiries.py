"""Enquiries for programs: the list, one in full, triage and closing."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Select, select, tuple_

from advice_line import outcomes
from advice_line.api import present, shapes
from advice_line.api.asker import Clinician, InService, Parts
from advice_line.api.once import OnceOnly
from advice_line.api.paging import MOST, cursor, place
from advice_line.audit import record
from advice_line.callbacks import listening
from advice_line.callbacks.record import records
from advice_line.db import LARGEST_ID
from advice_line.enquiries.enquiry import Enquiry, by_reference
from advice_line.enquiries.triage import Triage
from advice_line.errors import Fault, Malformed

router = APIRouter(prefix="/v1/enquiries", tags=["enquiries"])
Status = Literal[
    "new",
    "triaged",
    "assigned",
    "in_call",
    "retry_due",
    "waiting_interpreter",
    "waiting_caller",
    "follow_up_due",
    "closed",
]


class Wanted(BaseModel):
    """Which enquiries of the list are wanted."""

    status: Status | None = None
    assigned_to: Annotated[int | None, Field(ge=1, le=LARGEST_ID, description="A therapist's id.")] = None
    updated_since: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    cursor: Annotated[str | None, Field(max_length=200)] = None


@router.get("")
def list_enquiries(
    wanted: Annotated[Wanted, Query()], session: InService, who: Clinician, parts: Parts
) -> shapes.EnquiryPage:
    """Enquiries in the order of their last change, oldest change first."""
    found = session.scalars(_query(who.service.id, wanted)).all()
    page = found[: wanted.limit]
    record(session, who.actor, "enquiries listed", None, parts.now(), service_id=who.service.id)
    more = len(found) > wanted.limit
    return shapes.EnquiryPage(
        items=[
            present.enquiry(each, who, parts.settings.public_url) for each in records(session, who.service.id, page)
        ],
        next_cursor=cursor(page[-1].updated_at.isoformat(), str(page[-1].id)) if more else None,
    )


@router.get("/{reference}")
def show_enquiry(reference: str, session: InService, who: Clinician, parts: Parts) -> shapes.EnquiryInFull:
    """One enquiry with its calls, messages, attempts and events."""
    one = by_reference(session, who.service.id, reference)
    record(session, who.actor, "enquiry seen", f"enquiry {one.id}", parts.now(), service_id=who.service.id)
    return present.enquiry_in_full(session, one, who, parts.settings.public_url)


@router.post("/{reference}/triage", response_model=shapes.EnquiryInFull)
def triage_enquiry(
    reference: str, given: Triage, session: InService, who: Clinician, parts: Parts, once: OnceOnly
) -> Response:
    """Note down any of caller, child, topics, priority, flags, contact times. Counts as having listened."""

    def work() -> shapes.EnquiryInFull:
        one = by_reference(session, who.service.id, reference, lock=True)
        listening.triage(session, who.service, one, given, who.actor, parts.now())
        return present.enquiry_in_full(session, one, who, parts.settings.public_url)

    return once.do(200, work)


@router.post("/{reference}/close", response_model=shapes.EnquiryInFull)
def close_enquiry(
    reference: str, given: shapes.CloseIn, session: InService, who: Clinician, parts: Parts, once: OnceOnly
) -> Response:
    """End an enquiry without an outcome, with a closing reason."""

    def work() -> shapes.EnquiryInFull:
        one = by_reference(session, who.service.id, reference, lock=True)
        outcomes.close(session, one, given.reason, given.note, who.actor, parts.now())
        return present.enquiry_in_full(session, one, who, parts.settings.public_url)

    return once.do(200, work)


def _query(service_id: int, wanted: Wanted) -> Select[Enquiry]:
    query = select(Enquiry).where(Enquiry.service_id == service_id)
    if wanted.status is not None:
        query = query.where(Enquiry.status == wanted.status)
    if wanted.assigned_to is not None:
        query = query.where(Enquiry.therapist_id == wanted.assigned_to)
    if wanted.updated_since is not None:
        query = query.where(Enquiry.updated_at >= wanted.updated_since)
    if wanted.cursor is not None:
        query = query.where(tuple_(Enquiry.updated_at, Enquiry.id) > _after(wanted.cursor))
    return query.order_by(Enquiry.updated_at, Enquiry.id).limit(wanted.limit + 1)


def _after(given: str) -> tuple[datetime, int]:
    updated, enquiry_id = place(given, 2)
    try:
        at, last = datetime.fromisoformat(updated), int(enquiry_id)
    except ValueError:
        at, last = None, 0
    if at is None or at.tzinfo is None or not 0 < last <= LARGEST_ID:
        raise Malformed([Fault("cursor", "Send the next_cursor of the page before, unchanged.")])
    return at, last
