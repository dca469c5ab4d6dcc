"""Staff journeys in a real browser: the therapist's morning, the lead's figures."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import look
from tests.journeys.conftest import HERTS, PASSWORD, Product

pytestmark = pytest.mark.browser
PARENT = "+447700900123"
AMIRA = "amira.example@example.nhs.uk"


def given_a_message(product: Product, caller: str = PARENT) -> None:
    call = product.phone.rings(HERTS, from_=caller).hears("press 3").presses("3").presses("1").hears("tone")
    call.says("Hello, this is Kit Example's mum. Please ring me about his writing.").hangs_up().ended()
    product.until(lambda: product.figures("SELECT 1 FROM message WHERE state = 'stored'"), "the audio was stored")


def when_signed_in(product: Product, page: Page, email: str) -> None:
    page.goto(f"{product.url}/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_therapist_hears_a_message_rings_back_and_records_advice(product: Product, page: Page) -> None:
    product.person(AMIRA, "therapist")
    given_a_message(product)
    when_signed_in(product, page, AMIRA)

    expect(page.get_by_role("heading", name="Not yet heard")).to_be_visible()
    look(page)
    seconds = page.evaluate(
        "async () => { const player = document.querySelector('audio'); player.muted = true; await player.play();"
        " return player.duration }"
    )
    assert seconds > 1
    page.get_by_role("button", name="1.5 times").click()
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5

    page.get_by_role("button", name=re.compile("Heard: note the details")).click()
    look(page)
    page.get_by_label("Caller’s name").fill("Kit's mum Example")
    page.get_by_label("Who they are").select_option("parent_carer")
    page.get_by_label("What it is mainly about").select_option("fine_motor")
    page.get_by_role("button", name="Save").click()
    look(page)

    page.get_by_role("button", name="Ring back").click()
    expect(page.get_by_role("status")).to_contain_text("The call is over")
    look(page)
    rings = [product.phone.rings_of(number) for number in ("+441632960230", PARENT)]
    assert {ring["from"] for theirs in rings for ring in theirs} == {HERTS}

    page.get_by_role("button", name="Record the outcome").click()
    look(page)
    page.get_by_label("Advice given").check()
    page.get_by_label("Advice and strategies to try").check()
    page.get_by_label("Note for the record").fill("Pencil grip, shown twice.")
    page.get_by_role("button", name=re.compile("Save and close")).click()
    expect(page.get_by_text("Pencil grip, shown twice.")).to_be_visible()
    look(page)
    assert product.figures("SELECT status, outcome FROM enquiry") == [("closed", "advice_given")]
    assert product.figures("SELECT result FROM attempt") == [("spoke_to_caller",)]


def test_one_press_flags_possible_safeguarding_and_shows_whom_to_ring(product: Product, page: Page) -> None:
    product.person(AMIRA, "therapist")
    given_a_message(product)
    when_signed_in(product, page, AMIRA)
    page.get_by_role("button", name=re.compile("Possible safeguarding")).click()
    expect(page.get_by_role("heading", name="Possible safeguarding concern")).to_be_visible()
    look(page)
    assert product.figures("SELECT priority FROM enquiry") == [("safeguarding",)]
    page.get_by_role("link", name="Close without an outcome").click()
    page.get_by_label("Could not reach the caller").check()
    page.get_by_role("button", name="Close the enquiry").click()
    expect(page.get_by_text("possible safeguarding", exact=False).first).to_be_visible()
    assert product.figures("SELECT status FROM enquiry") == [("new",)]


def test_a_referral_is_agreed_in_one_form(product: Product, page: Page) -> None:
    product.person(AMIRA, "therapist")
    given_a_message(product)
    when_signed_in(product, page, AMIRA)
    page.get_by_role("link", name=re.compile("^H-")).click()
    page.get_by_role("button", name="Record a call you made yourself").click()
    page.get_by_label("Spoke to the caller").check()
    look(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Convert to referral").check()
    page.get_by_role("button", name=re.compile("Save and close")).click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    look(page)
    page.get_by_label("How the referral will be made").select_option("herts_school_age")
    page.get_by_label("Who will send it").select_option("senco")
    page.get_by_label("The child’s phase").select_option("school_age")
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("What it was mainly about").select_option("fine_motor")
    page.get_by_role("button", name=re.compile("Save and close")).click()
    expect(page.get_by_text("Stage:")).to_be_visible()
    assert product.figures("SELECT stage, who_will_send FROM referral") == [("agreed", "senco")]


def test_the_list_of_callbacks_says_why_each_is_mine(product: Product, page: Page) -> None:
    for name in ("amira.example", "ben.sample", "cerys.specimen", "dominik.pretend"):
        product.person(f"{name}@example.nhs.uk", "therapist")
    given_a_message(product)
    product.until(lambda: product.figures("SELECT 1 FROM callback WHERE state = 'planned'"), "the callback was planned")
    ((email,),) = product.figures(
        "SELECT p.email FROM callback c JOIN therapist t ON t.id = c.therapist_id JOIN person p ON p.id = t.person_id"
    )
    when_signed_in(product, page, str(email))
    page.get_by_role("link", name="My callbacks").click()
    expect(page.get_by_text("Why it is yours")).to_be_visible()
    look(page)


def test_a_lead_sees_what_waits_and_every_figure_has_its_table(product: Product, page: Page) -> None:
    product.person("lead@example.nhs.uk", "lead")
    given_a_message(product)
    when_signed_in(product, page, "lead@example.nhs.uk")
    expect(page.get_by_role("heading", name="Waiting now")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("1 not yet heard"))).to_be_visible()
    assert page.locator("svg.al-chart").count() == 2
    look(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download these figures as CSV").click()
    assert "calls,messages,enquiries" in download.value.path().read_text()
    page.get_by_role("link", name="Enquiries", exact=True).click()
    look(page)


def test_another_services_enquiry_is_not_there(product: Product, page: Page) -> None:
    product.person("esi.example@example.nhs.uk", "therapist", "eput_cot")
    given_a_message(product)
    when_signed_in(product, page, "esi.example@example.nhs.uk")
    ((reference,),) = product.figures("SELECT reference FROM enquiry")
    answer = page.goto(f"{product.url}/enquiries/{reference}")
    assert answer is not None
    assert answer.status == 404
