"""A caller's journey: from the text on an old phone to a call at the time that suits them, or to none at all."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, look
from tests.journeys.conftest import Product
from tests.journeys.test_callers import enquiries, leave_a_message
from tests.journeys.test_texts import awake, gets

__all__ = ["awake"]
pytestmark = pytest.mark.browser
PARENT = "+447700900123"


@pytest.fixture
def old_phone(chromium: Browser) -> Iterator[Page]:
    """A narrow screen and no JavaScript."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": PHONE[0], "height": PHONE[1]})
    yield context.new_page()
    context.close()


def test_a_caller_says_on_an_old_phone_when_to_ring_and_later_that_it_is_sorted(
    awake: Product, old_phone: Page, page: Page
) -> None:
    product = awake
    leave_a_message(product, PARENT)
    product.until(lambda: enquiries(product), "the message opened an enquiry")
    reference = enquiries(product)[0]["reference"]
    with product.client("therapist", for_email=product.person("amira.example@example.nhs.uk", "therapist")) as amira:
        amira.post(f"/enquiries/{reference}/triage", json={"caller": {"texts": True}}).raise_for_status()
    (address,) = re.findall(r"http\S+/c/\S+", gets(product, PARENT, "Say when to ring"))

    old_phone.goto(address)
    old_phone.get_by_label("Between two times, which I choose below").check()
    old_phone.get_by_label("Between: from").select_option(label="3:30pm")
    old_phone.get_by_label("Between: to").select_option(label="4:30pm")
    old_phone.get_by_label("Interpreter for").select_option(label="Polish")
    old_phone.get_by_role("button", name="Send").click()
    expect(old_phone.get_by_text("When we may ring: 3:30pm to 4:30pm.")).to_be_visible()
    assert old_phone.context.cookies() == []
    afternoon = "SELECT 1 FROM callback WHERE state = 'planned' AND (starts_at AT TIME ZONE 'Europe/London')::time"
    product.until(lambda: product.figures(f"{afternoon} >= '15:30'"), "the call was planned into that hour")

    page.goto(address)
    look(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    look(page)

    old_phone.goto(address)
    old_phone.get_by_role("link", name="It is sorted").click()
    old_phone.get_by_role("button", name="It is sorted").click()
    expect(old_phone.get_by_text("You no longer need us to ring")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="This page has closed")).to_be_visible()
    look(page)
    assert product.figures("SELECT status <> 'closed', sorted_at IS NOT NULL FROM enquiry") == [(True, True)]
