"""Ringing back with a phone in one hand: the pages at each step of a call, wide and narrow."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, look, page
from tests.pages.conftest import Clock, Visit
from tests.pages.test_calling import clock, goes, path, sam_visits
from tests.scene import Stage

__all__ = ["chromium", "clock", "page", "path", "sam_visits"]
pytestmark = pytest.mark.browser
# What the page does by itself when something of the service changed.
RENEW = """() => new Promise((renewed) => {
  document.body.addEventListener("htmx:after:swap", () => renewed(), { once: true });
  document.body.dispatchEvent(new Event("changed"));
})"""


def test_a_call_that_is_cut_off_is_rung_again_with_one_thumb(
    chromium: Browser, page: Page, sam_visits: Visit, stage: Stage, path: str, clock: Clock
) -> None:
    address = str(sam_visits.client.base_url).rstrip("/")
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address").fill("sam@example.nhs.uk")
    page.get_by_label("Password", exact=True).fill("three quiet rivers")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{address}/callbacks")
    expect(page.get_by_label("My desk phone")).to_be_visible()
    look(page)
    page.goto(f"{address}{path}")
    page.get_by_role("button", name="Ring back").click()
    expect(page.get_by_role("button", name="Stop the call")).to_be_visible()
    goes(stage, "placing", "talking", now=clock(), answered_at=clock())
    page.goto(f"{address}{path}")
    page.get_by_text("If their voicemail answers").click()
    expect(page.get_by_text("Say only this")).to_be_visible()
    page.evaluate(RENEW)
    expect(page.get_by_text("Say only this")).to_be_visible()
    goes(stage, "call_over", now=clock())
    page.goto(f"{address}{path}")
    look(page)
    page.get_by_role("button", name="Not spoken to: record the attempt").click()
    look(page)
    page.goto(f"{address}{path}")
    page.get_by_role("button", name="Cut off: ring again now").click()
    expect(page.get_by_text("We are about to ring your phone.")).to_be_visible()
