"""Signing in and out through the pages."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from advice_line.door import Door
from advice_line.pages.app import create_pages
from advice_line.settings import Settings
from advice_line.staff import Person
from tests.pages.conftest import SECRET, Clock, Visit, visiting
from tests.staff import makers


@pytest.mark.parametrize(
    ("role", "first"), [("therapist", "/unheard"), ("lead", "/reports"), ("admin", "/admin/people")]
)
def test_each_role_begins_at_its_own_page(
    owner: Engine, visit: Visit, service_id: int, clock: Clock, role: str, first: str
) -> None:
    makers.add_member(owner, clock(), {"herts_cot": role})
    signed_in = visit.sign_in()
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert visit.get("/").headers["location"] == first


def test_a_page_asked_for_before_signing_in_is_shown_after_it(visit: Visit, sam: Person) -> None:
    led = visit.get("/account?done=password")
    assert led.status_code == 303
    assert led.headers["location"] == "/sign-in?next=/account%3Fdone%3Dpassword"
    form = visit.get(led.headers["location"]).text
    assert 'name="next" value="/account?done=password"' in form
    fields = {"email": sam.email, "password": makers.PASSWORD, "next": "/account?done=password"}
    assert visit.send("/sign-in", fields).headers["location"] == "/account?done=password"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/%0d%0aSet-Cookie:x".replace("%0d%0a", "\r\n"),
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(visit: Visit, sam: Person, elsewhere: str) -> None:
    fields = {"email": sam.email, "password": makers.PASSWORD, "next": elsewhere}
    assert visit.send("/sign-in", fields).headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(visit: Visit, sam: Person) -> None:
    wrong = visit.sign_in(password="three quiet oceans")
    unknown = visit.sign_in(email="tam@example.nhs.uk", password="three quiet oceans")
    assert wrong.status_code == unknown.status_code == 401
    assert "The email address or password is not right" in wrong.text
    nonces = [page.headers["content-security-policy"].split("nonce-")[1].split("'")[0] for page in (wrong, unknown)]
    assert wrong.text.replace(nonces[0], "").replace("sam@", "tam@") == unknown.text.replace(nonces[1], "")
    assert "three quiet oceans" not in wrong.text


def test_empty_fields_are_named_in_a_summary_that_links_to_them(visit: Visit) -> None:
    answer = visit.sign_in(email=" ", password="")
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert "Enter your password" in answer.text
    assert "<title>Error: Sign in" in answer.text


def test_a_nul_byte_is_an_unknown_address_and_no_crash(visit: Visit, sam: Person) -> None:
    assert visit.sign_in(email="s\x00am@example.nhs.uk").status_code == 303
    assert visit.sign_in(password=makers.PASSWORD + "\x00").status_code == 401


def test_after_too_many_tries_the_page_says_how_long_to_wait(owner: Engine, visit: Visit, sam: Person) -> None:
    for _ in range(10):
        visit.sign_in(password="three quiet oceans")
    refused = visit.sign_in()
    assert refused.status_code == 429
    assert "Wait 15 minutes" in refused.text
    assert makers.trail(owner)[-1] == ("sign_in_failed", None)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visit: Visit, sam: Person) -> None:
    cookie = visit.sign_in().headers["set-cookie"]
    assert cookie.startswith("advice-line=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Max-Age" not in cookie


def test_by_https_the_cookie_is_bound_to_this_host(door: Door, sam: Person) -> None:
    settings = Settings(secret_key=SECRET, public_url="https://advice.example.nhs.uk")
    with visiting(create_pages(replace(door, settings=settings))) as visit:
        first = visit.get("/sign-in")
        given = first.headers["set-cookie"].split(";")[0]
        fields = {"email": sam.email, "password": makers.PASSWORD, "csrf_token": given.partition("=")[2]}
        # The client keeps a Secure cookie to itself on plain http; a proxy that ends TLS would pass it on.
        answer = visit.client.post("/sign-in", data=fields, headers={"Cookie": given})
    assert given.startswith("__Host-advice-line-form=")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-advice-line=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


def test_signing_out_ends_the_sign_in_for_whoever_kept_the_cookie(visit: Visit, sam: Person) -> None:
    visit.sign_in()
    kept = visit.client.cookies["advice-line"]
    token = visit.token("/account")
    assert visit.send("/sign-out", token=token).headers["location"] == "/sign-in?done=signed-out"
    assert "You have signed out" in visit.get("/sign-in?done=signed-out").text
    visit.client.cookies.set("advice-line", kept)
    assert visit.get("/account").status_code == 303


def test_another_persons_sign_in_ended_by_the_operator_is_over_at_once(
    owner: Engine, visit: Visit, another: Visit, sam: Person, ada: Person
) -> None:
    visit.sign_in()
    another.sign_in(email=ada.email)
    with owner.begin() as connection:
        connection.execute(text("UPDATE sign_in SET ended_at = now() WHERE person_id = :id"), {"id": sam.id})
    assert visit.get("/account").status_code == 303
    assert another.get("/account").status_code == 200


def test_a_screen_that_renews_itself_does_not_keep_somebody_signed_in(visit: Visit, sam: Person, clock: Clock) -> None:
    visit.sign_in()
    for _ in range(3):
        clock.forward(minutes=9.9)
        assert visit.get("/account", **{"HX-Request": "true"}).status_code == 200
    clock.forward(minutes=0.4)
    over = visit.get("/account", **{"HX-Request": "true"})
    assert (over.status_code, over.headers["hx-redirect"]) == (401, "/sign-in")


def test_somebody_who_works_stays_signed_in(visit: Visit, sam: Person, clock: Clock) -> None:
    visit.sign_in()
    for _ in range(4):
        clock.forward(minutes=20)
        assert visit.get("/account").status_code == 200
