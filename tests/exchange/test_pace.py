"""With a pace, the line's time is real time made shorter: patience runs out by itself, and people interrupt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PhoneCall, PracticeError, PracticePhone
from advice_line.exchange.run import running
from tests.exchange.product import ACCOUNT, CALLER, LINE, TOKEN, Product
from tests.exchange.sounds import hum

VOICE = "/webhooks/voice"
RECORD = '<Record action="/done" timeout="10" finishOnKey="#" trim="do-not-trim" recordingStatusCallback="/rec"/>'
LONG = "<Say>" + "This is a very long sentence that nobody wants to hear to its end, not even once. " * 200 + "</Say>"


@pytest.fixture
def caller(product: Product, folder: Path) -> Iterator[PracticePhone]:
    """A caller on an exchange where a second lasts twenty milliseconds."""
    with running(ExchangeConfig(product.url, ACCOUNT, TOKEN, folder, pace=0.02)) as url:
        phone = PracticePhone(url, patience=8)
        yield phone
        phone.close()


def menu(product: Product, timeout: int) -> None:
    gather = f'<Gather numDigits="1" timeout="{timeout}" action="/menu"><Say>Press.</Say></Gather>'
    product.says(VOICE, gather, "<Say>Bye.</Say>")


def nothing_happens(caller: PracticePhone, call: PhoneCall, seconds: float) -> bool:
    """Whether a call that waits for the caller stands still for so many real seconds."""
    state = caller.look(call.sid, -1, 5)
    while state is not None and not (state.resting or state.waiting_for == "speech"):
        state = caller.look(call.sid, state.version, 5)
    return state is not None and caller.look(call.sid, state.version, seconds) is None


def test_a_menu_s_patience_runs_out_by_itself(caller: PracticePhone, product: Product) -> None:
    menu(product, timeout=3)
    caller.rings(LINE).hears("Press").hears("Bye").ended()
    assert product.to("/menu") == []


def test_an_unhurried_caller_is_waited_for(caller: PracticePhone, product: Product) -> None:
    menu(product, timeout=3)
    call = caller.rings(LINE, unhurried=True).hears("Press")
    assert nothing_happens(caller, call, 0.3), "the menu waits while the caller takes their time"
    call.keeps_silent().hears("Bye").ended()


def test_a_key_interrupts_a_menu_that_is_still_talking(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, f'<Gather numDigits="1" action="/menu">{LONG}<Say>Never.</Say></Gather>')
    call = caller.rings(LINE).hears("very long sentence").presses("1").ended()
    assert product.to("/menu")[0]["Digits"] == "1"
    assert len(call.heard) < 200
    assert "Never." not in call.heard


def test_silence_after_the_tone_ends_the_recording_by_itself(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, RECORD, "<Say>Nothing.</Say>")
    caller.rings(LINE).hears("a tone").hears("Nothing").ended()


def test_a_silence_before_speaking_is_part_of_the_recording(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, RECORD.replace('timeout="10"', 'timeout="900"'))
    call = caller.rings(LINE).hears("a tone")
    assert nothing_happens(caller, call, 0.1)  # five seconds of the line
    call.plays(hum(2).wav()).hangs_up()
    assert int(product.to("/done")[0]["RecordingDuration"]) >= 6


def test_who_hangs_up_in_the_middle_of_a_word_leaves_the_part_that_was_said(
    caller: PracticePhone, product: Product
) -> None:
    product.says(VOICE, RECORD)
    script = {"to": LINE, "from": CALLER, "keys": "", "say": "Hello. " * 300, "hang_up_after": 5, "wait": True}
    caller.order("/practice/calls", script)
    assert product.to("/done")[0]["Digits"] == "hangup"
    assert product.to("/done")[0]["RecordingDuration"] == "5"
    assert product.to("/rec")[0]["RecordingDuration"] == "5"


def test_a_scripted_caller_with_nothing_to_press_waits_until_the_line_gives_up(
    caller: PracticePhone, product: Product
) -> None:
    product.says(VOICE, '<Gather numDigits="1" timeout="2"/>', "<Say>Bye.</Say>")
    state = caller.order("/practice/calls", {"to": LINE, "from": CALLER, "keys": ""})
    assert list(state.heard) == ["Bye."]


def test_a_telephone_that_answers_by_itself_cannot_be_picked_up_by_hand(
    caller: PracticePhone, product: Product
) -> None:
    product.says(VOICE, '<Dial timeout="600">+441632960333</Dial>')
    caller.behaves("+441632960333", answer_after_seconds=599)
    call = caller.rings(LINE).hears("ringing")
    (ring,) = caller.rings_of("+441632960333")
    with pytest.raises(PracticeError, match="answers by itself"):
        caller.order(f"/practice/calls/{ring['call_sid']}/answer")
    call.hangs_up()


def test_a_menu_that_only_lets_itself_be_interrupted_keeps_nobody_waiting(
    caller: PracticePhone, product: Product
) -> None:
    product.says(VOICE, '<Gather numDigits="1" timeout="1" action="/menu"><Say>Greeting.</Say></Gather><Say>Bye.</Say>')
    caller.rings(LINE, unhurried=True).hears("Bye").ended()
    assert product.to("/menu") == []
