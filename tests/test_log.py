"""Logs say what happened by ids, and never carry anything of a caller."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
import uvicorn

from advice_line import log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The logging of the test process is put back afterwards."""
    root = logging.getLogger()
    handlers, level, ours = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**ours)


@pytest.mark.parametrize("key", sorted(log.PERSONAL))
def test_a_personal_value_never_reaches_the_log(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    structlog.get_logger().info("something_happened", enquiry=7, **{key: "Kit Example"})
    written = json.loads(capsys.readouterr().err)
    assert (written["event"], written["enquiry"], written[key]) == ("something_happened", 7, "[removed]")


def test_a_personal_value_bound_beforehand_is_removed_too(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    with structlog.contextvars.bound_contextvars(number="+447700900123"):
        structlog.get_logger().warning("something_happened")
    assert "900123" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["twilio.http_client", "uvicorn.access", "httpx"])
def test_what_other_libraries_say_of_addresses_is_not_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    logging.getLogger(name).info("POST /Calls.json?To=+447700900123")
    assert capsys.readouterr().err == ""


def test_standard_loggers_pass_through_the_same_door(capsys: pytest.CaptureFixture[str]) -> None:
    uvicorn.Config(app="", log_level="warning")  # as a server does that was told nothing of our door
    log.configure("json")
    logging.getLogger("uvicorn.error").warning("The port is taken.")
    written = json.loads(capsys.readouterr().err)
    assert (written["event"], written["level"]) == ("The port is taken.", "warning")
    assert written["timestamp"].endswith("Z")


def test_the_console_form_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("console")
    structlog.get_logger().info("something_happened", enquiry=7, note="Kit Example")
    written = capsys.readouterr().err
    assert "something_happened" in written
    assert "enquiry=7" in written
    assert "Kit" not in written
