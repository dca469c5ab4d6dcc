"""The frame in a real browser: by keyboard, by screen reader, on a phone, with and without JavaScript."""

from datetime import datetime

import pytest
from fastapi import APIRouter
from fastapi.responses import Response
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import Engine

from advice_line import db
from advice_line.door import Door
from advice_line.pages.app import PAGES, create_pages
from advice_line.pages.guard import Staff
from advice_line.staff import Person
from tests import factories
from tests.browser import look
from tests.pages.conftest import showing
from tests.staff import makers

pytestmark = pytest.mark.browser


def test_signing_in_by_keyboard_alone(page: Page, address: str, ada: Person) -> None:
    page.goto(f"{address}/admin/people")
    expect(page).to_have_title("Sign in – Advice Line – NHS")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(makers.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="People")).to_be_visible()


def test_a_wrong_password_takes_the_keyboard_to_the_summary_and_on_to_the_field(
    page: Page, address: str, ada: Person
) -> None:
    _sign_in(page, address, ada, password="three quiet oceans")
    expect(page.get_by_role("alert")).to_contain_text("The email address or password is not right")
    look(page)
    page.get_by_role("link", name="The email address or password is not right").press("Enter")
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("Email address")).to_have_value(ada.email)


def test_every_page_of_the_frame_is_fit_for_everybody(page: Page, address: str, ada: Person) -> None:
    page.goto(f"{address}/sign-in")
    look(page)
    _sign_in(page, address, ada)
    for path in ("/admin/people", "/account", "/account?done=password", "/account/password", "/nowhere", "/unheard"):
        page.goto(f"{address}{path}")
        look(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    look(page)


def test_the_page_of_the_last_resort_is_fit_for_everybody(page: Page, door: Door, ada: Person) -> None:
    broken = APIRouter()

    @broken.get("/broken")
    def fails(_who: Staff) -> Response:
        raise RuntimeError("nobody foresaw this")

    with showing(create_pages(door, [*PAGES, broken])) as address:
        _sign_in(page, address, ada)
        page.goto(f"{address}/broken")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sorry, something went wrong")
        look(page)


def test_choosing_a_service_on_a_phone(page: Page, address: str, owner: Engine, ada: Person, now: datetime) -> None:
    makers.add_service(owner, "eput_cot", "Essex Partnership: Southend children’s occupational therapy", now)
    name = "Charlotte Featherstonehaugh-Williams"
    both = makers.add_member(
        owner, now, {"herts_cot": "admin", "eput_cot": "lead"}, email="charlotte@example.nhs.uk", name=name
    )
    page.set_viewport_size({"width": 320, "height": 640})
    _sign_in(page, address, both)
    expect(page.get_by_role("heading", level=1)).to_have_text("Where are you working?")
    look(page)
    page.get_by_role("button", name="Continue").click()
    look(page)
    page.get_by_label("Hertfordshire children’s occupational therapy").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    look(page)


def test_a_list_renews_itself_without_being_asked(page: Page, address: str, owner: Engine, now: datetime) -> None:
    service = factories.a_service(owner, now)
    sam = makers.add_member(owner, now, {"herts_cot": "therapist"})
    with page.expect_response(lambda answer: answer.url.endswith("/events")):
        _sign_in(page, address, sam)
    expect(page.get_by_text("Every message has been heard")).to_be_visible()
    with db.transaction(owner, service.id) as session:
        one = factories.an_enquiry(session, service, now)
        db.notify(session, f"changed {service.id}")
    expect(page.get_by_role("link", name=one.reference)).to_be_visible()
    expect(page.get_by_role("navigation", name="Menu")).to_contain_text("Not yet heard 1")
    look(page)


def test_what_changed_before_the_page_could_hear_of_it_is_shown(
    page: Page, address: str, owner: Engine, now: datetime
) -> None:
    service = factories.a_service(owner, now)
    sam = makers.add_member(owner, now, {"herts_cot": "therapist"})
    held: list[Route] = []
    page.route("**/events", lambda stream: held.append(stream))  # noqa: PLW0108 - it marks what it calls, and no method can be marked
    with page.expect_request("**/events"):
        _sign_in(page, address, sam)
    expect(page.get_by_text("Every message has been heard")).to_be_visible()
    with db.transaction(owner, service.id) as session:
        one = factories.an_enquiry(session, service, now)
        db.notify(session, f"changed {service.id}")
    held.pop().continue_()
    within_its_minute = 30_000
    expect(page.get_by_role("link", name=one.reference)).to_be_visible(timeout=within_its_minute)


def test_everything_works_without_javascript(chromium: Browser, address: str, ada: Person) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    _sign_in(page, address, ada)
    expect(page.get_by_role("heading", level=1, name="People")).to_be_visible()
    page.get_by_role("link", name="Ada Moss").click()
    page.get_by_role("link", name="Change your password").click()
    page.get_by_label("Current password", exact=True).fill(makers.PASSWORD)
    page.get_by_label("New password", exact=True).fill("four loud mountains")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    context.close()


def test_pale_words_are_seen_where_the_style_sheet_draws_beside_them(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    look(page)
    drawn = "position: absolute; width: 100%; height: 3em; background: #fff; z-index: -1"
    pale = f"h1 {{ color: #ddd }} h1::before {{ content: ''; {drawn} }}"
    page.evaluate(
        "pale => { const sheet = new CSSStyleSheet(); sheet.replaceSync(pale); document.adoptedStyleSheets = [sheet] }",
        pale,
    )
    with pytest.raises(AssertionError, match="color-contrast"):
        look(page)


def _sign_in(page: Page, address: str, who: Person, password: str = makers.PASSWORD) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address").fill(who.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
