"""What operations ask a running web process: does it live, can it work, what waits."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from advice_line import clock, db, embedded, main, troubles, workers
from advice_line.settings import Account, Settings
from advice_line.troubles import Failure
from tests.factories import an_attempt, an_enquiry, an_expected_message
from tests.scene import Stage, on_server

NUMBER = "+447700900456"
SECRETS = {
    "SECRET_KEY": "q8Zr2LmK0vXw5TnB7yHd3cJf6GsPaUe1",
    "RECORDINGS_KEY": "z7Yk3NpQ1wVx6SmC8uGe2bHd5FrTaLj9",
    "TWILIO_ACCOUNT_SID": "AC" + "5" * 32,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcd12",
    "TWILIO_API_URL": "http://127.0.0.1:1",
}


@pytest.fixture
def web(stage: Stage, tmp_path: Path) -> Iterator[httpx.Client]:
    """The whole web process on a port of its own."""
    with _served(_app(stage, tmp_path)) as client:
        yield client


@contextmanager
def _served(app: FastAPI) -> Iterator[httpx.Client]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=3))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
        thread.start()
        while not server.started:
            assert thread.is_alive(), "The web process did not start: its error is above."
            threading.Event().wait(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=20) as client:
            yield client
        server.should_exit = True
        thread.join()


def _app(stage: Stage, home: Path) -> FastAPI:
    settings = Settings(
        database_url=SecretStr(stage.serving.url.render_as_string(hide_password=False)),
        advice_line_home=home,
        accounts={"default": Account(sid="AC" + "5" * 32, auth_tokens=(SecretStr("a token of the tests"),))},
        secret_key=SecretStr("s" * 32),
        recordings_key=SecretStr("r" * 32),
    )
    return main.build(settings, with_webhooks=True)


@pytest.fixture
def environment(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a machine that serves one role alone."""
    url = stage.serving.url.render_as_string(hide_password=False)
    for name, value in {"DATABASE_URL": url, "ADVICE_LINE_HOME": str(tmp_path), **SECRETS}.items():
        monkeypatch.setenv(name, value)


@contextmanager
def _away(cluster: embedded.Server, stage: Stage) -> Iterator[None]:
    """The database lets nobody in, and has put out who was."""
    name = stage.serving.url.database
    on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        on_server(cluster, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - our own
        yield
    finally:
        on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def _beat(stage: Stage, ago: timedelta = timedelta(0)) -> None:
    with db.transaction(stage.owner, None) as session:
        session.execute(text("DELETE FROM heartbeat"))
        session.execute(text("INSERT INTO heartbeat VALUES ('tests', :at, :at)"), {"at": clock.now() - ago})


def _somebody_rang(stage: Stage) -> None:
    with stage.story() as session:
        an_enquiry(session, stage.scene.herts, clock.now(), number=NUMBER, caller_name="Kit Example")


def test_it_is_ready_while_the_scheduler_beats(web: httpx.Client, stage: Stage) -> None:
    _beat(stage)
    answer = web.get("/readyz")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["ready"], found["database"], found["migrated"]) == (True, True, True)
    assert 0 <= found["scheduler_heartbeat_seconds"] < 60
    assert found["oldest_unfetched_recording_seconds"] is None


def test_it_is_not_ready_when_no_scheduler_ever_ran(web: httpx.Client) -> None:
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json()["scheduler_heartbeat_seconds"]) == (503, None)
    assert web.get("/healthz").status_code == 200


def test_it_is_not_ready_when_the_scheduler_stopped_a_minute_ago(web: httpx.Client, stage: Stage) -> None:
    _beat(stage, timedelta(seconds=61))
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_without_its_database_it_lives_and_says_it_is_not_ready(
    web: httpx.Client, stage: Stage, cluster: embedded.Server
) -> None:
    _beat(stage)
    with _away(cluster, stage):
        answer = web.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "database": False})
        assert web.get("/healthz").status_code == 200


def test_what_waits_is_told_by_service(web: httpx.Client, stage: Stage) -> None:
    _beat(stage)
    _somebody_rang(stage)
    work = {each["service"]: each for each in web.get("/readyz").json()["services"]}
    assert (work["herts_cot"]["unheard"], work["herts_cot"]["recordings_to_fetch"]) == (1, 1)
    assert work["eput_cot"]["unheard"] == 0
    metrics = web.get("/metrics").text.splitlines()
    assert 'advice_line_unheard{service="herts_cot"} 1.0' in metrics
    assert 'advice_line_unheard{service="eput_cot"} 0.0' in metrics


def test_what_is_unaccounted_for_is_told_by_service(web: httpx.Client, stage: Stage) -> None:
    with stage.story() as session:
        an_expected_message(session, stage.scene.herts, clock.now() - timedelta(hours=1))
    metrics = web.get("/metrics").text.splitlines()
    assert 'advice_line_unaccounted{service="herts_cot"} 1.0' in metrics
    assert 'advice_line_unaccounted{service="eput_cot"} 0.0' in metrics
    assert "advice_line_database_up 1.0" in metrics


def test_without_its_database_it_tells_what_it_has_counted_itself(
    web: httpx.Client, stage: Stage, cluster: embedded.Server
) -> None:
    with _away(cluster, stage):
        answer = web.get("/metrics")
    assert answer.status_code == 200
    assert "advice_line_database_up 0.0" in answer.text.splitlines()
    assert "advice_line_webhooks_total" in answer.text
    assert "advice_line_unaccounted" not in answer.text


def test_without_a_heartbeat_the_metric_is_infinite(web: httpx.Client) -> None:
    assert "advice_line_scheduler_heartbeat_seconds +Inf" in web.get("/metrics").text.splitlines()


def test_a_silent_worker_beside_a_living_one_is_a_warning(web: httpx.Client, stage: Stage) -> None:
    _beat(stage, timedelta(minutes=2))
    with db.transaction(stage.serving, None) as session:
        workers.beat(session, "alive", clock.now())
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json()["state"]) == (200, "degraded")
    assert [one["silent"] for one in answer.json()["workers"]] == [True, False]
    assert answer.json()["warnings"][0].startswith("The worker tests has said nothing for 12")
    metrics = web.get("/metrics").text.splitlines()
    assert {'advice_line_workers{heard="yes"} 1.0', 'advice_line_workers{heard="no"} 1.0'} <= {*metrics}
    assert "advice_line_degraded 1.0" in metrics


def test_a_job_that_fails_is_told_with_since_when_and_how_often(web: httpx.Client, stage: Stage) -> None:
    _beat(stage)
    with db.transaction(stage.serving, None) as session:
        for minutes in (3, 2):
            failure = Failure("tests", clock.now() - timedelta(minutes=minutes), "OperationalError", "57014")
            troubles.failed(session, ("plan", "herts_cot"), failure)
    found = web.get("/readyz").json()
    assert (found["ready"], found["state"]) == (True, "degraded")
    assert "The job plan fails for herts_cot: 2 times in a row, OperationalError 57014." in found["warnings"]
    (job,) = (one for one in found["jobs"] if one["job"] == "plan" and one["service"] == "herts_cot")
    assert (job["failures"], job["failed_total"], job["last_trouble"]["sqlstate"]) == (2, 2, "57014")
    metrics = web.get("/metrics").text.splitlines()
    assert 'advice_line_job_failures_in_a_row{job="plan",service="herts_cot"} 2.0' in metrics
    assert 'advice_line_job_failures_total{job="plan",service="herts_cot"} 2.0' in metrics


def test_work_that_has_waited_too_long_is_told_with_its_lag(web: httpx.Client, stage: Stage) -> None:
    _beat(stage)
    with stage.story() as session:
        enquiry = an_enquiry(session, stage.scene.herts, clock.now() - timedelta(hours=1), number=NUMBER)
        an_attempt(session, enquiry, stage.scene.sam, clock.now() - timedelta(minutes=2))
    found = web.get("/readyz").json()
    lags = {one["job"]: one["lag_seconds"] for one in found["jobs"] if one["service"] == "herts_cot"}
    assert 120 <= lags["place_calls"] < 180
    assert 3600 <= lags["fetch_recordings"] < 3660
    assert any(said.startswith("The job place_calls is behind for herts_cot") for said in found["warnings"])
    assert 'advice_line_job_due{job="place_calls",service="herts_cot"} 1.0' in web.get("/metrics").text.splitlines()


@pytest.mark.parametrize("path", ["/readyz", "/metrics", "/healthz"])
def test_nothing_of_a_caller_is_in_what_operations_see(web: httpx.Client, stage: Stage, path: str) -> None:
    _somebody_rang(stage)
    answer = web.get(path).text
    assert answer
    assert NUMBER.removeprefix("+44") not in answer
    assert "Kit" not in answer


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        (main.create_app, {"/sign-in": 200, "/api/openapi.json": 200, "/webhooks/voice": 403}),
        (main.create_web, {"/sign-in": 200, "/api/openapi.json": 200, "/webhooks/voice": 404}),
        (main.create_telephone, {"/sign-in": 404, "/api/openapi.json": 404, "/webhooks/voice": 403}),
    ],
)
def test_each_role_answers_for_itself_alone_and_tells_operations_how_it_is(
    role: Callable[[], FastAPI], answers: dict[str, int], environment: None, stage: Stage
) -> None:
    _beat(stage)
    with _served(role()) as client:
        found = {path: client.request("POST" if "voice" in path else "GET", path).status_code for path in answers}
        assert found == answers
        assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
