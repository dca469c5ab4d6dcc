"""<Gather>: menus."""

import pytest

from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import LINE, Product

VOICE = "/webhooks/voice"


def menu(product: Product, attributes: str, *after: str) -> None:
    product.says(VOICE, f'<Gather action="/menu" {attributes}><Say>Press.</Say></Gather>', *after)
    product.says("/menu", "<Say>Thanks.</Say>")


def test_one_digit_goes_to_the_action_at_once(caller: PracticePhone, product: Product) -> None:
    menu(product, 'numDigits="1"', "<Say>Never.</Say>")
    caller.rings(LINE).hears("Press").presses("3").hears("Thanks").ended()
    (said,) = product.to("/menu")
    assert (said["Digits"], said["FinishedOnKey"], said["CallStatus"]) == ("3", "", "in-progress")


def test_hash_finishes_and_is_not_among_the_digits(caller: PracticePhone, product: Product) -> None:
    menu(product, "")
    caller.rings(LINE).presses("0163#").ended()
    (said,) = product.to("/menu")
    assert (said["Digits"], said["FinishedOnKey"]) == ("0163", "#")


def test_with_no_finishing_key_hash_is_a_digit_like_any_other(caller: PracticePhone, product: Product) -> None:
    menu(product, 'finishOnKey="" numDigits="2"')
    caller.rings(LINE).presses("*#").ended()
    assert product.to("/menu")[0]["Digits"] == "*#"


def test_digits_before_a_silence_are_sent(caller: PracticePhone, product: Product) -> None:
    menu(product, 'numDigits="4"')
    caller.rings(LINE).presses("12").keeps_silent().ended()
    assert product.to("/menu")[0]["Digits"] == "12"


def test_silence_goes_on_with_the_next_verb(caller: PracticePhone, product: Product) -> None:
    menu(product, 'numDigits="1" timeout="7"', "<Say>Goodbye.</Say>")
    caller.rings(LINE).hears("Press").keeps_silent().hears("Goodbye").ended()
    assert product.to("/menu") == []
    assert product.to("/webhooks/call-status")[0]["CallDuration"] == "9"


@pytest.mark.parametrize("does", ["keeps_silent", "presses_hash"])
def test_an_empty_result_is_sent_when_it_is_wanted(caller: PracticePhone, product: Product, does: str) -> None:
    menu(product, 'actionOnEmptyResult="true"')
    call = caller.rings(LINE)
    (call.keeps_silent() if does == "keeps_silent" else call.presses("#")).ended()
    assert product.to("/menu")[0]["Digits"] == ""


def test_without_an_action_the_same_document_is_asked_again(caller: PracticePhone, product: Product) -> None:
    product.answers[VOICE] = lambda said: (
        "<Response><Hangup/></Response>" if "Digits" in said else '<Response><Gather numDigits="1"/></Response>'
    )
    caller.rings(LINE).presses("5").ended()
    assert [said.get("Digits") for said in product.to(VOICE)] == [None, "5"]


def test_a_key_that_nothing_listens_for_is_lost(caller: PracticePhone, product: Product) -> None:
    menu(product, 'numDigits="1"')
    product.says("/menu", '<Gather numDigits="1" action="/second"/>')
    call = caller.rings(LINE).hears("Press")
    caller.order(f"/practice/calls/{call.sid}/press", {"digits": "12"})
    call.keeps_silent().ended()
    assert product.to("/second") == []
    assert any(step.startswith("2 was pressed") for step in caller.look(call.sid, -1, 5).transcript)  # type: ignore[union-attr]
