"""The network's REST API as respx plays it, and a telephone that asks it."""

import base64
from collections.abc import Iterator

import pytest
import respx
from pydantic import SecretStr

from advice_line.settings import Account
from advice_line.telephone.twilio import TwilioTelephone

API = "https://api.dublin.ie1.twilio.com"
ACCOUNT = "AC" + "0" * 32


@pytest.fixture
def twilio() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API) as router:
        yield router


@pytest.fixture
def telephone() -> Iterator[TwilioTelephone]:
    telephone = TwilioTelephone(Account(sid=ACCOUNT, auth_tokens=(SecretStr("token"),)), API)
    yield telephone
    telephone.close()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
