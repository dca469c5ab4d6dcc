"""Our signatures are the ones that Twilio's own validator accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from advice_line.exchange.signature import sign

TOKEN = "12345"
PARAMS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
values = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    params=st.dictionaries(names, values),
    path=st.from_regex(r"/[a-z0-9/_%.-]{0,20}(\?[a-z]=[a-z0-9%+]*)?", fullmatch=True),
)
def test_twilio_s_validator_accepts_every_signature(params: dict[str, str], path: str) -> None:
    url = "https://advice.example.nhs.uk" + path
    assert RequestValidator(TOKEN).validate(url, params, sign(TOKEN, url, params))


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://user:word@mycompany.com/myapp.php?foo=1&bar=2#rc=3", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_published_examples_come_out_whatever_the_port_user_and_fragment(url: str, signature: str) -> None:
    assert sign(TOKEN, url, PARAMS) == signature


def test_another_token_makes_another_signature() -> None:
    url = "https://advice.example.nhs.uk/webhooks/voice"
    assert not RequestValidator("another").validate(url, PARAMS, sign(TOKEN, url, PARAMS))
