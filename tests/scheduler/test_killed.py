"""A scheduler process is killed in the middle of everything: two others end it, each thing once, and nothing is stuck.

Counted where it counts: at the practice exchange, which keeps every call, text and recording that was asked for.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from advice_line import clock
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from advice_line.lines.directory import Line, Service
from advice_line.settings import Account
from advice_line.telephone.twilio import TwilioTelephone
from tests import factories
from tests.exchange.product import ACCOUNT, TOKEN, running_product
from tests.exchange.sounds import hum
from tests.scheduler.conftest import KEY, Opening
from tests.scheduler.test_metronome import count, keep_events, wait_until
from tests.texting.texts import an_agreed_enquiry

CALLERS = 3
AHEAD = 10  # minutes: longer than any claim lasts
SLOW = 15.0  # seconds that the network takes while somebody is killed


@dataclass(frozen=True)
class Network:
    """The practice exchange, with what it has kept in its own log."""

    url: str
    telephone: TwilioTelephone

    def calls(self) -> int:
        """How many calls were ever made, those of the callers among them."""
        return len({entry["call_sid"] for entry in self._told("call")})

    def texts(self) -> int:
        """How many texts were ever sent."""
        return len({entry["message_sid"] for entry in self._told("text")})

    def deletions(self) -> list[str]:
        """Which recordings were deleted, once for each time."""
        return [entry["recording_sid"] for entry in self._told("recording") if entry["status"] == "deleted"]

    def _told(self, event: str) -> list[dict[str, str]]:
        answer = httpx.get(f"{self.url}/practice/log", params={"event": event}, timeout=30)
        return [json.loads(line) for line in answer.text.splitlines()]

    def is_slow(self) -> None:
        """The first sound that is fetched takes long to come."""
        order = {"step": "media", "does": "slow", "seconds": SLOW}
        httpx.post(f"{self.url}/practice/faults", json=order).raise_for_status()


@pytest.fixture
def service(owner: Engine) -> Service:
    night = (clock.to_london(clock.now()) + timedelta(hours=12)).hour
    words = factories.example_file("herts_cot")["texts"]
    silent = {"silent_from": f"{night:02d}:00", "silent_to": f"{night:02d}:30"}
    return factories.a_service(owner, clock.now(), rota=[], texts={**words, **silent})


@pytest.fixture
def line(service: Service) -> Line:
    return next(iter(service.lines.values()))


@pytest.fixture
def recordings(network: Network, line: Line) -> dict[str, str]:
    """What callers left at the network, by call."""
    found = [
        one for day in (0, 1) for one in network.telephone.recordings_on((clock.now() - timedelta(days=day)).date())
    ]
    return {one.call_sid: one.sid for one in found}


@pytest.fixture
def network(line: Line, tmp_path: Path) -> Iterator[Network]:
    """The exchange, at which callers have left their messages."""
    with running_product() as product, running(ExchangeConfig(product.url, ACCOUNT, TOKEN, tmp_path, pace=0)) as url:
        product.says("/webhooks/voice", '<Record action="/done"/>')
        phone = PracticePhone(url, patience=30)
        for nth in range(CALLERS):
            phone.rings(line.number, f"+44770090012{nth}").plays(hum(12).wav()).hangs_up()
        phone.close()
        telephone = TwilioTelephone(Account(sid=ACCOUNT, auth_tokens=(SecretStr(TOKEN),)), url)
        yield Network(url, telephone)
        telephone.close()


@pytest.fixture
def environment(serving: Engine, tmp_path: Path, network: Network) -> dict[str, str]:
    address = serving.url.render_as_string(hide_password=False)
    ours = {"DATABASE_URL": address, "ADVICE_LINE_HOME": str(tmp_path), "RECORDINGS_KEY": KEY, "LOG_FORMAT": "json"}
    theirs = {"TWILIO_API_URL": network.url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    return {**os.environ, **ours, **theirs}  # noqa: TID251 - a child's, not ours


@contextmanager
def worker(environment: dict[str, str], log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as said:
        process = subprocess.Popen([sys.executable, "-m", *words], env=environment, stderr=said)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def a_backlog(
    owner: Engine, service: Service, story: Opening, recordings: dict[str, str], now: datetime
) -> tuple[int, int]:
    """Events to apply, recordings to fetch, callbacks to plan; how many texts there are to send, and calls to place."""
    for nth, (call, recording) in enumerate(recordings.items()):
        keep_events(owner, service, now, f"+44770090012{nth}", call, recording)
    later = (now.weekday() + 2) % 7
    days = (later if later < 5 else 0,)  # neither today nor tomorrow: nobody is texted that they are about to be rung
    phones = [f"+44770090020{nth}" for nth in range(CALLERS)]
    therapists = [factories.a_therapist(owner, service, f"t{phone}", days=days, phone=phone) for phone in phones]
    with story() as session:
        agreed = [an_agreed_enquiry(session, service, now) for _ in range(CALLERS)]
        rung = [factories.a_heard_enquiry(session, service, now) for _ in range(CALLERS)]
        attempts = [factories.an_attempt(session, e, t, now) for e, t in zip(rung, therapists, strict=True)]
        session.execute(text("UPDATE message SET state = 'failed'"))  # of these the network knows nothing
    return len(agreed), len(attempts)


@pytest.mark.timeout(400)
def test_what_a_killed_worker_had_in_hand_is_done_once_by_the_others(
    environment: dict[str, str],
    owner: Engine,
    service: Service,
    network: Network,
    recordings: dict[str, str],
    story: Opening,
    tmp_path: Path,
) -> None:
    agreed, attempts = a_backlog(owner, service, story, recordings, clock.now())
    log = tmp_path / "workers.log"
    network.is_slow()
    with story() as session, worker(environment, log, "scheduler") as killed:
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        # It can ask for a call, and cannot write down that it was made.
        session.execute(text("SELECT FROM enquiry WHERE status = 'in_call' FOR NO KEY UPDATE"))
        claimed = "message WHERE state = 'expected' AND fetch_after > now() + interval '1 minute'"
        wait_until(lambda: network.calls() > CALLERS and count(story, claimed) > 0, 100)
        killed.kill()
        killed.wait()
    assert count(story, "attempt WHERE state = 'placing'") == 1
    assert count(story, "heartbeat") == 1
    due = f"due_work(now() + interval '{AHEAD} minutes') WHERE service_key = 'herts_cot'"
    assert count(story, due)
    placed = "attempt WHERE call_sid IS NOT NULL AND state = 'ringing_therapist'"
    deleted = "message WHERE state = 'stored' AND provider_deleted_at IS NOT NULL"

    def is_done() -> bool:
        # What a worker has in hand is not due, and not done either.
        in_hand = count(story, placed) < attempts or count(story, deleted) < len(recordings) or network.texts() < agreed
        return count(story, "heartbeat") == 3 and count(story, due) == 0 and not in_hand

    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(worker(environment, log, "tests.scheduler.worker", str(AHEAD)))
        wait_until(is_done, 200)
    assert network.calls() == CALLERS + attempts
    assert network.texts() == agreed
    assert sorted(network.deletions()) == sorted(recordings.values())
    assert count(story, placed) == attempts
    assert count(story, deleted) == len(recordings)
    assert count(story, "provider_event WHERE applied_at IS NULL OR problem IS NOT NULL") == 0
    assert count(story, "callback WHERE state = 'planned'") == len(recordings) + agreed
    assert "job_failed" not in log.read_text()
