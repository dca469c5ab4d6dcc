"""The page outside our servers takes a message when none of them answers."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response

from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from advice_line.lines.directory import Directory
from tests.exchange.product import ACCOUNT, LINE, TOKEN, Product, running_product
from tests.exchange.sounds import hum
from webhooks.fallback import page_of

APOLOGY = "Sorry, something is not working just now"


@pytest.fixture
def elsewhere(directory: Directory) -> Iterator[Product]:
    """A web server with the page of the Hertfordshire line, beside a product that is broken."""
    with running_product() as server:
        page = page_of(directory.lines["herts_advice_line"], "http://127.0.0.1:1")
        server.answers["/herts.xml"] = Response(page, media_type="text/xml")
        server.answers["/webhooks/voice"] = Response(status_code=500)
        yield server


@pytest.fixture
def network_url(elsewhere: Product, tmp_path: Path) -> Iterator[str]:
    number = NumberConfig(f"{elsewhere.url}/webhooks/voice", f"{elsewhere.url}/herts.xml")
    config = ExchangeConfig("http://127.0.0.1:1", ACCOUNT, TOKEN, tmp_path, numbers={LINE: number}, pace=0)
    with running(config) as url:
        yield url


def test_a_caller_leaves_a_message_that_the_network_keeps(network_url: str) -> None:
    phone = PracticePhone(network_url, patience=60)
    phone.rings(LINE).hears(APOLOGY).hears("a tone").plays(hum(4).wav()).hangs_up()
    phone.close()
    with httpx.Client(auth=(ACCOUNT, TOKEN)) as http:
        kept = http.get(f"{network_url}/2010-04-01/Accounts/{ACCOUNT}/Recordings.json").json()["recordings"]
    assert [(one["status"], one["duration"]) for one in kept] == [("completed", "4")]


def test_a_caller_who_stays_on_the_line_is_let_go_in_the_end(network_url: str, elsewhere: Product) -> None:
    phone = PracticePhone(network_url, patience=60)
    call = phone.rings(LINE).hears("a tone").plays(hum(4).wav()).keeps_silent()
    call.hears("If you have left your message already").keeps_silent().hears("Thank you. Goodbye").ended()
    phone.close()
    assert {sent.method for sent in elsewhere.sent} == {"POST"}
