"""Services with accounts of their own: what one account tells is never written into another's story."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from tests.webhooks.conftest import KnownAttempts, ListStore, a_directory, network_of
from tests.webhooks.network import ACCOUNT_SID, CALLER, EPUT, HERTS, Network, a_form, signature, some_settings
from webhooks.context import Bridge, WebhookContext
from webhooks.steps import STEPS

OTHER_SID, OTHER_TOKEN = "AC" + "9" * 32, "the-token-of-the-other-account"
OTHER = {"TWILIO_EPUT_ACCOUNT_SID": OTHER_SID, "TWILIO_EPUT_AUTH_TOKEN": OTHER_TOKEN}
EVERY_PATH = [
    f"/webhooks{step.path}".format(line="herts_advice_line", node="root", attempt="7", offer="7") for step in STEPS
]


@pytest.fixture
def two_accounts(context: WebhookContext, attempts: KnownAttempts) -> Iterator[Network]:
    """Hertfordshire rings by the default account, EPUT by its own; Hertfordshire rings somebody back."""
    herts, eput = (context.directory().services[key].configuration for key in ("herts_cot", "eput_cot"))
    directory = a_directory(herts, eput.model_copy(update={"account": "eput"}))
    attempts.live[(directory.services["herts_cot"].id, 7)] = Bridge(CALLER, "H-000123")
    with network_of(replace(context, settings=some_settings(**OTHER), directory=lambda: directory)) as network:
        yield network


def posted_by_other(network: Network, target: str, **fields: str) -> tuple[int, str]:
    """What EPUT's account gets for a post that it signed with its own token."""
    form = a_form(AccountSid=OTHER_SID, **fields)
    answer = network.sends(target, urlencode(form), signature(target, form, token=OTHER_TOKEN))
    return answer.status_code, answer.text


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize(("line", "to"), [("?line=herts_advice_line", EPUT), ("", HERTS)])
def test_another_services_account_cannot_tell_of_a_line(
    two_accounts: Network, store: ListStore, path: str, line: str, to: str
) -> None:
    with capture_logs() as logs:
        assert posted_by_other(two_accounts, path + line, To=to, Digits="1") == (403, "")
    assert store.events == []
    assert [entry["event"] for entry in logs] == ["webhook_of_another_account"]
    assert CALLER not in str(logs)


def test_each_account_tells_of_its_own_line(two_accounts: Network, store: ListStore) -> None:
    assert two_accounts.posts("/webhooks/voice").status_code == 200
    assert posted_by_other(two_accounts, "/webhooks/voice", To=EPUT)[0] == 200
    assert [event.accounts for event in store.events] == ["", ""]


def test_the_default_account_cannot_tell_of_a_service_with_its_own(two_accounts: Network, store: ListStore) -> None:
    assert two_accounts.posts("/webhooks/voice", To=EPUT).status_code == 403
    assert store.events == []


def test_a_line_whose_account_is_not_in_the_settings_is_told_of_by_nobody(
    context: WebhookContext, store: ListStore
) -> None:
    herts = context.directory().services["herts_cot"].configuration
    directory = a_directory(herts.model_copy(update={"account": "missing"}))
    with network_of(replace(context, directory=lambda: directory)) as network:
        assert network.posts("/webhooks/call-status").status_code == 403
    assert store.events == []


def test_an_attempt_of_another_service_is_not_connected_by_way_of_ones_own_line(two_accounts: Network) -> None:
    status, document = posted_by_other(
        two_accounts, "/webhooks/attempts/7/keys?line=eput_support_line", To="+447700900199", Digits="1"
    )
    assert status == 200
    assert "<Dial" not in document


@pytest.mark.parametrize(
    ("more", "names"),
    [({}, "default"), ({"TWILIO_TWIN_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_TWIN_AUTH_TOKEN": "t"}, "default,twin")],
)
def test_an_event_of_no_line_that_we_know_is_kept_with_the_names_of_its_account(
    context: WebhookContext, store: ListStore, more: dict[str, str], names: str
) -> None:
    with network_of(replace(context, settings=some_settings(**more))) as network:
        assert network.posts("/webhooks/call-status", To="+441632960999").status_code == 204
    assert store.last.accounts == names
