"""One's own account: who one is here, and a new password."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from advice_line import staff
from advice_line.errors import Malformed, NotSignedIn
from advice_line.pages.csrf import Fields, Posted
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import SomebodySignedIn
from advice_line.pages.password_checks import OneOfFew, address_of
from advice_line.pages.screen import BareScreen, OutsideServices
from advice_line.staff import Offer

pages = APIRouter()

NOT_RIGHT = "Your current password is not right. Check it and try again"


class PasswordForm(Form):
    """The current password and a new one."""

    def __init__(self, posted: Fields | None = None) -> None:
        super().__init__(posted)
        self.current = self.secret("current_password", missing="Enter your current password")
        self.new = self.secret("new_password", missing="Enter a new password")


@pages.get("/account")
def show(request: Request, _who: SomebodySignedIn, screen: BareScreen) -> Response:
    return screen.show("account.html", changed=request.query_params.get("done") == "password")


@pages.get("/account/password")
def ask(_who: SomebodySignedIn, screen: BareScreen) -> Response:
    return screen.show("password.html", form=PasswordForm())


@pages.post("/account/password")
def change(
    request: Request,
    who: SomebodySignedIn,
    posted: Posted,
    door: InDoor,
    screen: BareScreen,
    _place: OneOfFew,
    session: OutsideServices,
) -> Response:
    form = PasswordForm(posted)
    status = 422
    if not form.faults:
        offer = Offer(who.person.email, form.current, address_of(request))
        key = door.settings.secret("secret_key")
        try:
            refused = staff.change_password(session, who, offer, form.new, key, door.now())
        except Malformed as refusal:
            form.take(refusal)
        else:
            if refused is None:
                return RedirectResponse("/account?done=password", 303)
            form.add("current_password", NOT_RIGHT if isinstance(refused, NotSignedIn) else str(refused))
            status = 422 if isinstance(refused, NotSignedIn) else refused.status
    return screen.show("password.html", status=status, form=form)
