"""The rota's pages: the lead changes anybody's day, a therapist their own, and everybody sees what became of it."""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from advice_line import db
from advice_line.door import Door
from advice_line.lines.directory import Directory
from advice_line.lines.rota import Therapist
from advice_line.pages.app import create_pages
from advice_line.settings import Settings
from advice_line.vault import Vault
from scheduler.planning import plan
from scheduler.workshop import Workshop
from tests import factories
from tests.browser import look
from tests.callbacks.test_ical import read
from tests.fakes import FakeTelephone, MovingClock
from tests.pages.conftest import SECRET, Visit, enter, showing
from tests.scene import TUESDAY, Stage
from tests.staff import makers

LEAD, SAM = "lead@example.nhs.uk", "sam@example.nhs.uk"


@pytest.fixture
def clock() -> MovingClock:
    """Tuesday at 10:20, when Sam falls ill."""
    return MovingClock(TUESDAY + timedelta(minutes=15))


@pytest.fixture
def door(stage: Stage, clock: MovingClock, tmp_path: Path) -> Door:
    def directory() -> Directory:
        with db.transaction(stage.serving, None) as session:
            return Directory.load(session)

    settings = Settings(secret_key=SECRET, public_url="http://127.0.0.1")
    return Door(settings, stage.serving, stage.serving, directory, Vault(tmp_path, "0" * 40), clock)


@pytest.fixture
def ben(stage: Stage) -> Therapist:
    """On the rota on Tuesday and Wednesday afternoons."""
    return factories.a_therapist(
        stage.owner, stage.scene.herts, "ben_sample", days=(1, 2), hours=(time(14), time(17)), name="Ben Sample",
        languages=["en", "pl"], skills=["equipment"],
    )  # fmt: skip


@pytest.fixture
def address(door: Door, stage: Stage, ben: Therapist) -> Iterator[str]:
    makers.add_member(stage.owner, TUESDAY, {"herts_cot": "lead"}, email=LEAD, name="Lee Lead")
    with showing(create_pages(door)) as address:
        yield address


@pytest.fixture
def lead(address: str) -> Iterator[Visit]:
    yield from signed_in(address, LEAD)


@pytest.fixture
def sam(address: str) -> Iterator[Visit]:
    yield from signed_in(address, SAM)


def signed_in(address: str, email: str) -> Iterator[Visit]:
    with httpx.Client(base_url=address, timeout=20) as client:
        visit = Visit(client)
        visit.sign_in(email)
        yield visit


def planned(stage: Stage, clock: MovingClock, door: Door, many: int = 3) -> None:
    """Some messages, and a plan of all that is open."""
    with stage.story() as session:
        for _ in range(many):
            factories.a_heard_enquiry(session, stage.scene.herts, clock())
    workshop = Workshop(stage.serving, door.settings, door.vault, lambda _account: FakeTelephone(clock), clock)
    plan(workshop, stage.scene.herts)


def ill(visit: Visit, therapist: Therapist, at: str = "/rota") -> str:
    """One press; where it leads."""
    answer = visit.send("/rota/ill", {"therapist": str(therapist.id)}, token=visit.token(at))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_the_week_shows_who_is_there_and_what_nobody_covers(lead: Visit, stage: Stage) -> None:
    page = lead.get("/rota").text
    assert "Week of 16 November 2026" in page
    assert "9am to 5pm" in page
    assert "2pm to 5pm" in page
    assert "Nobody</strong>" not in page
    assert re.search(r"Ben Sample<br><span[^>]*>Polish, Specialist equipment", page)
    sam = stage.scene.sam
    given = {"therapist": str(sam.id), "reason": "leave", "start": "2026-11-19", "end": "2026-11-19"}
    assert lead.send("/rota/away", given, token=lead.token("/rota/away")).status_code == 303
    page = lead.get("/rota").text
    assert re.search(r"Away</strong> 9am to 5pm: leave", page)
    assert re.search(r"Nobody</strong> 9am to 5pm", page)
    assert "Week of 14 December 2026" in lead.get("/rota?week=2026-12-16").text
    assert "Week of 16 November 2026" in lead.get("/rota?week=soon").text


def test_one_press_hands_on_every_callback_and_shows_its_new_home(
    lead: Visit, stage: Stage, clock: MovingClock, door: Door
) -> None:
    planned(stage, clock, door)
    where = ill(lead, stage.scene.sam)
    assert "Planning is under way: 0 of 3 done" in lead.get(where).text
    planned(stage, clock, door, many=0)
    page = lead.get(where).text
    assert "All 3 callbacks have a new home" in page
    assert page.count("Ben Sample") == 3
    assert "Today at 2pm" in page
    assert re.search(r"said to be away until the end of today, by Lee Lead", page)


def test_those_without_a_home_are_listed_with_the_reason_and_what_to_do(
    lead: Visit, stage: Stage, clock: MovingClock, door: Door, ben: Therapist
) -> None:
    planned(stage, clock, door)
    where = ill(lead, stage.scene.sam)
    lead.send(f"{where}/end", {"end": "", "end_time": ""}, token=lead.token(where))
    for one in (stage.scene.sam, ben):
        given = {"therapist": str(one.id), "reason": "other", "start": "2026-11-17", "start_time": "10:25"}
        lead.send("/rota/away", given, token=lead.token("/rota/away"))
    planned(stage, clock, door, many=0)
    page = lead.get(where).text
    assert "0 of 3 callbacks have a new home. 3 have none." in page
    assert page.count("No therapist is on the rota") == page.count("Add a rota session") == 3
    assert "/rota/sessions/add" in page
    assert "<strong>3 callbacks without a new home.</strong>" in lead.get("/reports").text


def test_a_therapist_speaks_for_themselves_alone(
    sam: Visit, lead: Visit, stage: Stage, ben: Therapist, clock: MovingClock
) -> None:
    token = sam.token("/my-sessions")
    assert sam.send("/rota/ill", {"therapist": str(ben.id)}, token=token).status_code == 404
    given = {"therapist": str(ben.id), "reason": "leave"}
    assert sam.send("/rota/away", given, token=token).status_code == 422
    bens = ill(lead, ben)
    assert sam.get(bens).status_code == sam.send(f"{bens}/back", token=token).status_code == 404
    assert sam.get("/rota").status_code == sam.get("/rota/ahead").status_code == 403
    own = ill(sam, stage.scene.sam, "/my-sessions")
    clock.passes(minutes=5)
    assert "Sam Sample is away" in sam.get(own).text
    assert f'action="{own}/back"' in sam.get("/my-sessions").text
    assert "I am ill" not in sam.get("/my-sessions").text
    assert sam.send(f"{own}/back", token=token).status_code == 303
    assert "Sam Sample was away" in sam.get(own).text
    assert "I am ill" in sam.get("/my-sessions").text
    assert sam.send(f"{own}/back", token=token).status_code == 409


def test_an_absence_that_makes_no_sense_says_so(lead: Visit, ben: Therapist) -> None:
    token = lead.token("/rota/away")
    for given, sentence in (
        ({"reason": ""}, "Choose why they are away"),
        ({"therapist": "0"}, "Choose who is away"),
        ({"start": "2026-11-19", "end": "2026-11-18"}, "Give an end that is later than the start"),
        ({"start": "the 19th"}, "Enter a day such as 2026-11-17"),
        ({"end": "2026-11-19", "end_time": "noon"}, "Enter a time such as 09:30 or 2pm"),
        ({"end_time": "12:00"}, "Enter the day as well as the time"),
    ):
        answer = lead.send("/rota/away", {"therapist": str(ben.id), "reason": "leave", **given}, token=token)
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence


def test_a_session_is_added_exchanged_and_cancelled(lead: Visit, stage: Stage, ben: Therapist) -> None:
    sam, token = stage.scene.sam, lead.token("/rota/swap")
    added = {"therapist": str(ben.id), "day": "2026-11-19", "start": "09:00", "end": "12:00"}
    assert lead.send("/rota/sessions/add", {**added, "site": "moon_clinic"}, token=token).status_code == 422
    assert lead.send("/rota/sessions/add", {**added, "site": "south_clinic"}, token=token).status_code == 303
    refused = lead.send("/rota/sessions/add", added, token=token)
    assert (refused.status_code, "is on the rota at that time already" in refused.text) == (422, True)
    offered = re.findall(r'<option value="([^"]*2026-11-2[05][^"]*)"', lead.get("/rota/swap").text)
    bens, sams = (next(one for one in offered if one.startswith(f"{who.id} ")) for who in (ben, sam))
    given = {"session": sams, "other_session": "", "therapist": str(ben.id)}
    assert lead.send("/rota/swap", given, token=token).headers["location"] == "/rota?done=1&week=2026-11-20"
    page = lead.get("/rota").text
    assert "Ben Sample, Friday 20 November 2026, 9am to 5pm, in place of Sam Sample" in page
    assert "<div>9am to midday at South example clinic</div>" in page
    assert "Ben Sample, Thursday 19 November 2026, 9am to midday at South example clinic" in page
    assert bens != sams
    cancel = re.findall(r'action="(/rota/sessions/\d+/cancel)"', page)
    assert len(cancel) == 2
    assert {lead.send(path, token=token).status_code for path in cancel} == {303}
    page = lead.get("/rota").text
    assert "in place of" not in page
    assert "Lee Lead cancelled a one-off session of Ben Sample" in page


def test_a_swap_that_names_nobody_says_so(lead: Visit) -> None:
    answer = lead.send("/rota/swap", {"session": "", "other_session": "", "therapist": ""}, token=lead.token("/rota"))
    assert answer.status_code == 422
    assert "Choose the session" in answer.text
    assert "Choose who takes it, or the session it is exchanged for" in answer.text


def test_a_calendar_has_one_secret_address_that_is_shown_once(sam: Visit, address: str, stage: Stage) -> None:
    token = sam.token("/my-sessions")
    shown = sam.send("/my-sessions/calendar", token=token).text
    path = re.findall(r'value="http://127.0.0.1(/calendar/[^"]+\.ics)"', shown)[0]
    assert path not in sam.get("/my-sessions").text
    answer = httpx.get(f"{address}{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert "set-cookie" not in answer.headers
    assert any(one["SUMMARY"] == "Advice line session" for one in read(answer.text)[1])
    again = httpx.get(f"{address}{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    sam.send("/my-sessions/calendar/revoke", token=token)
    for gone in (path, "/calendar/x.ics"):
        nothing = httpx.get(f"{address}{gone}")
        assert (nothing.status_code, nothing.text, "set-cookie" in nothing.headers) == (404, "Not found", False)


def test_the_lead_is_told_of_short_and_uncovered_days(lead: Visit, stage: Stage) -> None:
    assert "The week ahead</h2>" not in lead.get("/reports").text
    given = {"therapist": str(stage.scene.sam.id), "reason": "leave", "start": "2026-11-19", "end": "2026-11-20"}
    lead.send("/rota/away", given, token=lead.token("/rota/away"))
    said = "On 2 of them nobody is there for some of the callback hours, first on Thursday 19 November 2026."
    assert said in lead.get("/reports").text
    page = lead.get("/rota/ahead").text
    assert page.count("9am to 5pm") == 2
    assert "there are no earlier weeks to learn from" in page


@pytest.mark.browser
def test_the_leads_pages_of_the_rota_are_fit_for_everybody(
    page: Page, address: str, stage: Stage, clock: MovingClock, door: Door
) -> None:
    planned(stage, clock, door, many=9)
    enter(page, address, LEAD)
    page.goto(f"{address}/rota")
    page.get_by_role("button", name="Sam Sample is ill now").click()
    expect(page.get_by_role("status")).to_contain_text("Planning is under way")
    planned(stage, clock, door, many=0)
    # The planner said that something changed, and the page fetched its list by itself.
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"All \d callbacks have a new home"), timeout=20_000)
    look(page)
    for path in ("/rota", "/rota/ahead"):
        page.goto(f"{address}{path}")
        look(page)


@pytest.mark.browser
def test_my_sessions_are_fit_for_everybody(page: Page, address: str) -> None:
    enter(page, address, SAM)
    page.goto(f"{address}/my-sessions")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_label("Your calendar's address")).to_be_visible()
    look(page)
