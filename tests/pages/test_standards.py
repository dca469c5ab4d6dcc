"""Standards as people see them, without JavaScript: time left, what comes first and why, alerts, and why it waits."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine, text

from advice_line import db, staff
from advice_line.callbacks import listening
from advice_line.callbacks import turn as turns
from advice_line.enquiries import enquiry as enquiries
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.staff import Grant
from tests import factories
from tests.browser import look
from tests.factories import TESTER
from tests.pages.conftest import Clock, Visit
from tests.staff import makers
from tests.staff.makers import PASSWORD


@pytest.fixture
def herts(owner: Engine, clock: Clock) -> Service:
    return factories.a_service(owner, clock(), rota=[])


@pytest.fixture
def sam(owner: Engine, herts: Service, clock: Clock) -> Therapist:
    """Sam rings back, and is a lead as well."""
    person = makers.add_member(owner, clock(), {"herts_cot": "therapist"})
    with db.transaction(owner, None) as session:
        staff.add_role(session, session.merge(person), Grant("herts_cot", "lead"), clock())
    return factories.a_therapist(owner, herts, "sam_reed", person_id=person.id, name="Sam Reed")


@pytest.fixture
def reference(owner: Engine, herts: Service, sam: Therapist, clock: Clock) -> str:
    """An enquiry of this morning that nobody has heard."""
    with db.transaction(owner, herts.id) as session:
        return factories.an_enquiry(session, herts, clock(), caller_name="Kit Example").reference


def flagged(owner: Engine, herts: Service, reference: str, clock: Clock) -> None:
    with db.transaction(owner, herts.id) as session:
        one = enquiries.by_reference(session, herts.id, reference, lock=True)
        listening.flag(session, herts, one, "possible_safeguarding", TESTER, clock())


def test_a_press_stands_on_the_leads_page_until_somebody_takes_it(visit: Visit, reference: str) -> None:
    visit.sign_in()
    visit.send(f"/enquiries/{reference}/flags", {"flag": "urgent"}, token=visit.token("/unheard"))
    for path in ("/reports", "/unheard", f"/enquiries/{reference}"):
        shown = visit.get(path).text
        assert "Urgent: nobody is dealing with it yet" in shown
        assert "The duty lead is told today at 10:20am if nobody takes it before." in shown
    assert visit.send(f"/enquiries/{reference}/alert", token=visit.token("/reports")).status_code == 303
    assert "nobody is dealing with it yet" not in visit.get("/reports").text
    assert "“I am dealing with this”" in visit.get(f"/enquiries/{reference}").text
    assert visit.send(f"/enquiries/{reference}/alert", token=visit.token("/reports")).status_code == 409


def test_what_is_close_to_breaking_comes_first_on_the_lists_with_the_reason(
    visit: Visit, owner: Engine, herts: Service, sam: Therapist, reference: str, clock: Clock
) -> None:
    with db.transaction(owner, herts.id) as session:
        older = factories.an_enquiry(session, herts, clock() - timedelta(minutes=30)).reference
    flagged(owner, herts, reference, clock)
    clock.forward(minutes=40)
    visit.sign_in()
    shown = visit.get("/unheard").text
    assert shown.index(f"card-{reference}") < shown.index(f"card-{older}")
    assert "Possible safeguarding: 20 minutes of working time left." in shown
    assert "Listen by tomorrow at 5pm (14 hours 15 minutes of working time left)." in shown
    with owner.begin() as connection:
        slot = text(
            "UPDATE callback SET state = 'planned', therapist_id = :sam, starts_at = :at, ends_at = :at + interval '1"
            " hour' WHERE enquiry_id = (SELECT id FROM enquiry WHERE reference = :reference)"
        )
        connection.execute(slot, {"sam": sam.id, "at": clock() + timedelta(hours=5), "reference": reference})
    mine = visit.get("/callbacks").text
    assert mine.index("Ring these first") < mine.index(reference) < mine.index("Then today")


def test_why_it_waits_is_shown_beside_the_clock_which_goes_on(visit: Visit, reference: str, clock: Clock) -> None:
    visit.sign_in()
    path = f"/enquiries/{reference}/pause"
    assert (
        visit.send(path, {"reason": "interpreter", "until": "2026-11-01"}, token=visit.token(path)).status_code == 422
    )
    assert (
        "Enter a day that is still to come"
        in visit.send(path, {"reason": "interpreter", "until": "2026-11-01"}, token=visit.token(path)).text
    )
    visit.send(path, {"reason": "interpreter", "until": "2026-11-19"}, token=visit.token(path))
    shown = visit.get(f"/enquiries/{reference}").text
    assert "Waiting for an interpreter, until Thursday 19 November.</strong> The clock goes on." in shown
    assert "2 working days left" in shown
    visit.send(path, {"reason": "none"}, token=visit.token(path))
    assert "The clock goes on." not in visit.get(f"/enquiries/{reference}").text


@pytest.mark.browser
def test_the_leads_page_shows_alerts_standards_and_who_listens(
    page: Page, address: str, owner: Engine, herts: Service, reference: str, clock: Clock
) -> None:
    flagged(owner, herts, reference, clock)
    with db.transaction(owner, herts.id) as session:
        turns.share_out(session, herts, clock())
        factories.a_heard_enquiry(session, herts, clock() - timedelta(days=8), flags=["interpreter_needed"])
    clock.forward(minutes=50)
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address").fill("sam@example.nhs.uk")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for path in ("/reports", "/unheard", f"/enquiries/{reference}", f"/enquiries/{reference}/pause"):
        page.goto(address + path)
        look(page)
    page.goto(f"{address}/reports")
    words = page.locator("main").inner_text()
    for sentence in (
        "Possible safeguarding: nobody is dealing with it yet",
        "Close to breaking a standard",
        "Waiting for an interpreter",
        "Tuesday 17 November 2026: Sam Reed, 10:05am to 10:20am",
    ):
        assert sentence in words
