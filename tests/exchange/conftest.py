"""A product and an exchange, both real, both over HTTP; one pair for each module, emptied between tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from tests.exchange.product import ACCOUNT, LINE, TOKEN, Product, running_product


@pytest.fixture(scope="module")
def module_product() -> Iterator[Product]:
    with running_product() as product:
        yield product


@pytest.fixture
def product(module_product: Product) -> Product:
    module_product.answers.clear()
    module_product.sent.clear()
    return module_product


@pytest.fixture(scope="module")
def exchange_url(module_product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = ExchangeConfig(
        product_url=module_product.url,
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        data=tmp_path_factory.mktemp("exchange"),
        api_keys={"SK1": "key-secret"},
        pace=0,
    )
    with running(config) as url:
        yield url


@pytest.fixture(scope="module")
def module_phone(exchange_url: str) -> Iterator[PracticePhone]:
    phone = PracticePhone(exchange_url, patience=60)
    yield phone
    phone.close()


@pytest.fixture
def caller(module_phone: PracticePhone, product: Product) -> PracticePhone:
    return module_phone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def exchange_with_numbers(product: Product, tmp_path: Path) -> Iterator[str]:
    """An exchange whose account has two numbers: the line, and one without a voice URL."""
    line = NumberConfig(f"{product.url}/webhooks/voice", "", f"{product.url}/webhooks/call-status", "Advice line")
    config = ExchangeConfig(
        product_url=product.url,
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        data=tmp_path,
        numbers={LINE: line, "+441632960404": NumberConfig("", "", line.status_callback)},
        public_url="https://advice.example.nhs.uk",
        pace=0,
    )
    with running(config) as url:
        yield url
