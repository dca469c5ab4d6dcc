"""Home: `/` sends each role to its own first page; somebody of several services first says where they are working."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from advice_line import staff
from advice_line.pages.addresses import local
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import SomebodySignedIn, Staff
from advice_line.pages.layout import first_page
from advice_line.pages.screen import BareScreen, OutsideServices
from advice_line.staff import SignedIn

pages = APIRouter()


class ServiceForm(Form):
    """Which of one's services to work in."""

    def __init__(self, who: SignedIn, posted: Fields | None = None) -> None:
        super().__init__(posted)
        keys = [str(one.service_id) for one in who.memberships]
        self.service = self.choice("service", keys, missing="Choose the service you are working in")


@pages.get("/")
def begin(who: Staff) -> Response:
    return RedirectResponse(first_page(who), 303)


@pages.get("/choose-service")
def choices(request: Request, who: SomebodySignedIn, screen: BareScreen) -> Response:
    return screen.show("choose_service.html", form=ServiceForm(who), next=local(request.query_params.get("next")))


@pages.post("/choose-service")
def choose(
    who: SomebodySignedIn, posted: Posted, session: OutsideServices, door: InDoor, screen: BareScreen
) -> Response:
    form = ServiceForm(who, posted)
    wanted = local(form.shown("next"))
    if form.faults:
        return screen.show("choose_service.html", status=422, form=form, next=wanted)
    staff.choose_service(session, who, int(form.service), door.now())
    return RedirectResponse(wanted, 303)
