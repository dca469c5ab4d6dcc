"""One's own account and password."""

import pytest
from httpx import Response

from advice_line.staff import Person
from tests.pages.conftest import Visit
from tests.staff import makers

NEW = "four loud mountains"


def test_the_account_page_shows_who_one_is(visit: Visit, sam: Person) -> None:
    visit.sign_in()
    shown = visit.get("/account").text
    assert sam.email in shown
    assert "Today at 10:05am" in shown
    assert "password_hash" not in shown


def test_a_new_password_works_and_the_old_one_does_not(visit: Visit, another: Visit, sam: Person) -> None:
    visit.sign_in()
    another.sign_in()
    changed = _change(visit, makers.PASSWORD, NEW)
    assert changed.headers["location"] == "/account?done=password"
    assert "Your password is changed" in visit.get("/account?done=password").text
    assert another.get("/account").status_code == 303
    assert another.sign_in().status_code == 401
    assert another.sign_in(password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("present", "new", "field"),
    [
        ("", NEW, "current_password"),
        ("wrong", NEW, "current_password"),
        (makers.PASSWORD, "", "new_password"),
        (makers.PASSWORD, "short", "new_password"),
    ],
)
def test_each_fault_is_shown_at_its_field(visit: Visit, sam: Person, present: str, new: str, field: str) -> None:
    visit.sign_in()
    refused = _change(visit, present, new)
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert f'id="{field}-error"' in refused.text
    assert "value=" + NEW not in refused.text


def _change(visit: Visit, present: str, new: str) -> Response:
    fields = {"current_password": present, "new_password": new}
    return visit.send("/account/password", fields, token=visit.token("/account"))
