"""The exchange itself: what it does when it breaks, and what its driver can ask of it."""

import asyncio
import logging
from pathlib import Path

import pytest

from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.handset import Handset
from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import ACCOUNT, CALLER, LINE, TOKEN, Product

VOICE = "/webhooks/voice"
RECORD = '<Record action="/done" finishOnKey="#" trim="do-not-trim"/>'


def test_when_it_breaks_it_says_so_and_the_call_fails(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> tuple[str, list[object]]:
        exchange = Exchange(ExchangeConfig("http://h", ACCOUNT, TOKEN, folder))
        call = exchange.new_call("inbound", CALLER, LINE, "http://h", Handset(0))
        await exchange.spawn(call, broken())
        faults = [entry["error"] for entry in exchange.log.entries(event="fault")]
        await exchange.close()
        return call.status, faults

    async def broken() -> None:
        raise KeyError("a fault of ours")

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(go()) == ("failed", ["KeyError('a fault of ours')"])
    assert "The practice exchange broke" in caplog.text


def test_speaking_can_end_with_a_key(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, RECORD)
    call = caller.rings(LINE).hears("a tone")
    caller.order(f"/practice/calls/{call.sid}/speak", {"text": "Hello, it is me.", "then_press": "#"})
    call.ended()
    assert product.to("/done")[0]["Digits"] == "#"


def test_speaking_can_end_with_the_phone_put_down(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, RECORD)
    call = caller.rings(LINE).hears("a tone")
    caller.order(f"/practice/calls/{call.sid}/speak", {"text": "Hello, it is me.", "then_hang_up": True})
    call.ended()
    assert product.to("/done")[0]["Digits"] == "hangup"


def test_words_that_nobody_records_are_lost(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Gather numDigits="1"/>')
    call = caller.rings(LINE)
    state = caller.order(f"/practice/calls/{call.sid}/speak", {"text": "Hello?"})
    assert state.transcript[-1] == "Something was said, but not recorded"
    call.hangs_up()


def test_how_a_telephone_behaves_can_be_read_back(caller: PracticePhone, exchange_url: str) -> None:
    caller.behaves("+447700900998", answers="busy")
    assert caller.behaviour_of("+447700900998")["answers"] == "busy"
    assert caller.behaviour_of("+447700900997")["answers"] == "yes"
