"""The practice phone's microphone, in a real browser whose device is made up: it beeps once a second."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.run import running
from advice_line.exchange.sound import Sound
from tests.browser import FLAGS, SHARED, WITH_A_WINDOW, find, look, page
from tests.exchange.product import ACCOUNT, LINE, TOKEN, Product
from tests.exchange.test_page import status
from tests.exchange.test_rest import media

__all__ = ["page"]

pytestmark = pytest.mark.browser

STRANGER = "practice.example"
"""A host name that leads to this machine, but that the browser takes for any other."""
FAKE_DEVICE = ("--use-fake-device-for-media-stream", f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser with a microphone that beeps."""
    SHARED.put_away()
    with sync_playwright() as playwright:
        path = find(playwright, WITH_A_WINDOW)
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *FAKE_DEVICE])
        yield browser
        browser.close()


@pytest.fixture
def exchange(product: Product, tmp_path: Path) -> Iterator[str]:
    record = '<Record action="/done" finishOnKey="#" trim="do-not-trim" recordingStatusCallback="/rec"/>'
    product.says("/webhooks/voice", record)
    numbers = {LINE: NumberConfig(f"{product.url}/webhooks/voice", label="Advice line")}
    with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, tmp_path, pace=0.02, numbers=numbers)) as url:
        yield url


def ring(page: Page, address: str) -> None:
    """Ring the line, up to the tone."""
    page.goto(f"{address}/practice-phone")
    expect(page.get_by_label("Line to ring")).to_contain_text("Advice line")
    page.get_by_role("button", name="Call", exact=True).click()
    status(page, "Recording. Say something, or hang up.")


def test_a_visitor_speaks_into_the_microphone(page: Page, exchange: str, product: Product) -> None:
    page.context.grant_permissions(["microphone"])
    ring(page, exchange)
    page.get_by_role("button", name="Speak into the microphone").click()
    expect(page.get_by_text("The microphone is on.")).to_be_visible()
    look(page)
    expect(page.get_by_text(re.compile(r"^([2-9]|\d\d) seconds$"))).to_be_visible()
    page.get_by_role("button", name="Stop, and say it").click()
    expect(page.get_by_role("log")).to_contain_text("(a recording of")
    page.get_by_role("button", name="Hang up").click()
    status(page, "The call is over.")
    (told,) = product.waits_for("/rec")  # the sound is not there before
    sound = Sound.of_wav(media(exchange, told["RecordingSid"]).content)
    assert sound.seconds >= 2
    assert sound.voiced().any()


def test_a_visitor_who_does_not_lend_the_microphone_is_told_and_can_type(page: Page, exchange: str) -> None:
    ring(page, exchange)
    page.get_by_role("button", name="Speak into the microphone").click()
    expect(page.get_by_role("alert").first).to_contain_text("does not let this page use the microphone")
    page.get_by_label("What you say").last.fill("Hello.")
    page.get_by_role("button", name="Say it", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("Hello.")


def test_hanging_up_lets_go_of_the_microphone(page: Page, exchange: str) -> None:
    page.context.grant_permissions(["microphone"])
    ring(page, exchange)
    page.get_by_role("button", name="Speak into the microphone").click()
    expect(page.get_by_text("The microphone is on.")).to_be_visible()
    page.get_by_role("button", name="Hang up").click()
    status(page, "The call is over.")
    expect(page.get_by_text("It listens until you press the button again.")).to_be_visible()


def test_where_the_browser_lends_no_microphone_the_page_says_so_plainly(page: Page, exchange: str) -> None:
    ring(page, exchange.replace("127.0.0.1", STRANGER))
    expect(page.get_by_text("Your microphone cannot be used here")).to_be_visible()
    expect(page.get_by_role("button", name="Speak into the microphone")).to_be_hidden()
    look(page)
