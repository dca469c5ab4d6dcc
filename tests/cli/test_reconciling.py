"""`advice-line reconcile`, run as an operator runs it, against the practice exchange."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from advice_line import clock
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from tests.cli.test_commands import Operator, of_stage
from tests.exchange.product import ACCOUNT, TOKEN, running_product
from tests.exchange.sounds import hum
from tests.scene import Scene

__all__ = ["of_stage"]

KEYS = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "RECORDINGS_KEY": "r" * 32}


@pytest.fixture
def network(tmp_path: Path, scene: Scene) -> Iterator[str]:
    """Somebody has left a message, and the product was told nothing."""
    (line,) = scene.herts.lines.values()
    with running_product() as deaf, running(ExchangeConfig(deaf.url, ACCOUNT, TOKEN, tmp_path, pace=0)) as url:
        deaf.says("/webhooks/voice", '<Record action="/done"/>')
        phone = PracticePhone(url, patience=60)
        phone.rings(line.number, "+447700900123").plays(hum(3).wav()).hangs_up()
        phone.close()
        yield url


def test_reconcile_says_in_one_line_what_it_found(of_stage: Operator, network: str) -> None:
    yesterday = (clock.now() - timedelta(days=1)).date().isoformat()
    done = of_stage.runs("reconcile", "--since", yesterday, **KEYS, TWILIO_API_URL=network)
    assert (done.returncode, done.stderr) == (0, "")
    # The call has only just ended, so that its webhooks may still be on their way: it is listed, and not yet missed.
    start = f"Since {yesterday} the telephone network lists: calls 1, recordings 1. Added: calls "
    assert done.stdout.startswith(start)
    assert done.stdout.count("\n") == 1


def test_reconcile_with_a_network_out_of_reach_is_one_sentence_for_each_service(of_stage: Operator) -> None:
    done = of_stage.starts("reconcile", "--since", "2026-11-20", **KEYS, TWILIO_API_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "eput_cot: The telephone network could not be reached.",
        "herts_cot: The telephone network could not be reached.",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("--since", "2999-01-01"), "has not come yet"), (("--since", "2026-11-20", "--service", "x"), "no such service")],
)
def test_reconcile_refuses_what_makes_no_sense(of_stage: Operator, arguments: tuple[str, ...], sentence: str) -> None:
    done = of_stage.runs("reconcile", *arguments, **KEYS, TWILIO_API_URL="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
