"""Who may use what: denied unless declared, and a form must be ours."""

from typing import Annotated

import pytest
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from advice_line.door import Door
from advice_line.pages.app import PAGES, create_pages
from advice_line.pages.guard import ForAnybody, ForLinkHolder, only
from advice_line.staff import Person, SignedIn
from tests.pages.conftest import Clock, Visit, visiting
from tests.staff import makers

ROUTES = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
# What somebody who is not signed in may use. A new entry here is a decision: say why in the route.
OPEN = {"/sign-in"}
# What whoever holds a secret address may use: the page judges the secret itself.
BY_SECRET = {"/c/{token}", "/calendar/{secret}.ics"}


@pytest.mark.parametrize(("guard", "open_to"), [(ForAnybody, OPEN), (ForLinkHolder, BY_SECRET)])
def test_only_what_is_named_here_is_open_to_who_is_not_signed_in(guard: type[object], open_to: set[str]) -> None:
    found = {
        route.path for route in ROUTES if any(isinstance(needed.call, guard) for needed in route.dependant.dependencies)
    }
    assert found == open_to


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods or [])} {route.path}")
def test_every_route_turns_away_whoever_is_not_signed_in(visit: Visit, route: APIRoute) -> None:
    for method in route.methods or ():
        answer = visit.client.request(method, route.path, follow_redirects=False)
        if route.path in BY_SECRET:
            assert answer.status_code == 404
        elif route.path not in OPEN:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")


def test_a_route_without_a_guard_keeps_the_product_from_starting(door: Door) -> None:
    forgetful = APIRouter()

    @forgetful.get("/everything")
    def everything() -> Response:
        return PlainTextResponse("all of it")

    with pytest.raises(ValueError, match="/everything"):
        create_pages(door, [*PAGES, forgetful])


def test_a_router_within_a_router_is_looked_into(door: Door) -> None:
    outer, inner = APIRouter(), APIRouter()

    @inner.get("/everything")
    def everything() -> Response:
        return PlainTextResponse("all of it")

    outer.include_router(inner)
    with pytest.raises(ValueError, match="do not say who"):
        create_pages(door, [*PAGES, outer])


def test_a_guard_for_a_role_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="therapist"):
        only("doctor")
    with pytest.raises(ValueError, match="therapist"):
        only()


@pytest.mark.parametrize(("role", "status"), [("therapist", 403), ("lead", 403), ("admin", 200)])
def test_a_page_of_one_role_is_closed_to_the_others(
    owner: Engine, visit: Visit, service_id: int, clock: Clock, role: str, status: int
) -> None:
    makers.add_member(owner, clock(), {"herts_cot": role})
    visit.sign_in()
    answer = visit.get("/admin/people")
    assert answer.status_code == status
    assert ("another role" in answer.text) == (status == 403)


@pytest.mark.parametrize("token", ["", "wrong", "é" * 43])
def test_a_form_without_its_token_is_refused_and_nothing_happens(visit: Visit, sam: Person, token: str) -> None:
    visit.sign_in()
    refused = visit.send("/sign-out", token=token)
    assert refused.status_code == 403
    assert "open for too long" in refused.text
    assert visit.get("/account").status_code == 200


def test_the_token_of_another_sign_in_is_refused(visit: Visit, another: Visit, sam: Person, ada: Person) -> None:
    visit.sign_in()
    another.sign_in(email=ada.email)
    assert visit.send("/sign-out", token=another.token("/account")).status_code == 403
    assert visit.send("/sign-out", token=visit.token("/account")).status_code == 303


def test_a_token_may_come_in_the_header_that_scripts_send(visit: Visit, sam: Person) -> None:
    visit.sign_in()
    headers = {"X-CSRF-Token": visit.token("/account")}
    assert visit.client.post("/sign-out", headers=headers, follow_redirects=False).status_code == 303


def test_signing_in_needs_the_token_as_well(visit: Visit, sam: Person) -> None:
    fields = {"email": sam.email, "password": makers.PASSWORD}
    assert visit.client.post("/sign-in", data=fields).status_code == 403
    assert visit.send("/sign-in", fields, token="guessed").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 303),
    ],
    ids=str,
)
def test_a_form_sent_from_another_site_is_refused_even_with_the_token(
    visit: Visit, sam: Person, headers: dict[str, str], status: int
) -> None:
    visit.sign_in()
    data = {"csrf_token": visit.token("/account")}
    answer = visit.client.post("/sign-out", data=data, headers=headers, follow_redirects=False)
    assert answer.status_code == status


def test_a_form_that_is_too_long_is_refused_before_it_is_read(visit: Visit, sam: Person) -> None:
    visit.sign_in()
    refused = visit.send("/choose-service", {"service": "x" * 300_000})
    assert refused.status_code == 413
    assert "too long" in refused.text
    assert visit.send("/choose-service", {f"field{number}": "" for number in range(600)}).status_code == 413


def test_an_address_that_postgresql_could_not_hold_is_no_page(visit: Visit, sam: Person) -> None:
    visit.sign_in()
    assert visit.get("/account?done=%00").status_code == 404


def test_a_guard_can_name_several_roles(door: Door, sam: Person) -> None:
    several = APIRouter()

    @several.get("/both")
    def both(who: Annotated[SignedIn, only("therapist", "lead")]) -> Response:
        return PlainTextResponse(f"{who.service_id}")

    with visiting(create_pages(door, [*PAGES, several])) as visit:
        visit.sign_in()
        assert visit.get("/both").status_code == 200
