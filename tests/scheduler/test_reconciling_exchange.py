"""A product that kept nothing of its calls, and the practice exchange that did: reconciling brings them in."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from advice_line import clock
from advice_line.calls import Call
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from advice_line.legs import Leg
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.reports import ledger
from advice_line.settings import Account
from advice_line.telephone.twilio import TwilioTelephone
from scheduler.reconciling import reconcile_since
from scheduler.recordings import fetch
from scheduler.workshop import Workshop
from tests.exchange.product import ACCOUNT, OFFICE, TOKEN, Product, running_product
from tests.exchange.sounds import hum
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening

VOICE = "/webhooks/voice"


@pytest.fixture
def deaf() -> Iterator[Product]:
    """It answers every call, and keeps nothing of what it is told."""
    with running_product() as product:
        yield product


@pytest.fixture
def network(deaf: Product, tmp_path: Path) -> Iterator[str]:
    with running(ExchangeConfig(deaf.url, ACCOUNT, TOKEN, tmp_path / "exchange", pace=0)) as url:
        yield url


@pytest.fixture
def phone(network: str) -> Iterator[PracticePhone]:
    phone = PracticePhone(network, patience=60)
    yield phone
    phone.close()


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop], network: str) -> Iterator[Workshop]:
    """It asks the exchange, an hour after what is done now."""
    telephone = TwilioTelephone(Account(sid=ACCOUNT, auth_tokens=(SecretStr(TOKEN),)), network)
    later = MovingClock(clock.now() + timedelta(hours=1))
    yield replace(new_workshop(), telephones=lambda _account: telephone, now=later)
    telephone.close()


def test_messages_and_transfers_of_which_nothing_was_kept_are_found_fetched_and_accounted_for(
    workshop: Workshop, service: Service, deaf: Product, phone: PracticePhone, story: Opening
) -> None:
    (line,) = service.lines.values()
    deaf.says(VOICE, '<Record action="/done"/>')
    for _ in range(3):
        phone.rings(line.number, "+447700900123").plays(hum(3).wav()).hangs_up()
    deaf.says(VOICE, f'<Dial callerId="{line.number}" timeout="5"><Number>{OFFICE}</Number></Dial>')
    phone.rings(line.number, "+447700900124").hears("ringing").hangs_up()
    since = workshop.now() - timedelta(hours=2)
    found = reconcile_since(workshop, service, since)
    assert (found.calls, found.recordings) == (5, 3)
    with story() as session:
        ends = sorted(session.scalars(select(Call.end_state)))
        assert ends == ["message", "message", "message", "transferred"]
        assert len(session.scalars(select(Leg)).all()) == 1
        assert len(ledger.unaccounted(session, service.id, workshop.now())) == 3
    while fetch(workshop, service):
        pass
    with story() as session:
        assert {*session.scalars(select(Message.state))} == {"stored"}
        assert ledger.unaccounted(session, service.id, workshop.now()) == []
    again = reconcile_since(workshop, service, since)
    assert (again.calls_listed, again.recordings_listed, again.calls, again.recordings) == (5, 3, 0, 0)
