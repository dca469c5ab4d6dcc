"""What the doctor says of the public address, against a real door behind a proxy."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from advice_line import clock
from advice_line.cli.doctor import public_address
from tests.cli.doctor.installation import Mangle, Proxy, as_it_came, directory_of, door, faults, said, served, settings
from tests.scene import Stage
from tests.webhooks.conftest import KnownAttempts, ListStore, a_directory
from webhooks.app import create_webhooks
from webhooks.context import WebhookContext


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


def test_an_address_that_is_too_long_for_a_text_is_told(tmp_path: Path, stage: Stage) -> None:
    directory = directory_of(stage)
    assert faults(public_address.of_links(settings(tmp_path, "https://advice.example.nhs.uk"), directory)) == []
    (sentence,) = faults(public_address.of_links(settings(tmp_path, f"https://{'a' * 50}.nhs.uk"), directory))
    assert "PUBLIC_URL has 65 characters" in sentence
    assert faults(public_address.of_links(settings(tmp_path, "https://advice.example.nhs.uk"), None)) == []
