"""A refused signature is explained in one sentence, and the log is not flooded."""

from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from tests.webhooks.conftest import ListStore
from tests.webhooks.network import CALLER, Network, a_form, signature, some_settings
from webhooks import refusal
from webhooks.post import Post, fields
from webhooks.refusal import Refusals
from webhooks.signature import Guard, sign

TARGET = "/webhooks/voice/herts_advice_line/root?n=1&r=%20"
HEADERS = [(b"host", b"10.0.0.7:8000"), (b"x-forwarded-host", b"phone.example.nhs.uk")]


def cause(signed: str | None, target: str = TARGET, **form: str) -> str:
    """What is said of a post that arrives at this target."""
    settings = some_settings()
    body = urlencode(a_form(**form))
    post = Post(target, body, fields(body), a_form(**form))
    refusals = Refusals(Guard(settings), settings.public_url)
    return refusals.cause(HEADERS, post, signed.encode() if signed else None)


def test_no_signature_and_no_such_account() -> None:
    assert cause(None) == refusal.NOT_SIGNED
    assert cause("x", AccountSid="AC" + "7" * 32) == refusal.NO_SUCH_ACCOUNT


@pytest.mark.parametrize(
    "address",
    ["http://advice.example.nhs.uk", "https://phone.example.nhs.uk", "http://10.0.0.7:8000"],
)
def test_an_address_that_is_not_the_public_one_is_named(address: str) -> None:
    said = cause(signature(TARGET, a_form(), public_url=address))
    assert said == f"The network calls {address}, and PUBLIC_URL is https://advice.example.nhs.uk: make them the same."


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ("/webhooks/voice", "/webhooks/voice/"),
        ("/webhooks/voice/", "/webhooks/voice"),
        ("/webhooks/voice/a b?n=1", "/webhooks/voice/a%20b?n=1"),
        ("/webhooks/voice", "/webhooks/voice?utm=1"),
    ],
)
def test_a_changed_path_or_query_is_said_to_be_so(sent: str, arrived: str) -> None:
    assert "changes the path or the query" in cause(signature(sent, a_form()), arrived)


def test_another_algorithm_is_named() -> None:
    pairs = "".join(name + value for name, value in sorted(a_form().items()))
    signed = sign(b"the-first-token-of-the-account", f"https://advice.example.nhs.uk{TARGET}{pairs}", "sha256")
    assert cause(signed.decode()) == "It was signed with sha256: check TWILIO_SIGNATURE_ALGORITHM."


def test_a_wrong_token_is_what_remains() -> None:
    assert cause(signature(TARGET, a_form(), token="the token of another region")) == refusal.NOTHING_FITS


def test_the_log_is_told_once_in_ten_seconds_and_of_nobody() -> None:
    settings, seconds = some_settings(), [0.0]
    refusals = Refusals(Guard(settings), settings.public_url, lambda: seconds[0])
    post = Post("/x", "", [], a_form())
    with capture_logs() as logs:
        for at in (0, 1, 9.9, 10, 10.1):
            seconds[0] = at
            refusals.note("call", HEADERS, post, b"wrong")
    assert [entry["unsaid"] for entry in logs] == [0, 2]
    assert CALLER not in str(logs)


def test_the_self_test_says_whether_a_signature_is_right_and_keeps_nothing(network: Network, store: ListStore) -> None:
    target = "/webhooks/self-test?n=1&said=a%20b"
    form = {"AccountSid": a_form()["AccountSid"]}
    with capture_logs() as logs:
        assert network.posts_form(target, form).status_code == 204
        assert network.sends(target, urlencode(form), None).status_code == 403
        assert network.sends(target, urlencode(form), signature(target, form, token="wrong")).status_code == 403
        assert network.sends(target, "x" * 70_000, None).status_code == 413
    assert (store.events, logs) == ([], [])
