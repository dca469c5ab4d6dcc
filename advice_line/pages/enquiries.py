"""Enquiries: the list of the service, and one enquiry with everything about it."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from advice_line import drafts, outcomes, referrals, staff, taxonomy
from advice_line.audit import record
from advice_line.callbacks import answering, policy, unreached
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks.record import records
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import said
from advice_line.enquiries.enquiry import Enquiry
from advice_line.pages import alerts, arranged, attempts_shown, london, shown
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen
from advice_line.texting import link
from advice_line.texts import text as texts

pages = APIRouter()
A_PAGE = 50
TEXTS = {True: "Welcome", False: "Not welcome", None: ""}
VIEWS = {"open": "Open", "closed": "Closed", "all": "All"}


@pages.get("/enquiries")
def listing(request: Request, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    view = request.query_params.get("show", "open")
    view = view if view in VIEWS else "open"
    before = request.query_params.get("before", "")
    wanted = request.query_params.get("reference", "").strip().upper()[:20]
    query = select(Enquiry).where(Enquiry.service_id == who.service_id)
    if wanted:
        query = query.where(Enquiry.reference.contains(wanted, autoescape=True))
    elif view != "all":
        query = query.where((Enquiry.status == "closed") == (view == "closed"))
    if before.isdigit() and len(before) < 19:
        query = query.where(Enquiry.id < int(before))
    found = session.scalars(query.order_by(Enquiry.id.desc()).limit(A_PAGE + 1)).all()
    service = door.directory().service_by_id(who.service_id)
    return screen.show(
        "enquiries.html",
        enquiries=shown.enquiries(session, service, found[:A_PAGE], door.now()),
        view=view,
        views=VIEWS,
        reference=wanted,
        older=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
    )


@pages.get("/enquiries/{reference}")
def show(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    one = enquiries.by_reference(session, who.service_id, reference)
    record(session, who.actor, "enquiry seen", f"enquiry {one.id}", now, service_id=who.service_id)
    tried = attempts.of_enquiry(session, one)
    happened = enquiries.history(session, one)
    callback = records(session, who.service_id, [one])[0].callback
    names = staff.names(session, {event.person_id for event in happened} | {each.opened_by for each in tried})
    return screen.show(
        "enquiry.html",
        one=shown.enquiries(session, service, [one], now)[0],
        arranged=arranged.arrangements(session, service, [one.id], now).of(one, callback),
        details=_details(one, wants_no_texts=texts.has_stopped(session, who.service_id, one.caller_number or "")),
        messages=shown.left_by(session, one),
        call_now=attempts_shown.live(attempts.live(session, one)),
        attempts=attempts_shown.finished(tried, names),
        newest=attempts_shown.newest(tried),
        to_leave=attempts_shown.to_leave(session, service, one, tried, now),
        used_up=policy.used_up(service.configuration.attempts, policy.since_last_word(one, tried)),
        why_kept=unreached.why_kept(one),
        draft=drafts.of(session, one, who.person),
        outcome=outcomes.for_enquiry(session, one),
        referral=referrals.for_enquiry(session, one),
        history=shown.history(happened, names),
        alert=alerts.of_enquiry(session, one),
        is_safeguarding=enquiries.SAFEGUARDING_FLAG in one.flags,
        earlier=shown.enquiries(session, service, answering.earlier(session, one), now),
        contacts=service.configuration.safeguarding_contacts,
        label=taxonomy.label,
        has_own_page=link.has_open(session, one, now),
    )


@pages.post("/enquiries/{reference}/close-page")
def close_page(reference: str, who: Clinician, session: InService, door: InDoor) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    link.end_all(session, one, who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)


def _details(one: Enquiry, *, wants_no_texts: bool) -> list[tuple[str, str]]:
    """What is known of the caller and the child, in the order in which one asks."""
    known = [
        ("Caller", shown.caller(one)),
        ("Number", shown.number(one)),
        ("Texts", "The caller wrote STOP" if wants_no_texts else TEXTS[one.caller_texts]),
        ("Language", taxonomy.label("languages", one.caller_language) if one.caller_language else ""),
        ("Communication needs", ", ".join(taxonomy.label("communication_needs", need) for need in one.caller_needs)),
        ("When to ring", ", ".join(said.when_words(time) for time in one.contact_times)),
        ("Not before", london.day(one.not_before) if one.not_before else ""),
        ("Not after", london.day(one.not_after) if one.not_after else ""),
        ("Child", one.child_name or ""),
        ("Date of birth", one.child_date_of_birth.strftime("%-d %B %Y") if one.child_date_of_birth else ""),
        ("School or setting", one.child_school or ""),
        ("Postcode", one.child_postcode or ""),
        ("NHS number", _in_threes(one.child_nhs_number)),
        ("Parent agrees", {True: "Yes", False: "No", None: ""}[one.child_agreement]),
        ("About", ", ".join(taxonomy.label("topics", topic) for topic in one.topics)),
    ]
    return [(name, value) for name, value in known if value]


def _in_threes(number: str | None) -> str:
    """An NHS number as it is written: 3, 3 and 4 digits."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if number else ""
