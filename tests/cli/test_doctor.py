"""What the doctor says to an operator, against a real door, a real database and the practice exchange."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import respx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from advice_line import clock
from advice_line.cli.doctor import account, findings, machine, page_of_line, public_address
from advice_line.errors import NotFound
from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.run import running
from advice_line.lines.directory import Directory
from advice_line.settings import Settings
from advice_line.telephone.calling import TRY_AGAIN
from tests.scene import Stage
from tests.webhooks.conftest import KnownAttempts, ListStore, a_directory
from webhooks.app import create_webhooks
from webhooks.context import WebhookContext

SID, TOKEN = "AC" + "5" * 32, "the-token-of-the-account"
BASIS = {
    "TWILIO_ACCOUNT_SID": SID,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "SECRET_KEY": "s" * 32,
    "RECORDINGS_KEY": "r" * 32,
    "TWILIO_EDGE": "dublin",
    "TWILIO_REGION": "ie1",
}
HERTS = "+441923470680"
Mangle = Callable[[Scope], dict[str, Any]]
Told = list[tuple[bool, str]]


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """An application on a free port, as `http://…`."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Proxy:
    """A web server in front of the product: it changes what it passes on, or leads elsewhere."""

    def __init__(self, mangle: Mangle) -> None:
        self.app: ASGIApp | None = None
        self.location = ""
        self.status = 0
        self._mangle = mangle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if self.app is not None and not self.status:
            await self.app({**scope, **self._mangle(scope)}, receive, send)
            return
        headers = [(b"location", self.location.encode())] if self.location else []
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def as_it_came(_scope: Scope) -> dict[str, Any]:
    return {}


def settings(home: Path, url: str, **more: str) -> Settings:
    """The operator's settings."""
    return Settings.load({**BASIS, "PUBLIC_URL": url, "ADVICE_LINE_HOME": str(home), **more})


@contextmanager
def door(home: Path, proxy: Proxy, **more: str) -> Iterator[Settings]:
    """The telephone door behind a proxy; yields the operator's settings. `more` are those of the door alone."""
    with served(proxy) as url:
        theirs = settings(home, more.pop("PUBLIC_URL", url), **more)
        context = WebhookContext(theirs, a_directory, ListStore(), KnownAttempts(), clock.now)
        proxy.app = Starlette(routes=[Mount("/webhooks", create_webhooks(context))])
        yield settings(home, url)


def said(found: Iterator[object]) -> Told:
    return [(str(one).startswith("✓"), str(one)[2:]) for one in found]


def faults(found: Iterator[object]) -> list[str]:
    return [sentence for is_well, sentence in said(found) if not is_well]


def test_a_signed_post_that_arrives_as_it_was_is_well(tmp_path: Path) -> None:
    with door(tmp_path, Proxy(as_it_came)) as mine:
        assert said(public_address.findings(mine)) == [
            (True, f"A signed post to {mine.public_url} arrives as it was signed.")
        ]


@pytest.mark.parametrize(
    ("mangle", "sentence"),
    [
        (lambda _: {"query_string": b""}, "drops the query"),
        (lambda scope: {"query_string": scope["query_string"].replace(b"%20", b"+")}, "encodes the query"),
        (lambda scope: {"query_string": b"&".join(sorted(scope["query_string"].split(b"&")))}, "another order"),
        (lambda scope: {"query_string": scope["query_string"].replace(b"%20", b" ")}, "decodes the query"),
    ],
)
def test_what_a_proxy_does_to_the_query_is_named(tmp_path: Path, mangle: Mangle, sentence: str) -> None:
    with door(tmp_path, Proxy(mangle)) as mine:
        (told,) = faults(public_address.findings(mine))
    assert sentence in told
    assert "pass /webhooks on as it came" in told


def test_a_product_with_another_public_address_is_named(tmp_path: Path) -> None:
    proxy = Proxy(as_it_came)
    with served(proxy) as url:
        theirs = settings(tmp_path, url.replace("http:", "https:"))
        context = WebhookContext(theirs, a_directory, ListStore(), KnownAttempts(), clock.now)
        proxy.app = Starlette(routes=[Mount("/webhooks", create_webhooks(context))])
        (told,) = faults(public_address.findings(settings(tmp_path, url)))
    assert told.startswith(f"The product that runs there has PUBLIC_URL {theirs.public_url}, but here it is {url}")


def test_a_product_with_another_token_is_to_be_started_again(tmp_path: Path) -> None:
    with door(tmp_path, Proxy(as_it_came), TWILIO_AUTH_TOKEN="the-token-of-last-year") as mine:
        (told,) = faults(public_address.findings(mine))
    assert "start it again with the settings of today" in told


@pytest.mark.parametrize(
    ("status", "location", "sentence"),
    [
        (301, "https://advice.example.nhs.uk/webhooks/self-test", "Set PUBLIC_URL to https://advice.example.nhs.uk."),
        (308, "/elsewhere", "redirects posts under /webhooks"),
        (200, "", "not this product's telephone door"),
        (404, "", "not this product's telephone door (HTTP 404)"),
        (502, "", "answers with HTTP 502"),
    ],
)
def test_what_else_may_stand_there_is_told_apart(tmp_path: Path, status: int, location: str, sentence: str) -> None:
    proxy = Proxy(as_it_came)
    proxy.status, proxy.location = status, location
    with served(proxy) as url:
        (told,) = faults(public_address.findings(settings(tmp_path, url)))
    assert sentence in told


def test_an_address_where_nobody_listens_is_told_in_a_sentence(tmp_path: Path) -> None:
    (told,) = faults(public_address.findings(settings(tmp_path, "http://127.0.0.1:1")))
    assert "cannot be reached from here" in told


@contextmanager
def exchange(home: Path, numbers: dict[str, NumberConfig]) -> Iterator[str]:
    config = ExchangeConfig(
        "http://product.example", SID, TOKEN, home / "x", numbers=numbers, api_keys={"SK1": "the-secret"}, pace=0
    )
    with running(config) as url:
        yield url


def right(base: str) -> NumberConfig:
    """A number that is set up as it should be."""
    hooks = f"{base}/webhooks"
    status, texts = f"{hooks}/call-status{TRY_AGAIN}", f"{hooks}/sms{TRY_AGAIN}"
    return NumberConfig(f"{hooks}/voice", "https://pages.example/herts.xml", status, sms_url=texts)


def test_everything_is_looked_at_and_well(tmp_path: Path, stage: Stage) -> None:
    with ExitStack() as stack:
        mine = stack.enter_context(door(tmp_path, Proxy(as_it_came)))
        numbers = {line.number: right(mine.public_url) for line in _lines(stage)}
        more = {
            "TWILIO_API_URL": stack.enter_context(exchange(tmp_path, numbers)),
            "DATABASE_URL": stage.serving.url.render_as_string(hide_password=False),
        }
        told = said(findings(settings(tmp_path, mine.public_url, **more)))
    assert [sentence for is_well, sentence in told if not is_well] == []
    for part in ("PUBLIC_URL", "SECRET_KEY", "RECORDINGS_KEY", "Recordings can be stored", "row-level security",
                 "this version", "clocks", "lets us in", "may sign", "herts_advice_line", "eput_support_line",
                 "arrives as it was signed"):  # fmt: skip
        assert any(part in sentence for _, sentence in told), part


def _lines(stage: Stage) -> list[Any]:
    return [line for service in (stage.scene.herts, stage.scene.eput) for line in service.lines.values()]


def _directory(stage: Stage) -> Directory:
    return a_directory(stage.scene.herts.configuration)


@pytest.mark.parametrize(
    ("environment", "setting"),
    [
        ({"TWILIO_AUTH_TOKEN": "not-the-token"}, "the first token of TWILIO_AUTH_TOKEN"),
        ({"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "wrong"}, "TWILIO_API_KEY and TWILIO_API_SECRET"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "6" * 32}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_ACCOUNT_SID": "SK" + "6" * 32}, "TWILIO_ACCOUNT_SID is not the id of an account"),
        (
            {"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "the-secret", "TWILIO_AUTH_TOKEN": "not-the-token"},
            "No token in TWILIO_AUTH_TOKEN is the account's",
        ),
        ({"TWILIO_EPUT_ACCOUNT_SID": SID, "TWILIO_EPUT_AUTH_TOKEN": "x"}, "TWILIO_EPUT_AUTH_TOKEN"),
    ],
)
def test_the_setting_that_is_wrong_is_named(tmp_path: Path, environment: dict[str, str], setting: str) -> None:
    with exchange(tmp_path, {}) as url:
        mine = settings(tmp_path, "https://a.example", TWILIO_API_URL=url, **environment)
        (told,) = faults(account.findings(mine, None))
    assert setting in told
    assert "not-the-token" not in told


def test_while_a_token_is_being_changed_one_of_two_is_enough(tmp_path: Path) -> None:
    with exchange(tmp_path, {}) as url:
        mine = settings(tmp_path, "https://a.example", TWILIO_API_URL=url, TWILIO_AUTH_TOKEN=f"{TOKEN},the-next-one")
        assert faults(account.findings(mine, None)) == []


BASE = "https://a.example"


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, []),
        ({"voice_url": "http://a.example/webhooks/voice"}, ["It begins with http now"]),
        ({"voice_url": f"{BASE}/webhooks/voice#rc=2"}, []),
        ({"voice_url": "https://demo.example/welcome"}, ["It leads to demo.example now."]),
        ({"voice_url": ""}, ["“A call comes in”: set it to https://a.example/webhooks/voice"]),
        ({"status_callback": ""}, ["“Call status changes”"]),
        ({"status_callback": "https://a.example/webhooks/call-status"}, ["“Call status changes”: add #rc=3&rp=all"]),
        ({"sms_url": "https://a.example/webhooks/sms#rc=1"}, ["“A message comes in”: add #rc=3&rp=all"]),
        ({"sms_url": "https://demo.example/sms"}, ["“A message comes in”"]),
        ({"voice_fallback_url": ""}, ["“Primary handler fails” is empty"]),
    ],
)
def test_each_address_of_a_number_is_compared(
    tmp_path: Path, stage: Stage, changes: dict[str, str], sentences: list[str]
) -> None:
    with exchange(tmp_path, {HERTS: replace(right(BASE), **changes)}) as url:
        told = faults(account.findings(settings(tmp_path, BASE, TWILIO_API_URL=url), _directory(stage)))
    assert len(told) == len(sentences)
    assert all(sentence in one for sentence, one in zip(sentences, told, strict=True))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"voice_fallback_url": f"{BASE}/webhooks/voice/fallback"}, "leads to ourselves"),
        ({"voice_fallback_method": "GET"}, "choose HTTP POST, for a GET"),
        ({"voice_method": "GET"}, "“A call comes in”: choose HTTP POST"),
        ({"voice_application_sid": "AP1"}, "tied to an application"),
        ({"capabilities": {"sms": False}, "sms_url": ""}, ""),
    ],
)
def test_on_the_real_network_a_fallback_of_our_own_is_none(
    tmp_path: Path, stage: Stage, changes: dict[str, Any], sentence: str
) -> None:
    kept = {"phone_number": HERTS, "capabilities": {"sms": True}, "voice_url": f"{BASE}/webhooks/voice",
            "voice_method": "POST", "voice_fallback_url": "https://handler.example/EH1",
            "voice_fallback_method": "POST", "status_callback": f"{BASE}/webhooks/call-status{TRY_AGAIN}",
            "sms_url": f"{BASE}/webhooks/sms{TRY_AGAIN}", **changes}  # fmt: skip
    with respx.mock(base_url=f"https://api.dublin.ie1.twilio.com/2010-04-01/Accounts/{SID}") as network:
        network.get(".json").respond(json={"status": "active"})
        network.get("/IncomingPhoneNumbers.json").respond(json={"incoming_phone_numbers": [kept]})
        told = faults(account.findings(settings(tmp_path, BASE), _directory(stage)))
    assert [sentence in one for one in told] == ([True] if sentence else [])


def test_a_suspended_account_and_a_wrong_clock_are_told(tmp_path: Path) -> None:
    with respx.mock as network:
        old = {"Date": "Tue, 17 Nov 2020 10:05:00 GMT"}
        network.get(url__startswith="https://api.dublin").respond(json={"status": "suspended"}, headers=old)
        suspended, late = faults(account.findings(settings(tmp_path, BASE), None))
    assert "is suspended" in suspended
    assert "seconds off the telephone network's" in late


def test_a_network_that_is_away_is_told(tmp_path: Path) -> None:
    (told,) = faults(account.findings(settings(tmp_path, BASE, TWILIO_API_URL="http://127.0.0.1:1"), None))
    assert "does not answer at http://127.0.0.1:1" in told


def test_a_number_of_another_account_or_region_and_a_missing_account_are_told(tmp_path: Path, stage: Stage) -> None:
    herts = stage.scene.herts.configuration
    with exchange(tmp_path, {"+441632960001": right(BASE)}) as url:
        mine = settings(tmp_path, BASE, TWILIO_API_URL=url)
        (elsewhere,) = faults(account.findings(mine, _directory(stage)))
        other = a_directory(herts.model_copy(update={"account": "herts"}))
        (missing,) = faults(account.findings(mine, other))
    assert "belongs to another account" in elsewhere
    assert "TWILIO_HERTS_ACCOUNT_SID is not set" in missing


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PUBLIC_URL": "http://a.example"}, "it must begin with https"),
        ({"TWILIO_EDGE": ""}, "TWILIO_EDGE and TWILIO_REGION must both be set"),
        ({"TWILIO_EDGE": "sydney"}, "TWILIO_EDGE sydney does not belong to TWILIO_REGION ie1: set dublin."),
        ({"TWILIO_API_URL": "https://api.ie1.twilio.com"}, "leave it unset"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"RECORDINGS_URL": "/proc/no/such"}, "Recordings cannot be stored"),
        ({"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}, "no call can be answered"),
    ],
)
def test_a_fault_in_the_settings_is_one_sentence(tmp_path: Path, environment: dict[str, str], sentence: str) -> None:
    mine = Settings.load({**BASIS, "PUBLIC_URL": BASE, "ADVICE_LINE_HOME": str(tmp_path), **environment})
    (told,) = faults(machine.findings(mine))
    assert sentence in told
    assert not list((tmp_path / "recordings").glob("doctor/*"))


def test_the_page_for_the_fallback_is_of_one_line(tmp_path: Path, stage: Stage) -> None:
    mine = settings(tmp_path, BASE, DATABASE_URL=stage.serving.url.render_as_string(hide_password=False))
    page = page_of_line(mine, "herts_advice_line")
    assert page.index("999") < page.index("<Record ")
    assert 'recordingStatusCallback="https://a.example/webhooks/recording-status?line=herts_advice_line#rc=3' in page
    with pytest.raises(NotFound, match="no line called gone"):
        page_of_line(mine, "gone")


def test_an_address_that_is_too_long_for_a_text_is_told(tmp_path: Path, stage: Stage) -> None:
    directory = _directory(stage)
    assert faults(public_address.of_links(settings(tmp_path, "https://advice.example.nhs.uk"), directory)) == []
    (sentence,) = faults(public_address.of_links(settings(tmp_path, f"https://{'a' * 50}.nhs.uk"), directory))
    assert "PUBLIC_URL has 65 characters" in sentence
    assert faults(public_address.of_links(settings(tmp_path, "https://advice.example.nhs.uk"), None)) == []
