"""Somebody who works in several services says in which, and sees no other."""

import pytest
from sqlalchemy import Engine

from advice_line.staff import Person
from tests.pages.conftest import HERTS, Clock, Visit
from tests.staff import makers


@pytest.fixture
def eput_id(owner: Engine, clock: Clock) -> int:
    return makers.add_service(owner, "eput_cot", "Essex Partnership", clock())


@pytest.fixture
def both(owner: Engine, service_id: int, eput_id: int, clock: Clock) -> Person:
    return makers.add_member(owner, clock(), {"herts_cot": "admin", "eput_cot": "lead"})


def test_somebody_of_two_services_chooses_before_anything_else(visit: Visit, both: Person, service_id: int) -> None:
    visit.sign_in()
    led = visit.get("/admin/people")
    assert led.headers["location"] == "/choose-service?next=/admin/people"
    shown = visit.get(led.headers["location"]).text
    assert HERTS in shown
    assert "Essex Partnership" in shown
    chosen = {"service": str(service_id), "next": "/admin/people"}
    assert visit.send("/choose-service", chosen, token=visit.token("/account")).headers["location"] == "/admin/people"
    assert HERTS in visit.get("/admin/people").text


def test_a_role_in_one_service_opens_nothing_in_another(visit: Visit, both: Person, eput_id: int) -> None:
    visit.sign_in()
    visit.send("/choose-service", {"service": str(eput_id)}, token=visit.token("/account"))
    assert visit.get("/admin/people").status_code == 403
    assert visit.get("/").headers["location"] == "/reports"


def test_people_of_another_service_are_not_shown(owner: Engine, visit: Visit, both: Person, clock: Clock) -> None:
    makers.add_member(owner, clock(), {"eput_cot": "therapist"}, email="bo@example.nhs.uk", name="Bo Finch")
    makers.add_member(owner, clock(), {"herts_cot": "admin"}, email="ada@example.nhs.uk", name="Ada Moss")
    visit.sign_in(email="ada@example.nhs.uk")
    shown = visit.get("/admin/people").text
    assert "Sam Reed" in shown
    assert "Bo Finch" not in shown
    assert ("people_seen", None) in makers.trail(owner)


@pytest.mark.parametrize("service", ["", "none", "-1", "99999999999999999999"])
def test_a_service_that_is_not_ones_own_cannot_be_chosen(visit: Visit, both: Person, service: str) -> None:
    visit.sign_in()
    refused = visit.send("/choose-service", {"service": service}, token=visit.token("/account"))
    assert refused.status_code == 422
    assert 'href="#service"' in refused.text


def test_somebody_without_a_role_is_told_whom_to_ask(owner: Engine, visit: Visit, clock: Clock) -> None:
    makers.add_member(owner, clock(), {})
    visit.sign_in()
    refused = visit.get("/")
    assert refused.status_code == 403
    assert "You have no role in any service yet" in refused.text
    assert visit.get("/account").status_code == 200
