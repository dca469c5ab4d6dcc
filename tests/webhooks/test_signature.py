"""The signature, against the network's published examples and its own library."""

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from advice_line.settings import Account, Settings
from tests.webhooks.network import ACCOUNT_SID, HERTS, TOKEN, Network, a_form, signature, some_settings
from webhooks.post import fields
from webhooks.signature import Guard

PUBLISHED = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
REPEATED = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
TARGET = "/myapp.php?foo=1&bar=2"
BODY_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FORMS = st.lists(st.tuples(st.sampled_from(["From", "To", "Digits", "Späť", "a b"]), TEXT), max_size=8)
PATHS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)


class Repeating(dict[str, list[str]]):
    """A form as the network's library wants one with repeated names."""

    def getall(self, name: str) -> list[str]:
        """All values of a name."""
        return self[name]


def guard_of(public_url: str) -> Guard:
    """A guard whose one account is that of requests which name none, as the published examples do."""
    account = Account(sid="", auth_tokens=(SecretStr("12345"),))
    return Guard(Settings(public_url=public_url, accounts={"default": account}))


@pytest.mark.parametrize(
    ("public_url", "target", "pairs", "signed"),
    [
        ("https://mycompany.com", TARGET, PUBLISHED.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:1234", TARGET, PUBLISHED.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com:1234", TARGET, PUBLISHED.items(), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("https://mycompany.com", TARGET, PUBLISHED.items(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com", TARGET, PUBLISHED.items(), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("https://mycompany.com", TARGET, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ("https://mycompany.com", f"{TARGET}&bodySHA256={BODY_HASH}", [], "a9nBmqA0ju/hNViExpshrM61xv4="),
    ],
)
def test_published_signatures_are_accepted(
    public_url: str, target: str, pairs: list[tuple[str, str]], signed: str
) -> None:
    assert guard_of(public_url).accepts(target, list(pairs), signed.encode())


@given(PATHS, st.dictionaries(PATHS, TEXT, max_size=3), FORMS, st.sampled_from(["", ":8443", ":443", ":80"]))
def test_the_networks_library_and_ours_sign_alike(
    path: str, query: dict[str, str], pairs: list[tuple[str, str]], port: str
) -> None:
    public_url = f"https://advice.example.nhs.uk{port}"
    target = f"/{path}?{urlencode(query)}" if query else f"/{path}"
    form = Repeating({name: [value for other, value in pairs if other == name] for name, _ in pairs})
    signed = RequestValidator("12345").compute_signature(public_url + target, form).encode()
    assert guard_of(public_url).accepts(target, pairs, signed)


@given(FORMS, FORMS)
def test_the_networks_library_and_ours_refuse_alike(
    signed_pairs: list[tuple[str, str]], pairs: list[tuple[str, str]]
) -> None:
    form = Repeating({name: [value for other, value in signed_pairs if other == name] for name, _ in signed_pairs})
    posted = Repeating({name: [value for other, value in pairs if other == name] for name, _ in pairs})
    validator = RequestValidator("12345")
    signed = validator.compute_signature("https://a.example/x", form)
    accepted = guard_of("https://a.example").accepts("/x", pairs, signed.encode())
    assert accepted == validator.validate("https://a.example/x", posted, signed)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), st.text("a%=&+é\x00Z1", max_size=12))
def test_forms_are_read_as_the_standard_library_reads_them(pairs: list[tuple[str, str]], rest: str) -> None:
    body = f"{urlencode(pairs)}&{rest}"
    assert fields(body) == parse_qsl(body, keep_blank_values=True, errors="surrogateescape")


def test_a_post_without_a_signature_is_refused(network: Network) -> None:
    assert network.sends("/webhooks/voice", urlencode(a_form()), None).status_code == 403


def test_a_wrong_signature_is_refused(network: Network) -> None:
    wrong = signature("/webhooks/voice", a_form(), token="somebody else's")
    assert network.sends("/webhooks/voice", urlencode(a_form()), wrong).status_code == 403


def test_a_changed_field_is_refused(network: Network) -> None:
    signed = signature("/webhooks/voice", a_form())
    assert network.sends("/webhooks/voice", urlencode(a_form(To="+441632960001")), signed).status_code == 403


@pytest.mark.parametrize(
    "seen_as",
    [
        "/webhooks/voice/herts_advice_line/root?r=0&n=1",
        "/webhooks/voice/herts_advice_line/root/?n=1&r=0",
        "/webhooks/voice/herts%5Fadvice_line/root?n=1&r=0",
        "/webhooks/voice/herts_advice_line/root?n=%31&r=0",
        "/webhooks/voice/herts_advice_line/root",
    ],
)
def test_what_a_proxy_makes_of_an_address_is_refused(network: Network, seen_as: str) -> None:
    signed = signature("/webhooks/voice/herts_advice_line/root?n=1&r=0", a_form(Digits="3"))
    status = network.sends(seen_as, urlencode(a_form(Digits="3")), signed).status_code
    assert status in {403, 404}


def test_a_signature_over_http_is_refused_when_we_are_https(network: Network) -> None:
    signed = signature("/webhooks/voice", a_form(), public_url="http://advice.example.nhs.uk")
    assert network.sends("/webhooks/voice", urlencode(a_form()), signed).status_code == 403


def test_a_path_is_signed_as_it_was_sent() -> None:
    target = "/webhooks/voice/" + quote("a b", safe="") + "/root?n=1"
    guard = Guard(some_settings())
    pairs = list(a_form().items())
    assert guard.accepts(target, pairs, signature(target, a_form()).encode())
    assert not guard.accepts(target.replace("%20", " "), pairs, signature(target, a_form()).encode())


def test_any_token_of_the_account_may_have_signed() -> None:
    guard = Guard(some_settings(TWILIO_AUTH_TOKEN=f"the-new-token-that-is-next,{TOKEN}"))
    signed = signature("/webhooks/voice", a_form()).encode()
    assert guard.accepts("/webhooks/voice", list(a_form().items()), signed)


def test_a_token_of_another_account_is_refused() -> None:
    other = "AC" + "9" * 32
    guard = Guard(some_settings(TWILIO_OTHER_ACCOUNT_SID=other, TWILIO_OTHER_AUTH_TOKEN="the-token-of-the-other-one"))
    form = a_form(AccountSid=other)
    assert not guard.accepts("/x", list(form.items()), signature("/x", form).encode())
    theirs = signature("/x", form, token="the-token-of-the-other-one").encode()
    assert guard.accepts("/x", list(form.items()), theirs)


def test_an_account_that_is_not_ours_is_refused(network: Network) -> None:
    form = a_form(AccountSid="AC" + "7" * 32)
    assert network.posts_form("/webhooks/voice", form).status_code == 403


def test_the_algorithm_is_the_settings_choice_alone() -> None:
    form = a_form()
    sha256: str = RequestValidator(TOKEN).compute_signature("https://advice.example.nhs.uk/x", form, "HMAC_SHA256")
    strict, usual = Guard(some_settings(TWILIO_SIGNATURE_ALGORITHM="sha256")), Guard(some_settings())
    assert strict.accepts("/x", list(form.items()), sha256.encode())
    assert not strict.accepts("/x", list(form.items()), signature("/x", form).encode())
    assert not usual.accepts("/x", list(form.items()), sha256.encode())


def test_spaces_around_a_value_and_repeated_names_are_part_of_the_signature(network: Network) -> None:
    form = Repeating({name: [value] for name, value in a_form(Body=" padded ").items()} | {"Again": ["2", "1", "2"]})
    body = urlencode([(name, value) for name, values in form.items() for value in values])
    signed: str = RequestValidator(TOKEN).compute_signature("https://advice.example.nhs.uk/webhooks/voice", form)
    assert network.sends("/webhooks/voice", body, signed).status_code == 200
    assert ACCOUNT_SID in body
    assert HERTS not in network.sends("/webhooks/voice", body, "wrong").text
