"""The scheduler as a process of its own: it begins, it lives, and it ends when it is asked to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, text

from advice_line.lines.directory import Service
from tests.scheduler.conftest import KEY


@pytest.fixture
def environment(serving: Engine, tmp_path: Path, service: Service) -> dict[str, str]:
    ours = {"DATABASE_URL": address(serving), "ADVICE_LINE_HOME": str(tmp_path), "RECORDINGS_KEY": KEY}
    return {**os.environ, **ours, "TWILIO_API_URL": "http://127.0.0.1:1"}  # noqa: TID251 - a child's, not ours


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@contextmanager
def started(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-m", "scheduler"], env=environment, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


def beats(serving: Engine) -> int:
    with serving.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM heartbeat")) or 0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_beats_until_it_is_asked_to_end(
    environment: dict[str, str], serving: Engine, tmp_path: Path, how: signal.Signals
) -> None:
    with started(environment) as process:
        deadline = time.monotonic() + 60
        while not beats(serving):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            Event().wait(0.1)
        process.send_signal(how)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "scheduler_stopped" in said
    assert "job_failed" not in said
    assert (tmp_path / "recordings").is_dir()


def test_with_too_mighty_a_role_it_says_so_in_a_sentence_and_does_not_begin(
    environment: dict[str, str], owner: Engine
) -> None:
    with started({**environment, "DATABASE_URL": address(owner)}) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("DATABASE_URL names a role that owns the tables")
    assert "Traceback" not in said
