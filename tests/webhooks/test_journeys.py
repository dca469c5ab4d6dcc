"""Calls over real HTTP, to the door as it runs by itself: the exchange plays the network, the database is real."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine, text
from starlette.types import ASGIApp

from advice_line import db, embedded
from advice_line.errors import Misconfigured
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.phone import PracticePhone
from advice_line.exchange.run import running
from advice_line.lines import configure, reading
from advice_line.lines.directory import Directory, Service
from tests.exchange.sounds import hum, wav
from tests.factories import a_service, a_therapist, an_attempt, an_enquiry
from tests.lines.files import changed
from tests.webhooks.network import ACCOUNT_SID, CALL_SID, HERTS, PUBLIC_URL, TOKEN, Network, some_settings
from webhooks.app import serving

OFFICE, THERAPIST = "+441632960220", "+447700900199"
START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """What a journey needs: the door's own address, the exchange's, a caller, and the service that is rung."""

    door_url: str
    exchange_url: str
    caller: PracticePhone
    service: Service


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """An application over HTTP, in a thread; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started and thread.is_alive() and time.monotonic() < deadline:
                thread.join(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def line(cluster: embedded.Server, database: str, owner: Engine, now: datetime, tmp_path: Path) -> Iterator[Running]:
    """The Hertfordshire line, ready to be rung."""
    with ringing(cluster, database, a_service(owner, now), now, tmp_path) as line:
        yield line


@contextmanager
def ringing(
    cluster: embedded.Server, database: str, service: Service, now: datetime, folder: Path
) -> Iterator[Running]:
    """A service that is configured, its door, and an exchange to ring it."""
    settings = some_settings(DATABASE_URL=cluster.url_for("serving", database))
    with served(serving(settings, lambda: now)) as door_url:
        config = ExchangeConfig(door_url, ACCOUNT_SID, TOKEN, folder, public_url=PUBLIC_URL, pace=0)
        with running(config) as exchange_url:
            caller = PracticePhone(exchange_url)
            yield Running(door_url, exchange_url, caller, service)
            caller.close()


def told(owner: Engine, call_sid: str) -> list[tuple[str, str]]:
    """The kinds of a call's events with what was answered, in the order in which they were kept."""
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT kind, answer FROM provider_event WHERE call_sid = :sid ORDER BY id"), {"sid": call_sid}
        )
        return [(row.kind, row.answer) for row in rows]


def complaints(caller: PracticePhone) -> list[object]:
    """What the network would have complained of."""
    return [line for line in caller.log() if line["event"] in {"error", "fault", "redirect"}]


def test_three_then_one_leaves_a_message(line: Running, owner: Engine) -> None:
    call = line.caller.rings(HERTS).hears("press 3").presses("3").hears("press 1").presses("1")
    call.hears("In an emergency dial 999").hears("after the tone").plays(wav(8000, 2, 1, 5.0)).presses("#")
    call.hears("A therapist will call you back on a weekday").ended()
    events = told(owner, call.sid)
    steps = [event for event in events if event[0] not in {"recording", "status"}]
    assert steps == [
        ("call", "menu root"),
        ("keys", "menu ot_menu"),
        ("keys", "record herts_advice"),
        ("recorded", "goodbye"),
    ]
    assert [kind for kind, _ in events].count("recording") == 2
    assert ("status", "") in events
    assert complaints(line.caller) == []


def test_a_recorded_prompt_is_fetched_and_played(
    cluster: embedded.Server, database: str, owner: Engine, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "service.yaml").write_text(changed(("kind: menu", "kind: menu\n          recording: menu.wav")))
    (tmp_path / "menu.wav").write_bytes(wav(8000, 2, 1, 2.0))
    with db.transaction(owner, None) as session:
        configure.apply(session, reading.read(tmp_path / "service.yaml"), now)
        service = Directory.load(session).service("herts_cot")
    with ringing(cluster, database, service, now, tmp_path) as line:
        line.caller.rings(HERTS).hears("(sound: ").presses("3").hears("press 1").hangs_up()
        assert complaints(line.caller) == []


def test_a_caller_who_presses_nothing_reaches_the_recorder(line: Running) -> None:
    call = line.caller.rings(HERTS, "withheld")
    for _ in range(6):
        call.keeps_silent()
    call.hears("after the tone").plays(wav(8000, 2, 1, 3.0)).hangs_up()


def test_a_caller_who_hangs_up_in_the_middle_of_a_word_is_kept(line: Running, owner: Engine) -> None:
    call = line.caller.rings(HERTS).presses("31").plays(wav(8000, 2, 1, 2.0)).hangs_up()
    assert ("recorded", "goodbye") in told(owner, call.sid)


def test_wrong_keys_are_not_guessed(line: Running) -> None:
    call = line.caller.rings(HERTS).presses("9").hears("we do not know that choice").hears("press 3")
    call.presses("3").hears("press 1").presses("*").hears("press 3").presses("#").hears("press 3").hangs_up()


def test_an_office_that_is_engaged_leads_to_its_mailbox(line: Running, owner: Engine) -> None:
    line.caller.behaves(OFFICE, answers="busy")
    call = line.caller.rings(HERTS).presses("32").hears("putting you through").hears("Nobody can take your call")
    call.plays(wav(8000, 2, 1, 3.0)).hangs_up()
    assert line.caller.rings_of(OFFICE)[0]["from"] == HERTS
    assert ("transferred", "record herts_admin") in told(owner, call.sid)


def test_a_long_message_is_warned_and_may_go_on(line: Running, owner: Engine) -> None:
    call = line.caller.rings(HERTS).presses("31").plays(hum(280).wav()).hears("we have your message so far")
    call.plays(wav(8000, 2, 1, 3.0)).hangs_up()
    assert [event[0] for event in told(owner, call.sid)].count("recorded") == 2


def test_a_therapist_is_connected_with_the_caller(line: Running, owner: Engine, now: datetime) -> None:
    therapist = a_therapist(owner, line.service)
    with db.transaction(owner, line.service.id) as session:
        enquiry = an_enquiry(session, line.service, now, number="+447700900456")
        attempt = an_attempt(session, enquiry, therapist, now).id
    call_sid = place(line, attempt)
    until_told(line, owner, call_sid, "attempt_done", "attempt_status")
    (heard,) = line.caller.rings_of(THERAPIST)
    assert "Press 1 to be connected" in str(heard["heard"])
    (rung,) = line.caller.rings_of("+447700900456")
    assert rung["from"] == HERTS
    assert ("attempt_keys", "bridge") in told(owner, call_sid)
    until_told(line, owner, str(rung["call_sid"]), "attempt_caller_status")
    assert complaints(line.caller) == []


def until_told(line: Running, owner: Engine, call_sid: str, *kinds: str) -> None:
    """The network has told all of these of a call. Each of its calls is told of in its own time."""
    deadline = time.monotonic() + START_SECONDS
    while not set(kinds) <= {kind for kind, _ in told(owner, call_sid)}:
        assert time.monotonic() < deadline, told(owner, call_sid)
        line.caller.rings_of(THERAPIST)


def place(line: Running, attempt: int) -> str:
    """Ask the network for a therapist's call, as the scheduler does."""
    ours = f"{PUBLIC_URL}/webhooks/attempts/{attempt}"
    form = {
        "To": THERAPIST,
        "From": HERTS,
        "Url": f"{ours}/answered?line=herts_advice_line",
        "StatusCallback": f"{ours}/status?line=herts_advice_line#rc=3&rp=all",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    url = f"{line.exchange_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    sid: str = httpx.post(url, data=form, auth=(ACCOUNT_SID, TOKEN)).raise_for_status().json()["sid"]
    return sid


def test_the_same_post_twice_and_six_times_at_once_leaves_one_row(line: Running, owner: Engine) -> None:
    with httpx.Client(base_url=line.door_url) as client:
        network = Network(client.post)
        answers = [network.posts("/webhooks/voice") for _ in range(2)]
        with ThreadPoolExecutor(6) as crowd:
            answers += crowd.map(lambda _: network.posts("/webhooks/voice"), range(6))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert told(owner, CALL_SID) == [("call", "menu root")]


def test_a_forged_post_leaves_no_row(line: Running, owner: Engine) -> None:
    body = urlencode({"AccountSid": ACCOUNT_SID, "CallSid": CALL_SID})
    with httpx.Client(base_url=line.door_url) as client:
        assert Network(client.post).sends("/webhooks/voice", body, "forged").status_code == 403
    assert told(owner, CALL_SID) == []


def test_without_a_database_the_door_refuses_to_open(now: datetime) -> None:
    with pytest.raises(Misconfigured, match="DATABASE_URL is not set"):
        serving(some_settings(), lambda: now)
