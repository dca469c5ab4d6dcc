"""What is unaccounted for, what was found and what is wrong: on the lead's pages."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from advice_line import alarms, db, troubles, workers
from advice_line.callbacks import attempt as attempts
from advice_line.inbox import reconciliation
from advice_line.troubles import Failure
from tests import factories
from tests.browser import look
from tests.pages.conftest import Visit
from tests.scene import Stage
from tests.staff import makers


@pytest.fixture
def lead(scene_visit: Visit, stage: Stage, now: datetime) -> Visit:
    makers.add_member(stage.owner, now, {"herts_cot": "lead"}, email="lead@example.nhs.uk")
    scene_visit.sign_in("lead@example.nhs.uk")
    return scene_visit


def test_where_nothing_is_missing_the_page_says_so(lead: Visit) -> None:
    page = lead.get("/reports/unaccounted").text
    assert "Every call and every recording is accounted for." in page
    assert "have not been compared" in page


def test_what_is_missing_and_what_was_found_are_listed(lead: Visit, stage: Stage, now: datetime) -> None:
    with stage.story() as session:
        missing = factories.an_expected_message(session, stage.scene.herts, now - timedelta(hours=1))
        call = factories.a_call(session, stage.scene.herts, now - timedelta(hours=2), found_at=now)
        reconciliation.done(session, stage.scene.herts.id, now, now)
        reconciliation.failed(session, stage.scene.herts.id, "The network is away.", now, None)
        assert missing.recording_sid is None
        assert call.found_at
    page = lead.get("/reports/unaccounted").text
    assert "we do not know whether a message was left" in page
    assert "Found in the last four weeks" in page
    assert "The network is away." in page
    assert "7700" not in page


def test_an_alarm_stands_on_the_leads_page_while_it_holds(lead: Visit, stage: Stage, now: datetime) -> None:
    with stage.story() as session:
        alarms.settle(session, stage.scene.herts.id, {("line_silent", "herts_advice_line"): 1}, now)
    page = lead.get("/reports").text
    assert "A line is unusually quiet: " in page
    assert 'href="/reports/unaccounted"' in page
    with stage.story() as session:
        alarms.settle(session, stage.scene.herts.id, {}, now)
    assert "Needs your attention" not in lead.get("/reports").text


def test_work_in_the_background_that_fails_stays_in_sight(lead: Visit, stage: Stage, now: datetime) -> None:
    assert "Nothing is at work in the background" in lead.get("/reports/unaccounted").text
    with db.transaction(stage.serving, None) as session:
        workers.beat(session, "one", now)
    assert "Everything in the background works" in lead.get("/reports/unaccounted").text
    for place, job in (("herts_cot", "plan"), ("eput_cot", "send_texts")):
        with db.transaction(stage.serving, None) as session:
            troubles.failed(session, (job, place), Failure("one", now, "OperationalError", "57014"))
    page = lead.get("/reports/unaccounted").text
    assert "Planning calls" in page
    assert "OperationalError 57014" in page
    assert "Sending texts" not in page
    with db.transaction(stage.serving, None) as session:
        troubles.recovered(session, ("plan", "herts_cot"))
    assert "Works again" in lead.get("/reports/unaccounted").text


def test_a_therapist_does_not_see_the_ledger(scene_visit: Visit, stage: Stage, now: datetime) -> None:
    makers.add_member(stage.owner, now, {"herts_cot": "therapist"}, email="terry@example.nhs.uk")
    scene_visit.sign_in("terry@example.nhs.uk")
    assert scene_visit.get("/reports/unaccounted").status_code == 403


@pytest.mark.browser
def test_the_leads_pages_are_fit_for_everybody_when_much_is_wrong(
    page: Page, scene_address: str, stage: Stage, now: datetime
) -> None:
    makers.add_member(stage.owner, now, {"herts_cot": "lead"}, email="lead@example.nhs.uk")
    with stage.story() as session:
        factories.an_expected_message(session, stage.scene.herts, now - timedelta(hours=1))
        factories.a_call(session, stage.scene.herts, now - timedelta(hours=2), found_at=now)
        alarms.settle(session, stage.scene.herts.id, {("unaccounted", ""): 1, ("unheard_late", ""): 2}, now)
        workers.beat(session, "one", now)
        troubles.failed(session, ("plan", "herts_cot"), Failure("one", now, "OperationalError", "57014"))
    page.goto(f"{scene_address}/sign-in")
    page.get_by_label("Email address").fill("lead@example.nhs.uk")
    page.get_by_label("Password", exact=True).fill(makers.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Needs your attention")).to_be_visible()
    look(page)
    page.get_by_role("link", name="unaccounted for").click()
    expect(page.get_by_role("heading", level=1, name="Unaccounted for")).to_be_visible()
    look(page)


def test_a_call_without_a_result_stands_on_the_leads_page_after_an_hour(
    lead: Visit, stage: Stage, now: datetime
) -> None:
    with stage.story() as session:
        enquiry = factories.a_heard_enquiry(session, stage.scene.herts, now - timedelta(days=1))
        facts = {"state": "call_over", "therapist_id": stage.scene.sam.id, "call_ended_at": now - timedelta(minutes=59)}
        call = attempts.open_one(session, enquiry, factories.TESTER, now - timedelta(hours=2), **facts)
    assert "Calls without a result" not in lead.get("/reports").text
    with stage.story() as session:
        session.merge(call).call_ended_at = now - timedelta(hours=1)
    page = lead.get("/reports").text
    assert f'href="/enquiries/{enquiry.reference}"' in page
    assert f"rung by {stage.scene.sam.name}, over today" in page
