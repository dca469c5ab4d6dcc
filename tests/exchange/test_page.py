"""The practice phone in a real browser: with a mouse, with the keyboard alone, on a small screen, and for axe."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import FilePayload, Page, expect

from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.run import running
from tests.browser import chromium, look, page
from tests.exchange.product import ACCOUNT, LINE, TOKEN, Product
from tests.exchange.sounds import hum

__all__ = ["chromium", "page"]

pytestmark = pytest.mark.browser


@pytest.fixture
def exchange(product: Product, folder: Path) -> Iterator[str]:
    line = NumberConfig(f"{product.url}/webhooks/voice", label="Advice line")
    numbers = {LINE: line}
    with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, folder, pace=0.02, numbers=numbers)) as url:
        yield url


@pytest.fixture
def phone(page: Page, exchange: str, product: Product) -> Page:
    """The practice phone, before an advice line with one menu."""
    product.says("/webhooks/voice", '<Gather numDigits="1" action="/menu"><Say>Welcome. Press 3.</Say></Gather>')
    product.says("/menu", '<Say>After the tone, speak.</Say><Record action="/done" finishOnKey="#"/>')
    product.says("/done", "<Say>Thank you.</Say>")
    page.goto(f"{exchange}/practice-phone")
    expect(page.get_by_label("Line to ring")).to_contain_text("Advice line, 01632 960111")
    return page


def status(page: Page, text: str) -> None:
    expect(page.locator("#status")).to_have_text(text)


def heard(page: Page, text: str) -> None:
    expect(page.get_by_role("log")).to_contain_text(text)


def test_a_visitor_rings_and_leaves_a_message_with_the_mouse(phone: Page, product: Product) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    heard(phone, "Press 3.")
    phone.get_by_role("button", name="3", exact=True).click()
    phone.get_by_label("What you say").last.fill("Hello, please ring me back after three.")
    phone.get_by_role("button", name="Say it").click()
    heard(phone, "Hello, please ring me back after three.")
    phone.get_by_role("button", name="Hash").click()
    heard(phone, "Thank you.")
    status(phone, "The call is over.")
    assert product.to("/done")[0]["Digits"] == "#"


def test_a_visitor_rings_with_the_keyboard_alone(phone: Page, product: Product) -> None:
    phone.get_by_role("button", name="Call", exact=True).focus()
    phone.keyboard.press("Enter")
    status(phone, "The line is listening for a key.")
    phone.keyboard.press("3")
    status(phone, "Recording. Say something, or hang up.")
    phone.keyboard.press("#")
    status(phone, "The call is over.")
    expect(phone.get_by_role("button", name="Call", exact=True)).to_be_focused()
    assert product.to("/menu")[0]["Digits"] == "3"


def test_a_withheld_visitor_plays_a_file_and_hangs_up(phone: Page, product: Product) -> None:
    phone.get_by_label("Your number").select_option("Withheld")
    phone.get_by_role("button", name="Call", exact=True).click()
    status(phone, "The line is listening for a key.")
    phone.keyboard.press("3")
    file = FilePayload(name="message.wav", mimeType="audio/wav", buffer=hum(3).wav())
    phone.get_by_label("Or play a recording").set_input_files([file])
    phone.get_by_role("button", name="Say it").click()
    heard(phone, "(a recording of 3.0 seconds)")
    phone.get_by_role("button", name="Hang up").click()
    status(phone, "The call is over.")
    product.waits_for("/done")
    assert product.to("/webhooks/voice")[0]["From"] == "anonymous"


def test_doing_nothing_lets_the_line_lose_patience(phone: Page, product: Product) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    status(phone, "The line is listening for a key.")
    phone.get_by_role("button", name="Do nothing and wait").click()
    status(phone, "The call is over.")
    assert product.to("/menu") == []


def test_leaving_the_page_hangs_up(phone: Page, exchange: str) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    status(phone, "The line is listening for a key.")
    phone.goto("about:blank")
    for _ in range(50):
        if httpx.get(f"{exchange}/practice/health").json()["live"] == 0:
            return
    raise AssertionError("the call is still going on")


def test_a_visitor_answers_the_telephone_that_the_product_rings(phone: Page, exchange: str, product: Product) -> None:
    product.says("/answered", '<Gather numDigits="1" action="/accepted"><Say>A callback. Press 1.</Say></Gather>')
    phone.get_by_role("button", name="Ring here").click()
    expect(phone.get_by_role("button", name="Stop ringing here")).to_be_visible()
    call = {"To": "+447700900001", "From": LINE, "Url": f"{product.url}/answered"}
    httpx.post(f"{exchange}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", data=call, auth=(ACCOUNT, TOKEN))
    expect(phone.get_by_text("Ringing: a call from 01632 960111.")).to_be_visible()
    phone.get_by_role("button", name="Answer").click()
    heard(phone, "Press 1.")
    phone.keyboard.press("1")
    status(phone, "The call is over.")
    assert product.to("/accepted")[0]["Digits"] == "1"


def test_a_number_that_is_none_is_said_to_be_none(phone: Page) -> None:
    phone.get_by_label("Line to ring").select_option("Another number")
    phone.get_by_label("Number to ring").fill("0800")
    phone.get_by_role("button", name="Call", exact=True).click()
    expect(phone.get_by_role("alert").first).to_have_text("Enter the number to ring, starting with +44.")


def test_without_known_lines_the_number_is_typed(page: Page, exchange_url: str, product: Product) -> None:
    page.goto(f"{exchange_url}/practice-phone")
    page.get_by_label("Number to ring").fill("+44 1632 960111")
    expect(page.get_by_label("Line to ring")).to_be_hidden()
    page.get_by_role("button", name="Call", exact=True).click()
    status(page, "The call is over.")
    assert product.to("/webhooks/voice")[0]["To"] == LINE


def test_the_page_is_fit_for_everybody_before_in_and_after_a_call(phone: Page) -> None:
    look(phone)
    phone.get_by_role("button", name="Call", exact=True).click()
    status(phone, "The line is listening for a key.")
    phone.keyboard.press("3")
    status(phone, "Recording. Say something, or hang up.")
    look(phone)
    phone.keyboard.press("#")
    status(phone, "The call is over.")
    look(phone)


def test_the_page_asks_no_other_host_and_allows_no_inline_script(exchange: str) -> None:
    answer = httpx.get(f"{exchange}/", follow_redirects=True)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "://" not in answer.text
    assert "<script>" not in answer.text
