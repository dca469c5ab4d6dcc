"""What browsers are told: no other host, no frame, nothing kept."""

import re

import pytest

from advice_line.staff import Person
from tests.pages.conftest import Visit


@pytest.mark.parametrize("path", ["/sign-in", "/account", "/nowhere", "/"])
def test_every_answer_forbids_what_it_does_not_need(visit: Visit, sam: Person, path: str) -> None:
    visit.sign_in()
    headers = visit.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_the_nonce_is_fresh_and_is_that_of_the_one_inline_script(visit: Visit) -> None:
    one, two = visit.get("/sign-in"), visit.get("/sign-in")
    nonces = [re.findall(r"nonce-([\w-]+)", answer.headers["content-security-policy"])[0] for answer in (one, two)]
    assert nonces[0] != nonces[1]
    assert re.findall(r"<script(?![^>]* src=)[^>]*>", one.text) == [f'<script nonce="{nonces[0]}">']


def test_static_files_may_be_kept_because_their_address_changes_with_them(visit: Visit) -> None:
    style = re.findall(r'href="(/static/[^"]+\.css)"', visit.get("/sign-in").text)
    assert len(style) == 2
    for address in style:
        answer = visit.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_a_page_opened_before_an_update_still_gets_its_files(visit: Visit) -> None:
    answer = visit.get("/static/000000000000/advice-line.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/x/%2e%2e/app.py", "/static/x/..%2fapp.py", "/static/app.py", "/static/x/none.css"]
)
def test_nothing_but_static_files_is_served_as_one(visit: Visit, path: str) -> None:
    assert visit.get(path).status_code in (404, 405)


def test_no_file_of_ours_names_another_host(visit: Visit) -> None:
    shown = visit.get("/sign-in").text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', shown):
        if address.endswith((".css", ".js")):
            assert not re.search(r"url\(['\"]?(https?:)?//|@import", visit.get(address).text), address
    assert not re.search(r'(?:href|src|action)="(?:https?:)?//', shown)
