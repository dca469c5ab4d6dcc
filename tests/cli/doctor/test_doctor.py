"""What the doctor says to an operator, against a real door, a real database and the practice exchange."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from advice_line.cli.doctor import findings, machine, page_of_line
from advice_line.errors import NotFound
from advice_line.settings import Settings
from tests.cli.doctor.installation import BASE, BASIS, Proxy, as_it_came, door, exchange, faults, right, said, settings
from tests.scene import Stage


def test_everything_is_looked_at_and_well(tmp_path: Path, stage: Stage) -> None:
    with ExitStack() as stack:
        mine = stack.enter_context(door(tmp_path, Proxy(as_it_came)))
        numbers = {line.number: right(mine.public_url) for line in _lines(stage)}
        more = {
            "TWILIO_API_URL": stack.enter_context(exchange(tmp_path, numbers)),
            "DATABASE_URL": stage.serving.url.render_as_string(hide_password=False),
        }
        told = said(findings(settings(tmp_path, mine.public_url, **more)))
    assert [sentence for is_well, sentence in told if not is_well] == []
    for part in ("PUBLIC_URL", "SECRET_KEY", "RECORDINGS_KEY", "Recordings can be stored", "row-level security",
                 "this version", "clocks", "lets us in", "may sign", "herts_advice_line", "eput_support_line",
                 "arrives as it was signed"):  # fmt: skip
        assert any(part in sentence for _, sentence in told), part


def _lines(stage: Stage) -> list[Any]:
    return [line for service in (stage.scene.herts, stage.scene.eput) for line in service.lines.values()]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PUBLIC_URL": "http://a.example"}, "it must begin with https"),
        ({"TWILIO_EDGE": ""}, "TWILIO_EDGE and TWILIO_REGION must both be set"),
        ({"TWILIO_EDGE": "sydney"}, "TWILIO_EDGE sydney does not belong to TWILIO_REGION ie1: set dublin."),
        ({"TWILIO_API_URL": "https://api.ie1.twilio.com"}, "leave it unset"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"RECORDINGS_URL": "/proc/no/such"}, "Recordings cannot be stored"),
        ({"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}, "no call can be answered"),
    ],
)
def test_a_fault_in_the_settings_is_one_sentence(tmp_path: Path, environment: dict[str, str], sentence: str) -> None:
    mine = Settings.load({**BASIS, "PUBLIC_URL": BASE, "ADVICE_LINE_HOME": str(tmp_path), **environment})
    (told,) = faults(machine.findings(mine))
    assert sentence in told
    assert not list((tmp_path / "recordings").glob("doctor/*"))


def test_the_page_for_the_fallback_is_of_one_line(tmp_path: Path, stage: Stage) -> None:
    mine = settings(tmp_path, BASE, DATABASE_URL=stage.serving.url.render_as_string(hide_password=False))
    page = page_of_line(mine, "herts_advice_line")
    assert page.index("999") < page.index("<Record ")
    assert 'recordingStatusCallback="https://a.example/webhooks/recording-status?line=herts_advice_line#rc=3' in page
    with pytest.raises(NotFound, match="no line called gone"):
        page_of_line(mine, "gone")
