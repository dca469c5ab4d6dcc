"""Why an enquiry waits: noted by a person, shown beside the time that is left, and a stop to no clock."""

from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from advice_line import taxonomy
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import pause as pauses
from advice_line.errors import Malformed
from advice_line.pages import shown
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService, Screen

pages = APIRouter()
NO_LONGER = "none"


class PauseForm(Form):
    """Why it waits, and until which day if somebody knows."""

    def __init__(self, posted: Fields | None = None) -> None:
        super().__init__(posted)
        self.reason = self.choice("reason", [*taxonomy.PAUSE_REASONS, NO_LONGER], missing="Choose why it waits")
        self.until: date | None = None
        try:
            written = self.text("until")
            self.until = date.fromisoformat(written) if written else None
        except ValueError:
            self.add("until", "Enter a day such as 2026-11-17, or leave it empty")


@pages.get("/enquiries/{reference}/pause")
def ask(reference: str, who: Clinician, session: InService, screen: Screen) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference)
    return screen.show("pause.html", form=PauseForm(), one=one, reasons=_reasons())


@pages.post("/enquiries/{reference}/pause")
def keep(reference: str, who: Clinician, session: InService, screen: Screen, door: InDoor, posted: Posted) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    form = PauseForm(posted)
    try:
        if form.reason == NO_LONGER:
            pauses.end(session, one, who.actor, door.now())
        elif not form.faults:
            pauses.begin(session, one, form.reason, form.until, who.actor, door.now())
    except Malformed as refusal:
        form.take(refusal)
    if form.faults:
        return screen.show("pause.html", status=422, form=form, one=one, reasons=_reasons())
    return RedirectResponse(f"/enquiries/{reference}", 303)


def _reasons() -> list[dict[str, str]]:
    return [*shown.options("pause_reasons"), {"value": NO_LONGER, "text": "It waits for nothing any more"}]
