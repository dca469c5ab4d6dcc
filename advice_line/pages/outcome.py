"""The end of an enquiry: its outcome, or why it is closed without one."""

from secrets import token_hex

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from advice_line import drafts, outcomes, taxonomy
from advice_line.callbacks import attempt as attempts
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, Malformed
from advice_line.lines.directory import Service
from advice_line.pages import kept_words, shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen, Shown

pages = APIRouter()
FIELDS = {"referral.route": "route", "referral.who_will_send": "who_will_send", "referral.phase": "phase"}


class OutcomeForm(Form):
    """What the caller was told, and whether a referral was agreed."""

    def __init__(self, posted: Fields, service: Service) -> None:
        super().__init__(posted)
        self.given: outcomes.Given | None = None
        outcome = self.choice("outcome", taxonomy.OUTCOMES, missing="Choose the outcome of the call")
        details = self.choices("advice_details", taxonomy.ADVICE_DETAILS)
        if outcome == "advice_given" and not details:
            self.add("advice_details", "Say what advice you gave")
        referral = self._referral(service) if outcome == "convert_to_referral" else None
        topic = self.choice("topic", taxonomy.TOPICS, missing="Choose what the call was mainly about")
        given: dict[str, object] = {
            "outcome": outcome,
            "advice_details": details,
            "topics": [topic],
            "tier": self.text("tier") or None,
            "note": self.text("note", longest=10_000),
            "referral": referral,
            "by_writing": self.text("by_writing") == "yes",
        }
        if not self.faults:
            self._read(given)

    def _read(self, given: dict[str, object]) -> None:
        try:
            self.given = outcomes.Given.model_validate(given)
        except ValidationError as error:
            for fault in error.errors():
                self.add(
                    FIELDS.get(".".join(map(str, fault["loc"])), "note"), fault["msg"].removeprefix("Value error, ")
                )

    def _referral(self, service: Service) -> dict[str, object]:
        offered = service.configuration.taxonomy.referral_routes
        agreement = self.text("agreement")
        if not agreement:
            self.add("agreement", "Say whether the parent agrees to the referral")
        return {
            "route": self.choice("route", offered, missing="Choose how the referral will be made"),
            "who_will_send": self.choice("who_will_send", taxonomy.CALLER_ROLES, missing="Choose who will send it"),
            "phase": self.choice("phase", taxonomy.PHASES, missing="Choose the child's phase"),
            "agreement": agreement == "yes",
        }


class ClosingForm(Form):
    """Why an enquiry ends without an outcome."""

    def __init__(self, posted: Fields | None = None) -> None:
        super().__init__(posted)
        self.reason = self.choice("reason", taxonomy.CLOSING_REASONS, missing="Choose why this enquiry is closed")
        self.note = self.text("note", longest=10_000)


@pages.get("/enquiries/{reference}/outcome")
def ask(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference)
    draft = drafts.take_up(session, one, who.person, door.now()) if one.is_open else None
    begun = kept_words.fields(draft.fields) if draft else Fields([("topic", topic) for topic in one.topics[:1]])
    return _form(screen, session, service, one, Form(begun), draft=draft)


@pages.post("/enquiries/{reference}/outcome")
def give(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    form = OutcomeForm(posted, service)
    if form.given is None:
        return _form(screen, session, service, one, form, status=422)
    try:
        with session.begin_nested():
            outcomes.give(session, service, one, form.given, who.actor, door.now())
    except Malformed as refusal:
        for fault in refusal.faults:
            form.add(fault.field.removeprefix("referral."), fault.sentence)
        return _form(screen, session, service, one, form, status=422)
    except Conflict as refusal:  # what was typed stays on the screen
        form.add("outcome", str(refusal))
        return _form(screen, session, service, one, form, status=refusal.status)
    return RedirectResponse(f"/enquiries/{reference}", 303)


@pages.get("/enquiries/{reference}/close")
def ask_reason(reference: str, request: Request, who: Clinician, session: InService, screen: Screen) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference)
    form = Form(Fields([("reason", request.query_params.get("reason", ""))]))
    return screen.show("close.html", form=form, one=one, reasons=shown.options("closing_reasons"))


@pages.post("/enquiries/{reference}/close")
def close(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    form = ClosingForm(posted)
    if form.faults:
        return screen.show("close.html", status=422, form=form, one=one, reasons=shown.options("closing_reasons"))
    outcomes.close(session, one, form.reason, form.note, who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)


def _form(
    screen: Shown,
    session: Session,
    service: Service,
    one: Enquiry,
    form: Form,
    *,
    status: int = 200,
    draft: drafts.Draft | None = None,
) -> Response:
    offer = service.configuration.taxonomy
    return screen.show(
        "outcome.html",
        status=status,
        form=form,
        one=one,
        draft=draft,
        page_key=token_hex(8),
        ticked=lambda field: form.posted.getlist(field) if form.posted else [],
        was_spoken_to=attempts.live(session, one) is not None or attempts.last_contact(session, one) is not None,
        outcomes=shown.options("outcomes"),
        details=shown.options("advice_details"),
        topics=shown.options("topics", offer.topics),
        tiers=shown.options("tiers"),
        routes=shown.options("referral_routes", offer.referral_routes),
        senders=shown.options("caller_roles"),
        phases=shown.options("phases"),
    )
