"""The live line of EPUT on a Thursday at 13:00: who waits, who is connected, and what everybody else is led to."""

import re

import pytest
from playwright.sync_api import Page, expect

from advice_line import db
from advice_line.audit import Actor
from advice_line.lines import rota
from advice_line.lines.directory import Directory
from advice_line.live import duty
from tests.browser import look
from tests.journeys.conftest import EPUT, Product
from tests.journeys.test_callers import enquiries
from tests.journeys.test_staff import when_signed_in

LINE = "eput_support_line"
ESI, FARID = "+447700900201", "+447700900202"
NURSERY, PARENT = "+441632960103", "+447700900123"
WORDS = "Hello, this is the nursery, we have a question about scissors. Please ring us back."
TESTS = Actor.part("tests")


def goes_on_duty(product: Product, phone: str, **behaviour: object) -> None:
    """The therapist with this phone goes on duty, and the door knows it."""
    product.phone.behaves(phone, **behaviour)
    with db.transaction(product.owner, None) as session:
        service = Directory.load(session).service("eput_cot")
    before = product.live(LINE).on_duty
    with db.transaction(product.owner, service.id) as session:
        (therapist,) = [each for each in rota.therapists(session) if each.phone == phone]
        duty.go_on(session, service.line(LINE), therapist, phone, TESTS, product.now())
    product.live.look()
    assert product.live(LINE).on_duty > before


def is_counted(product: Product, *ends: str) -> None:
    """Every call has this end, in the order in which they began."""
    wanted = [(end,) for end in ends]
    said = "SELECT end_state FROM call ORDER BY started_at, id"
    product.until(lambda: product.figures(said) == wanted, f"the calls ended as {ends}")


def test_with_nobody_on_duty_a_caller_is_led_to_a_message_at_once(at_one: Product) -> None:
    call = at_one.phone.rings(EPUT, NURSERY).hears("nobody can take your call just now").hears("tone")
    call.says(WORDS).hangs_up()
    is_counted(at_one, "message")


def test_a_caller_is_connected_with_the_therapist_on_duty(at_one: Product) -> None:
    goes_on_duty(at_one, ESI)
    call = at_one.phone.rings(EPUT, NURSERY).hears("999").hears("A therapist is with you now").hears("Goodbye").ended()
    is_counted(at_one, "answered_live")
    (ring,) = at_one.phone.rings_of(ESI)
    assert ring["from"] == EPUT
    assert "A caller is waiting on the live line" in " ".join(ring["heard"])  # type: ignore[arg-type]
    (enquiry,) = enquiries(at_one, "eput_cot")
    assert (enquiry["status"], enquiry["heard_at"] is not None) == ("in_call", True)
    at_one.until(lambda: at_one.figures("SELECT state FROM attempt") == [("call_over",)], "the talk was over")
    with at_one.client("therapist", "eput_cot") as esi:
        given = {"outcome": "advice_given", "advice_details": [], "topics": ["fine_motor"], "note": "Scissors."}
        esi.post(f"/enquiries/{enquiry['reference']}/outcome", json=given).raise_for_status()
    assert at_one.figures("SELECT result FROM attempt") == [("spoke_to_caller",)]
    assert at_one.figures("SELECT state FROM callback") == [("kept",)]
    assert at_one.figures("SELECT caller_call_sid FROM offer") == [(call.sid,)]
    assert at_one.figures("SELECT count(*) FROM provider_event WHERE problem IS NOT NULL") == [(0,)]


def test_two_callers_have_one_therapist_in_the_order_in_which_they_came(at_one: Product) -> None:
    goes_on_duty(at_one, ESI, answers="person")
    first = at_one.phone.rings(EPUT, NURSERY).hears("You are next")
    esi = at_one.phone.picks_up(ESI).hears("Press 1").presses("1")
    first.hears("A therapist is with you now").hears("connected")
    second = at_one.phone.rings(EPUT, PARENT).hears("You are next in the queue")
    at_one.until(lambda: at_one.figures("SELECT state FROM offer") == [("talking",)], "the talk was known")
    assert len(at_one.phone.rings_of(ESI)) == 1
    first.hangs_up()
    esi.hears("record what came of the call").ended()
    second.keeps_silent().hears("You are next").presses("1").hears("We have kept your place").ended()
    is_counted(at_one, "answered_live", "callback_requested")
    second_enquiry = enquiries(at_one, "eput_cot")[-1]
    assert second_enquiry["status"] in {"triaged", "assigned"}
    assert str(second_enquiry["due_at"]).startswith("2026-11-19T14:30")


def test_a_therapist_who_does_not_answer_leaves_the_turn_to_the_next(at_one: Product) -> None:
    goes_on_duty(at_one, ESI, answers="no")
    goes_on_duty(at_one, FARID)
    at_one.phone.rings(EPUT, NURSERY).hears("A therapist is with you now").ended()
    is_counted(at_one, "answered_live")
    assert len(at_one.phone.rings_of(ESI)) <= 1
    assert len(at_one.phone.rings_of(FARID)) == 1


def test_a_waiting_caller_leaves_a_message_with_2(at_one: Product) -> None:
    goes_on_duty(at_one, ESI, answers="person")
    call = at_one.phone.rings(EPUT, NURSERY).hears("press 2").presses("2").hears("tone")
    call.says(WORDS).hangs_up()
    is_counted(at_one, "message")


def test_who_hangs_up_while_waiting_is_counted_and_the_therapist_is_told(at_one: Product) -> None:
    goes_on_duty(at_one, ESI, answers="person")
    call = at_one.phone.rings(EPUT, NURSERY).hears("You are next")
    esi = at_one.phone.picks_up(ESI).hears("Press 1")
    call.hangs_up()
    esi.presses("1").hears("nobody else is waiting").ended()
    is_counted(at_one, "hung_up_queue")
    assert enquiries(at_one, "eput_cot") == []


def test_a_voicemail_never_takes_a_caller(at_one: Product) -> None:
    goes_on_duty(at_one, ESI, answers="voicemail")
    call = at_one.phone.rings(EPUT, NURSERY).hears("You are next")
    at_one.until(
        lambda: at_one.figures("SELECT problem FROM offer WHERE finished_at IS NOT NULL") == [("not_taken",)],
        "the ring was not taken",
    )
    call.presses("1").hears("kept your place").ended()
    is_counted(at_one, "callback_requested")


@pytest.mark.browser
def test_the_therapist_who_answers_lands_on_the_enquiry(at_one: Product, page: Page) -> None:
    at_one.person("esi.example@example.nhs.uk", "therapist", "eput_cot")
    when_signed_in(at_one, page, "esi.example@example.nhs.uk")
    page.get_by_role("link", name="Live line").click()
    look(page)
    page.get_by_role("button", name="Go on duty").click()
    expect(page.get_by_text("You are on duty until today at 2:30pm")).to_be_visible()
    look(page)
    at_one.until(lambda: at_one.live(LINE).on_duty, "the door knew of the duty")
    at_one.phone.rings(EPUT, NURSERY).hears("A therapist is with you now").ended()
    expect(page.get_by_role("heading", name=re.compile("^Enquiry E-"))).to_be_visible()
    page.get_by_role("button", name="Record the outcome").click()
    page.get_by_label("Advice given").check()
    page.get_by_label("Advice and strategies to try").check()
    page.get_by_label("What it was mainly about").select_option("fine_motor")
    page.get_by_role("button", name=re.compile("Save and close")).click()
    at_one.until(lambda: at_one.figures("SELECT outcome FROM enquiry") == [("advice_given",)], "the outcome was kept")
