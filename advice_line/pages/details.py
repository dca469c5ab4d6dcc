"""The details of an enquiry: what was heard, noted down in one short form."""

from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks import listening
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.enquiries.wishes import END_OF_DAY, START_OF_DAY
from advice_line.errors import Malformed
from advice_line.lines.directory import Service
from advice_line.pages import shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen, Shown
from advice_line.telephone import numbers

pages = APIRouter()
NAMED_DAYS = "pref_named_days"
AGREEMENT = {"yes": True, "no": False, "": None}
# The field of the form for each part of what is noted down, so that a fault finds its place.
FIELDS = {
    "caller.name": "caller_name", "caller.role": "caller_role", "caller.number": "caller_number",
    "caller.language": "language", "caller.needs": "needs", "caller.texts": "texts", "child.name": "child_name",
    "child.date_of_birth": "born-day", "child.school": "school", "child.postcode": "postcode",
    "child.nhs_number": "nhs_number", "topics": "topic", "setting": "setting", "contact_times": "contact_time",
    "not_before": "not_before", "flags": "flags",
}  # fmt: skip


class DetailsForm(Form):
    """What was heard. Empty fields empty what was known."""

    def __init__(self, posted: Fields) -> None:
        super().__init__(posted)
        self.triage: Triage | None = None
        born = self._date("born")
        topics = list(dict.fromkeys([*filter(None, [self.text("topic")]), *self.choices("topics", taxonomy.TOPICS)]))
        given = {
            "caller": self._caller(),
            "child": {
                "name": self.text("child_name") or None,
                "date_of_birth": born,
                "school": self.text("school") or None,
                "postcode": self.text("postcode") or None,
                "nhs_number": self.text("nhs_number") or None,
                "agreement": AGREEMENT.get(self.text("agreement")),
            },
            "topics": topics,
            "setting": self.text("setting") or None,
            "contact_times": self._times(),
            "not_before": self._day("not_before"),
            "flags": self.choices("flags", taxonomy.TRIAGE_FLAGS),
        }
        self._read(given)

    def _caller(self) -> dict[str, object]:
        caller: dict[str, object] = {
            "name": self.text("caller_name") or None,
            "role": self.text("caller_role") or None,
            "number": self.text("caller_number") or None,
            "language": self.text("language") or None,
            "needs": self.choices("needs", taxonomy.COMMUNICATION_NEEDS),
        }
        if self.posted is not None and "texts" in self.posted:
            caller["texts"] = AGREEMENT.get(self.text("texts"))
        return caller

    def _read(self, given: dict[str, object]) -> None:
        try:
            self.triage = Triage.model_validate(given)
        except ValidationError as error:
            for fault in error.errors():
                place = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
                field = next((field for key, field in FIELDS.items() if place.startswith(key)), "caller_name")
                sentence = fault["msg"].removeprefix("Value error, ")
                self.add(field, sentence[:1].upper() + sentence[1:])

    def _date(self, field: str) -> date | None:
        parts = [self.text(f"{field}-{part}") for part in ("year", "month", "day")]
        if not any(parts):
            return None
        try:
            return date(*(int(part) for part in parts))
        except ValueError:
            self.add(f"{field}-day", "Enter a real date of birth, for example 27 3 2019")
            return None

    def _day(self, field: str) -> date | None:
        written = self.text(field)
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self.add(field, "Enter a real date, for example 2026-11-30")
            return None

    def _span(self) -> dict[str, str] | None:
        """Between which times they can talk; one alone means from then on, or until then."""
        start, end = self.clock("time_from"), self.clock("time_to")
        if start is None and end is None:
            return None
        start, end = start or START_OF_DAY, end or END_OF_DAY
        if end <= start:
            self.add("time_to", "Enter a later time here than under From")
            return None
        return {"from": f"{start:%H:%M}", "to": f"{end:%H:%M}"}

    def _times(self) -> list[object]:
        times: list[object] = list(self.choices("contact_time", taxonomy.CONTACT_PREFERENCES))
        span = self._span()
        days = self.choices("time_days", ("mon", "tue", "wed", "thu", "fri"))
        if span is not None:
            times.append({**span, "days": days})
        elif days:
            times.append({"days": days})
        elif NAMED_DAYS in times:
            self.add("time_days", "Tick the days on which they can talk")
        return times


@pages.get("/enquiries/{reference}/details")
def ask(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference)
    return _form(screen, session, service, one, Form(_known(one)))


@pages.post("/enquiries/{reference}/details")
def keep(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    service = door.directory().service_by_id(who.service_id)
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    form = DetailsForm(posted)
    if form.faults or form.triage is None:
        return _form(screen, session, service, one, form, status=422)
    try:
        listening.triage(session, service, one, form.triage, who.actor, door.now())
    except Malformed as refusal:
        for fault in refusal.faults:
            form.add(FIELDS.get(fault.field, "caller_name"), fault.sentence)
        return _form(screen, session, service, one, form, status=422)
    return RedirectResponse(f"/enquiries/{reference}", 303)


def _form(
    screen: Shown, session: Session, service: Service, one: Enquiry, form: Form, *, status: int = 200
) -> Response:
    return screen.show(
        "details.html",
        status=status,
        form=form,
        one=one,
        ticked=lambda field: form.posted.getlist(field) if form.posted else [],
        holds=lambda fields: any(form.shown(field) or form.fault(field) for field in fields),
        number=shown.number(one),
        messages=shown.left_by(session, one),
        roles=shown.options("caller_roles"),
        languages=shown.options("languages"),
        needs=shown.options("communication_needs"),
        topics=shown.options("topics", service.configuration.taxonomy.topics),
        settings=shown.options("settings", service.configuration.taxonomy.settings),
        flags=shown.options("triage_flags"),
        times=shown.options("contact_preferences"),
        offers_texts=service.configuration.texts is not None,
    )


def _known(one: Enquiry) -> Fields:
    """What is known already, as the form would have posted it."""
    born = one.child_date_of_birth
    span = next((time for time in one.contact_times if isinstance(time, dict)), {})
    open_ends = {f"{START_OF_DAY:%H:%M}", f"{END_OF_DAY:%H:%M}"}
    start, end = ("" if span.get(key) in open_ends else span.get(key) for key in ("from", "to"))
    agreement, texts = (
        next(key for key, value in AGREEMENT.items() if value is known)
        for known in (one.child_agreement, one.caller_texts)
    )
    single = {
        "caller_name": one.caller_name, "caller_role": one.caller_role,
        "caller_number": numbers.display(one.caller_number) if one.caller_number else "",
        "language": one.caller_language, "child_name": one.child_name, "school": one.child_school,
        "postcode": one.child_postcode, "nhs_number": one.child_nhs_number, "agreement": agreement, "texts": texts,
        "setting": one.setting, "topic": one.topics[0] if one.topics else "",
        "born-day": str(born.day) if born else "", "born-month": str(born.month) if born else "",
        "born-year": str(born.year) if born else "", "time_from": start, "time_to": end,
        "not_before": one.not_before.isoformat() if one.not_before else "",
    }  # fmt: skip
    several = {
        "needs": one.caller_needs,
        "topics": one.topics[1:],
        "flags": one.flags,
        "contact_time": [time for time in one.contact_times if isinstance(time, str)],
        "time_days": span.get("days", []),
    }
    pairs = [(field, value or "") for field, value in single.items()]
    return Fields([*pairs, *((field, value) for field, values in several.items() for value in values)])
