"""The plan for the lead, the form for a call's time, and what a therapist sees moved: without JavaScript."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from advice_line import db
from advice_line.callbacks import named
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.settings import Settings
from advice_line.vault import Vault
from scheduler.planning import plan
from scheduler.workshop import Workshop
from tests import factories
from tests.browser import look
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock
from tests.pages.conftest import Clock, Visit, enter, rows, words
from tests.staff import makers

LEAD = "lee@example.nhs.uk"
Make = Callable[..., str]


@pytest.fixture
def service(owner: Engine, clock: Clock) -> Service:
    return factories.a_service(owner, clock(), rota=[])


@pytest.fixture
def sam(owner: Engine, service: Service, clock: Clock) -> Therapist:
    """A therapist, who signs in as Sam."""
    person = makers.add_member(owner, clock(), {"herts_cot": "therapist"})
    makers.add_member(owner, clock(), {"herts_cot": "lead"}, email=LEAD, name="Lee Lead")
    return factories.a_therapist(owner, service, "sam_reed", person_id=person.id, name="Sam Reed")


@pytest.fixture
def plans(serving: Engine, service: Service, clock: Clock, tmp_path: Path) -> Callable[[], int]:
    """Make the plan, as the scheduler does."""
    telephone = FakeTelephone(MovingClock(clock()))
    workshop = Workshop(serving, Settings(), Vault(tmp_path / "audio", "0" * 40), lambda _: telephone, clock)
    return lambda: plan(workshop, service)


@pytest.fixture
def make(serving: Engine, service: Service, clock: Clock) -> Make:
    """A message; gives the path of its enquiry."""

    def make(**changes: object) -> str:
        with db.transaction(serving, service.id) as session:
            return f"/enquiries/{factories.an_enquiry(session, service, clock(), **changes).reference}"

    return make


@pytest.fixture
def lead(visit: Visit, sam: Therapist) -> Visit:
    visit.sign_in(LEAD)
    return visit


@pytest.fixture
def therapist(address: str, sam: Therapist) -> Iterator[Visit]:
    with httpx.Client(base_url=address, timeout=30) as client:
        visit = Visit(client)
        visit.sign_in()
        yield visit


def on_form(visit: Visit, path: str, fields: dict[str, str]) -> httpx.Response:
    return visit.send(path, fields, token=visit.token("/plan" if path.startswith("/plan") else "/enquiries"))


def test_a_plan_for_which_the_time_was_too_short_says_so_until_one_is_whole(
    lead: Visit, make: Make, plans: Callable[[], int], owner: Engine
) -> None:
    make()
    with owner.begin() as connection:
        connection.execute(text("UPDATE planning SET is_complete = false"))
    assert "There was not enough time to work out this plan to its end." in words(lead, "/plan")
    plans()
    assert "not enough time" not in words(lead, "/plan")


def test_a_lead_sees_what_has_no_time_and_why_and_sets_one(
    lead: Visit, make: Make, plans: Callable[[], int], sam: Therapist
) -> None:
    path = make(contact_times=["pref_before_school"])
    plans()
    seen = words(lead, "/plan").replace("&#39;", "'")
    assert "needs a decision (1)" in seen
    assert "The caller's times never meet the line's callback windows. Offer a late window" in seen
    time = {"therapist": str(sam.id), "day": "2026-11-18", "time": "09:00", "told": ""}
    refused = on_form(lead, f"{path}/time", time)
    assert (refused.status_code, "agree this one with them first" in refused.text) == (422, True)
    assert on_form(lead, f"{path}/time", {**time, "told": "yes"}).status_code == 303
    plans()
    assert "Every call that is owed has its time." in words(lead, "/plan")
    assert "Promised to the caller for tomorrow at 9am with Sam Reed." in words(lead, path)
    assert on_form(lead, f"{path}/time/release", {}).status_code == 303
    assert "Promised to the caller" not in words(lead, path)


def test_a_therapist_agrees_a_time_with_the_caller_first(
    therapist: Visit, make: Make, sam: Therapist, clock: Clock
) -> None:
    path = make()
    time = {"therapist": str(sam.id), "day": "2026-11-17", "time": "15:30"}
    refused = on_form(therapist, f"{path}/time", time)
    assert (refused.status_code, "Agree the time with the caller first" in refused.text) == (422, True)
    assert on_form(therapist, f"{path}/time", {"told": "yes"}).status_code == 422
    assert on_form(therapist, f"{path}/time", {**time, "told": "yes"}).status_code == 303


def test_a_call_that_is_dropped_on_a_session_is_moved_or_the_form_says_why_not(
    lead: Visit, therapist: Visit, make: Make, sam: Therapist
) -> None:
    path = make(contact_times=["pref_after_school"])
    drop = {"therapist": str(sam.id), "day": "2026-11-18", "time": "09:00", "until": "12:00"}
    assert "The caller asked for other times" in on_form(lead, f"{path}/time", drop).text
    assert on_form(lead, f"{path}/time", {**drop, "until": "08:00"}).status_code == 422
    assert on_form(therapist, f"{path}/time", {**drop, "told": "yes"}).status_code == 422
    moved = on_form(lead, f"{path}/time", {**drop, "until": "17:00"})
    assert moved.headers["location"] == f"/plan?moved={path.rpartition('/')[2]}"
    assert "Set to tomorrow at 3:15pm with Sam Reed." in words(lead, moved.headers["location"])


def test_a_broken_promise_is_the_first_thing_on_the_leads_page(
    lead: Visit, make: Make, plans: Callable[[], int], sam: Therapist, serving: Engine, service: Service, clock: Clock
) -> None:
    path = make()
    on_form(lead, f"{path}/time", {"therapist": str(sam.id), "day": "2026-11-17", "time": "15:30", "told": "yes"})
    plans()
    with db.transaction(serving, service.id) as session:
        rota.record_absence(session, TESTER, sam, clock(), clock() + timedelta(hours=7), "sickness", clock())
    plans()
    seen = words(lead, "/plan")
    assert "Promise cannot be kept" in seen
    assert "The promised time is no longer possible." in seen
    assert "Promised to the caller for today at 3:30pm with Sam Reed" in seen


def test_a_lead_extends_the_hours_of_a_day_and_takes_them_back(lead: Visit, owner: Engine) -> None:
    saturday = {"day": "2026-11-21", "start": "17:00", "end": "18:00"}
    for wrong, why in (
        (saturday, "Nobody works on that day (weekend)"),
        ({**saturday, "day": "2026-11-18", "end": "16:00"}, "later than the start"),
        ({**saturday, "day": "2026-11-18", "start": "10:00", "end": "11:00"}, "in these hours already"),
        ({"day": "", "start": "x", "end": ""}, "Enter the day"),
    ):
        refused = on_form(lead, "/plan/hours", wrong)
        assert (refused.status_code, why in refused.text) == (422, True), why
    assert on_form(lead, "/plan/hours", {**saturday, "day": "2026-11-18"}).status_code == 303
    assert "Wednesday 18 November 2026, 17:00 to 18:00" in words(lead, "/plan")
    (extra,) = rows(owner, "SELECT id FROM extra_window")
    assert on_form(lead, f"/plan/hours/{extra[0]}/withdraw", {}).status_code == 303
    assert "17:00 to 18:00" not in words(lead, "/plan")
    assert on_form(lead, "/plan/hours/99/withdraw", {}).status_code == 404


def test_callers_are_told_of_a_delay_and_the_lead_how_many_cannot_be(lead: Visit, make: Make, owner: Engine) -> None:
    paths = [make(caller_texts=True), make(), make(caller_texts=True, flags=["do_not_leave_message"])]
    references = [path.rpartition("/")[2] for path in paths]
    token = lead.token("/plan")
    fields = {"csrf_token": token, "enquiry": references}
    asked = [lead.client.post("/plan/texts", data=fields, follow_redirects=False) for _ in range(2)]
    assert [answer.headers["location"] for answer in asked] == [
        "/plan?texted=1&chosen=3",
        "/plan?texted=0&chosen=3",
    ]
    assert rows(owner, "SELECT purpose, state FROM text_message") == [("delay", "to_send")]
    seen = words(lead, asked[0].headers["location"])
    assert "We text 1 of the 3 callers that you chose. 2 cannot be texted" in seen
    assert (
        "The caller that you chose cannot be texted: they have not agreed" in lead.get("/plan?texted=0&chosen=1").text
    )
    assert on_form(lead, "/plan/texts", {}).status_code == 422


def test_a_therapist_sees_what_moved_from_where_to_where_and_why(
    therapist: Visit,
    make: Make,
    plans: Callable[[], int],
    sam: Therapist,
    serving: Engine,
    service: Service,
    clock: Clock,
) -> None:
    make()
    plans()
    with db.transaction(serving, service.id) as session:
        rota.record_absence(session, TESTER, sam, clock(), clock() + timedelta(hours=2), "a meeting", clock())
    plans()
    seen = words(therapist, "/callbacks")
    assert "What moved since your last session" in seen
    assert "from today at 10:05am to today at 12:05pm. The therapist is not free at that time any more." in seen


def test_a_named_therapist_takes_a_call_on_or_leaves_it(
    therapist: Visit, make: Make, sam: Therapist, owner: Engine
) -> None:
    taken, left = make(), make()
    assert on_form(therapist, f"{taken}/named", {"therapist": ""}).status_code == 422
    for path in (taken, left):
        assert on_form(therapist, f"{path}/named", {"therapist": str(sam.id)}).status_code == 303
    assert words(therapist, "/callbacks").count("Answer by tomorrow at 5pm.") == 2
    assert on_form(therapist, f"{taken}/named/accept", {}).status_code == 303
    assert on_form(therapist, f"{left}/named/decline", {}).status_code == 303
    assert on_form(therapist, f"{left}/named/accept", {}).status_code == 409
    assert on_form(therapist, f"{left}/named/perhaps", {}).status_code == 404
    assert rows(owner, "SELECT state FROM named_offer ORDER BY id") == [("accepted",), ("declined",)]
    assert "has taken it on" in words(therapist, taken)


def test_an_interpreter_is_asked_for_booked_with_the_time_and_cancelled(
    therapist: Visit, make: Make, sam: Therapist, owner: Engine
) -> None:
    path = make(flags=["interpreter_needed"])
    assert "Interpreter not yet booked." in words(therapist, path)
    booked = {"what": "booked", "provider": "Example Interpreters", "therapist": str(sam.id), "day": "2026-11-18"}
    assert on_form(therapist, f"{path}/interpreter", {"what": "asked"}).status_code == 422
    assert on_form(therapist, f"{path}/interpreter", booked).status_code == 422
    assert on_form(therapist, f"{path}/interpreter", {**booked, "what": "asked"}).status_code == 303
    assert "Interpreter asked for, not yet booked (Example Interpreters)." in words(therapist, path)
    assert on_form(therapist, f"{path}/interpreter", {**booked, "time": "11:00"}).status_code == 303
    assert "Promised to the caller for tomorrow at 11am" in words(therapist, path)
    assert on_form(therapist, f"{path}/interpreter", {"what": "cancelled"}).status_code == 303
    assert "Interpreter not yet booked." in words(therapist, path)
    assert rows(owner, "SELECT state FROM interpreter_booking ORDER BY id") == [("cancelled",), ("needed",)]


def test_certain_days_and_the_first_day_are_noted_and_shown(therapist: Visit, make: Make) -> None:
    path = make()
    known = {"contact_time": "pref_named_days", "not_before": "2026-11-30"}
    refused = on_form(therapist, f"{path}/details", known)
    assert (refused.status_code, "Tick the days on which they can talk" in refused.text) == (422, True)
    assert on_form(therapist, f"{path}/details", {**known, "not_before": "soon"}).status_code == 422
    assert on_form(therapist, f"{path}/details", {**known, "time_days": "mon"}).status_code == 303
    seen = words(therapist, path)
    assert "On certain days only, only on Mon" in seen
    assert "Not before Monday 30 November 2026" in seen


@pytest.mark.browser
def test_every_page_of_the_plan_is_fit_for_everybody(
    page: Page, address: str, make: Make, plans: Callable[[], int], sam: Therapist, owner: Engine, service: Service
) -> None:
    first, second = make(flags=["interpreter_needed"]), make(contact_times=["pref_before_school"])
    with db.transaction(owner, service.id) as session:
        for enquiry in session.query(Enquiry).all():
            named.offer(session, service, enquiry, sam, TESTER, datetime.fromisoformat("2026-11-17T10:00:00+00:00"))
    plans()
    for email, paths in (
        (LEAD, ["/plan", f"{first}/time", f"{first}/interpreter", f"{second}/named", f"{first}/details", second]),
        ("sam@example.nhs.uk", ["/callbacks"]),
    ):
        page.context.clear_cookies()
        enter(page, address, email)
        for path in paths:
            page.goto(f"{address}{path}")
            look(page)


@pytest.mark.browser
def test_a_lead_drags_a_call_onto_another_session_and_the_plan_follows(
    page: Page, address: str, make: Make, plans: Callable[[], int], sam: Therapist, owner: Engine, service: Service
) -> None:
    factories.a_therapist(owner, service, "ben_sample", hours=(time(14), time(17)), sites=["north_clinic"])
    reference = make().rpartition("/")[2]
    plans()
    enter(page, address, LEAD)
    with page.expect_response(lambda answer: answer.url.endswith("/events")):
        page.goto(f"{address}/plan")
    bens = page.locator("#day-2026-11-17 [data-al-session]", has_text="Ben Sample: 2pm to 5pm at North example clinic")
    page.locator(f"#planned-{reference}").drag_to(bens)
    expect(page.get_by_role("dialog")).to_contain_text("Now planned for today at 10:05am with Sam Reed.")
    look(page)
    page.evaluate("document.addEventListener('htmx:before:request', e => { window.wasHeld = e.defaultPrevented })")
    make()
    plans()
    page.wait_for_function("() => 'wasHeld' in window")
    assert page.evaluate("window.wasHeld")  # while somebody decides
    page.get_by_role("button", name="Move the call").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{reference}: Set to today at 2pm with Ben Sample.")
    page.locator("#day-2026-11-18 summary").click()
    plans()
    expect(bens.locator(f"#planned-{reference}")).to_contain_text("Time set")  # by itself
    expect(page.locator("#day-2026-11-18")).to_have_attribute("open", "")
