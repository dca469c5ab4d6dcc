"""Signing in and out."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from advice_line import staff
from advice_line.errors import Refused
from advice_line.pages.addresses import local
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Anybody, SomebodySignedIn
from advice_line.pages.password_checks import OneOfFew, address_of
from advice_line.pages.screen import BareScreen, OutsideServices
from advice_line.pages.visitor import SIGN_IN, drop_cookie, keep_cookie
from advice_line.staff import Offer

pages = APIRouter()


class SignInForm(Form):
    """An e-mail address and a password."""

    def __init__(self, posted: Fields | None = None) -> None:
        super().__init__(posted)
        self.email = self.text("email", missing="Enter your email address", longest=320)
        self.password = self.secret("password", missing="Enter your password")


@pages.get("/sign-in")
def ask(request: Request, visitor: Anybody, screen: BareScreen) -> Response:
    wanted = local(request.query_params.get("next"))
    if visitor:
        return RedirectResponse(wanted, 303)
    signed_out = request.query_params.get("done") == "signed-out"
    return screen.show("sign_in.html", form=SignInForm(), next=wanted, signed_out=signed_out)


@pages.post("/sign-in")
def sign_in(
    request: Request,
    _visitor: Anybody,
    posted: Posted,
    door: InDoor,
    screen: BareScreen,
    _place: OneOfFew,
    session: OutsideServices,
) -> Response:
    form = SignInForm(posted)
    wanted = local(form.shown("next"))
    status = 422
    if not form.faults:
        key = door.settings.secret("secret_key")
        checked = staff.check_password(session, Offer(form.email, form.password, address_of(request)), key, door.now())
        if not isinstance(checked, Refused):
            response = RedirectResponse(wanted, 303)
            keep_cookie(response, door, SIGN_IN, staff.open_sign_in(session, checked, door.now()))
            return response
        form.add("email", str(checked))
        status = checked.status
    return screen.show("sign_in.html", status=status, form=form, next=wanted)


@pages.post("/sign-out")
def sign_out(who: SomebodySignedIn, door: InDoor, session: OutsideServices) -> Response:
    staff.sign_out(session, who, door.now())
    response = RedirectResponse("/sign-in?done=signed-out", 303)
    drop_cookie(response, door, SIGN_IN)
    return response
