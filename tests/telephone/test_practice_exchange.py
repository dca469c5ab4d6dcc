"""The adapter and the practice exchange meet: what one asks over HTTP, the other answers as Twilio does."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from advice_line.errors import NotThere, OutsideFailed
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.run import running
from advice_line.settings import Account
from advice_line.telephone.twilio import TwilioTelephone
from tests.factories import a_sid

THERAPIST, LINE = "+447700900123", "+441632960001"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("exchange")
    with running(ExchangeConfig(NOBODY, "AC" + "0" * 32, "token", data, pace=0)) as url:
        yield url


@pytest.fixture
def telephone(api_url: str) -> Iterator[TwilioTelephone]:
    telephone = TwilioTelephone(Account(sid="AC" + "0" * 32, auth_tokens=(SecretStr("token"),)), api_url)
    yield telephone
    telephone.close()


def test_a_call_is_placed_found_and_hung_up(telephone: TwilioTelephone) -> None:
    began = datetime.now(UTC)  # noqa: TID251 - the exchange's clock is the machine's
    sid = telephone.ring(THERAPIST, LINE, answer_url=f"{NOBODY}/answered", status_url=f"{NOBODY}/status", timeout=25)
    assert [call.sid for call in telephone.calls_to(THERAPIST, LINE, began)] == [sid]
    assert telephone.calls_to(THERAPIST, "+441632960002", began) == []
    telephone.hang_up(sid)
    telephone.hang_up(sid)


def test_what_was_never_recorded_is_not_there(telephone: TwilioTelephone) -> None:
    assert telephone.recordings_of(a_sid("CA")) == []
    with pytest.raises(NotThere), telephone.recording(a_sid("RE")):
        pass
    telephone.delete_recording(a_sid("RE"))


def test_wrong_credentials_are_told(api_url: str) -> None:
    stranger = TwilioTelephone(Account(sid="AC" + "0" * 32, auth_tokens=(SecretStr("wrong"),)), api_url)
    with pytest.raises(OutsideFailed, match="credentials"):
        stranger.recordings_of(a_sid("CA"))
    stranger.close()
