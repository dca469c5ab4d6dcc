"""Words typed during a call are never gone: with and without JavaScript, signed out, or closed by somebody else."""

import re
import threading
import time
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from advice_line import outcomes
from advice_line.door import Door
from advice_line.drafts import Draft
from advice_line.enquiries import enquiry as enquiries
from tests import factories
from tests.browser import look
from tests.factories import TESTER
from tests.pages.conftest import Clock, Visit
from tests.scene import Stage
from tests.staff import makers

WORDS = {"note": "Pencil grip,\r\nshown twice.", "advice_details": "strategies", "topic": "fine_motor", "mood": "good"}
HERE = {"sec-fetch-site": "same-origin"}
BY_ITSELF = {"hx-request": "true", **HERE}


@pytest.fixture
def clock(_door_to_scene: Door, scene_address: str) -> Clock:
    """The clock of the scene's pages."""
    assert isinstance(_door_to_scene.now, Clock)
    return _door_to_scene.now


@pytest.fixture
def path(stage: Stage, now: datetime) -> str:
    """The outcome's page of an enquiry that was heard."""
    with stage.story() as session:
        return f"/enquiries/{factories.a_heard_enquiry(session, stage.scene.herts, now).reference}/outcome"


@pytest.fixture
def sam_writes(path: str, scene_visit: Visit) -> Visit:
    scene_visit.sign_in()
    return scene_visit


def types(visit: Visit, path: str, token: str, **words: str) -> tuple[int, str]:
    """As the page does by itself a few seconds after a key."""
    answer = visit.client.post(f"{path}/draft", data={"csrf_token": token, **WORDS, **words}, headers=BY_ITSELF)
    assert "hx-redirect" not in answer.headers
    return answer.status_code, " ".join(answer.text.split())


def token_in(page: str) -> str:
    return str(re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1])


def kept(stage: Stage) -> list[dict[str, list[str]]]:
    with stage.story() as session:
        return [draft.fields for draft in session.query(Draft)]


def until_kept(stage: Stage, field: str, value: str) -> None:
    """Return when the only draft has this in this field; fail if it does not come to have it in time."""
    deadline = time.monotonic() + 60
    while [draft.get(field) for draft in kept(stage)] != [[value]]:
        assert time.monotonic() < deadline, "These words were not kept."
        threading.Event().wait(0.05)


def test_what_is_typed_is_saved_and_found_again(sam_writes: Visit, stage: Stage, path: str) -> None:
    status, said = types(sam_writes, path, sam_writes.token(path))
    assert (status, said.endswith("Draft saved at 10:05am")) == (200, True)
    fields = {"note": ["Pencil grip,\nshown twice."], "advice_details": ["strategies"], "topic": ["fine_motor"]}
    assert kept(stage) == [fields]
    page = sam_writes.get(path).text
    assert "Pencil grip,\nshown twice.</textarea>" in page
    assert 'value="strategies" checked' in page
    assert "Draft saved today at 10:05am. Nobody else can see it." in page
    assert "Go on with your draft" in sam_writes.get(path.removesuffix("/outcome")).text
    with stage.owner.connect() as connection:
        done = connection.scalars(text("SELECT action FROM audit WHERE action LIKE 'draft%' ORDER BY id")).all()
    assert done == ["draft begun", "draft seen"]


def test_a_screen_reader_is_told_once_a_minute(sam_writes: Visit, path: str) -> None:
    token = sam_writes.token(path)
    assert types(sam_writes, path, token, draft_shown="10:04am")[0] == 200
    assert types(sam_writes, path, token, draft_shown="10:05am")[0] == 204


def test_without_javascript_a_button_saves(sam_writes: Visit, stage: Stage, path: str) -> None:
    sent = sam_writes.send(f"{path}/draft", WORDS)
    assert (sent.status_code, sent.headers["location"], len(kept(stage))) == (303, path, 1)


def test_a_colleague_sees_nothing_of_it(sam_writes: Visit, stage: Stage, path: str, now: datetime) -> None:
    types(sam_writes, path, sam_writes.token(path))
    kit = makers.add_member(stage.owner, now, {"herts_cot": "lead"}, email="kit@example.nhs.uk", name="Kit Sample")
    sam_writes.send("/sign-out")
    sam_writes.sign_in(kit.email)
    for page in (path, path.removesuffix("/outcome")):
        shown = sam_writes.get(page)
        assert shown.status_code == 200
        assert not any(words in shown.text for words in ("Pencil grip", "Draft saved", "your draft"))


def test_who_was_signed_out_meanwhile_keeps_the_words_and_types_on_after_signing_in(
    sam_writes: Visit, stage: Stage, path: str, clock: Clock
) -> None:
    token = sam_writes.token(path)
    clock.forward(minutes=31)
    status, said = types(sam_writes, path, token)
    assert (status, "They are still on this page" in said, "Sign in again" in said) == (401, True, True)
    sam_writes.sign_in()
    status, said = types(sam_writes, path, token)
    assert (status, "You have signed in again" in said) == (403, True)
    assert types(sam_writes, path, token_in(said))[0] == 200
    assert len(kept(stage)) == 1


@pytest.mark.parametrize("button", ["", "/draft"])
def test_a_form_sent_after_being_signed_out_comes_back_with_its_words(
    sam_writes: Visit, stage: Stage, path: str, clock: Clock, button: str
) -> None:
    clock.forward(minutes=31)
    sent = sam_writes.client.post(f"{path}{button}", data={"csrf_token": "old", **WORDS}, headers=HERE)
    assert (sent.status_code, "Pencil grip,\nshown twice.</textarea>" in sent.text) == (401, True)
    assert 'name="advice_details" value="strategies"' in sent.text
    sam_writes.sign_in()
    again = sam_writes.client.post(f"{path}/draft", data={"csrf_token": token_in(sent.text), **WORDS}, headers=HERE)
    assert (again.status_code, "You have signed in again" in again.text, kept(stage)) == (403, True, [])
    saved = sam_writes.send(f"{path}/draft", WORDS, token=token_in(again.text))
    assert (saved.status_code, len(kept(stage))) == (303, 1)


def test_words_that_another_site_sends_are_not_shown(sam_writes: Visit, path: str) -> None:
    elsewhere = {"sec-fetch-site": "cross-site"}
    sent = sam_writes.client.post(path, data={"csrf_token": sam_writes.token(path), **WORDS}, headers=elsewhere)
    assert (sent.status_code, "Pencil" in sent.text) == (403, False)


def test_a_refused_outcome_leaves_the_words_on_the_screen(sam_writes: Visit, path: str) -> None:
    sent = sam_writes.send(path, {**WORDS, "outcome": "advice_given"})
    assert (sent.status_code, "needs a conversation" in sent.text) == (409, True)
    assert "shown twice.</textarea>" in sent.text


def test_who_types_on_after_somebody_else_ended_it_is_told_so(
    sam_writes: Visit, stage: Stage, path: str, now: datetime
) -> None:
    token = sam_writes.token(path)
    assert types(sam_writes, path, token)[0] == 200
    with stage.story() as session:
        one = enquiries.by_reference(session, stage.scene.herts.id, path.split("/")[2], lock=True)
        outcomes.close(session, one, "caller_withdrew", "", TESTER, now)
    status, said = types(sam_writes, path, token)
    assert (status, "This enquiry is closed" in said, kept(stage)) == (409, True, [])


@pytest.mark.browser
def test_a_tab_that_is_closed_during_a_call_loses_nothing(
    page: Page, stage: Stage, scene_address: str, path: str, clock: Clock
) -> None:
    page.goto(f"{scene_address}{path}")
    signs_in(page)
    expect(page.get_by_role("status")).to_have_attribute("data-htmx-powered", "true")  # the page listens from here on
    page.get_by_label("Note for the record").press_sequentially("Pencil grip, shown twice.")
    expect(page.get_by_role("status")).to_have_text("Draft saved at 10:05am")
    look(page)
    clock.forward(minutes=1)
    page.get_by_label("Advice given").check()
    expect(page.get_by_role("status")).to_have_text("Draft saved at 10:06am")
    until_kept(stage, "outcome", "advice_given")
    page.get_by_label("Note for the record").fill("Pencil grip, shown twice. And shoes.")
    page.goto("about:blank")
    until_kept(stage, "note", "Pencil grip, shown twice. And shoes.")
    page.goto(f"{scene_address}{path}")
    expect(page.get_by_label("Note for the record")).to_have_value("Pencil grip, shown twice. And shoes.")
    expect(page.get_by_label("Advice given")).to_be_checked()
    look(page)
    clock.forward(minutes=31)
    page.get_by_label("Note for the record").fill("Pencil grip, shown twice. And shoes. Laces.")
    expect(page.get_by_role("status")).to_contain_text("They are still on this page")
    look(page)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your words are still here")
    expect(page.get_by_label("Note for the record")).to_have_value("Pencil grip, shown twice. And shoes. Laces.")
    look(page)

    page.goto(f"{scene_address}{path}")
    signs_in(page)
    expect(page.get_by_role("status")).to_have_attribute("data-htmx-powered", "true")
    page.route("**/draft", lambda route: route.abort())  # not before: what is set up while a page comes may not hold
    page.get_by_label("Note for the record").fill("Buttons.")
    expect(page.get_by_role("status")).to_contain_text("could not be saved just now")


def signs_in(page: Page) -> None:
    page.get_by_label("Email address").fill("sam@example.nhs.uk")
    page.get_by_label("Password", exact=True).fill(makers.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
