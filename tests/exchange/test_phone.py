"""The client that reads like a call, and fails like one."""

import time

import pytest

from advice_line.exchange.phone import CallWentWrong, PracticeError, PracticePhone
from tests.exchange.product import LINE, Product
from tests.exchange.sounds import hum

VOICE = "/webhooks/voice"


def line_with_menus(product: Product) -> None:
    product.says(VOICE, '<Gather numDigits="1" action="/menu"><Say>In an emergency ring 999. Press 3.</Say></Gather>')
    product.says("/menu", '<Gather numDigits="1" action="/sub"><Say>Press 1.</Say></Gather>')
    product.says("/sub", '<Say>Speak after the tone.</Say><Record action="/done"/>')


def test_a_call_reads_like_a_call(caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    call = (
        caller.rings(LINE).hears("press 3").presses("3").presses("1").hears("After the tone").says("Hello, it is me.")
    )
    assert call.hangs_up().status == "completed"
    assert product.to("/done")[0]["Digits"] == "hangup"


def test_words_are_heard_across_sentences_and_whatever_the_capitals(caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    caller.rings(LINE).hears("ring 999. press").hears("Emergency").hangs_up()


def test_what_was_heard_before_a_key_does_not_count_after_it(caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    with pytest.raises(CallWentWrong, match=r"never heard '999'[^$]*Pressed: 3"):
        caller.rings(LINE).presses("3").hears("999")


def test_a_sentence_that_never_comes_fails_at_once_with_the_transcript(exchange_url: str, product: Product) -> None:
    line_with_menus(product)
    patient = PracticePhone(exchange_url, patience=60)
    started = time.monotonic()
    with pytest.raises(CallWentWrong, match=r"waiting for keys:\n  Heard: In an emergency ring 999."):
        patient.rings(LINE).hears("press 9")
    assert time.monotonic() - started < 30
    patient.close()


def test_speaking_without_a_tone_fails(caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    with pytest.raises(CallWentWrong, match="never heard the tone"):
        caller.rings(LINE).plays(hum(1).wav())


def test_pressing_after_the_call_is_over_fails(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Say>Bye.</Say>")
    with pytest.raises(CallWentWrong, match="never was asked for a key, to press 1"):
        caller.rings(LINE).presses("1")


def test_waiting_for_the_end_of_a_call_that_waits_for_us_fails(caller: PracticePhone, product: Product) -> None:
    line_with_menus(product)
    with pytest.raises(CallWentWrong, match="never came to the end"):
        caller.rings(LINE).ended()


def test_picking_up_what_does_not_ring_fails(exchange_url: str) -> None:
    phone = PracticePhone(exchange_url, patience=0.1)
    with pytest.raises(CallWentWrong, match="Nobody rang"):
        phone.picks_up("+447700900999")
    phone.close()


def test_an_address_that_is_no_exchange_is_said_to_be_none(product: Product) -> None:
    phone = PracticePhone(product.url)
    product.answers["/practice/calls"] = "<Response/>"
    with pytest.raises(PracticeError, match=r"Is .+ a practice exchange"):
        phone.behaves("+447700900999", answers="no")
    phone.close()


def test_a_telephone_that_answers_by_itself_cannot_be_picked_up(caller: PracticePhone, product: Product) -> None:
    call = caller.rings(LINE).ended()
    with pytest.raises(PracticeError, match="not ringing any more"):
        caller.order(f"/practice/calls/{call.sid}/answer")


def test_how_a_telephone_behaves_is_checked(caller: PracticePhone) -> None:
    with pytest.raises(PracticeError, match="answers"):
        caller.behaves("+447700900999", answers="sometimes")
