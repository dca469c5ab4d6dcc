"""What the doctor says of a telephone account and its numbers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import respx

from advice_line.cli.doctor import account
from advice_line.telephone.calling import ASK_AGAIN, TRY_AGAIN
from tests.cli.doctor.installation import BASE, HERTS, SID, TOKEN, directory_of, exchange, faults, right, settings
from tests.scene import Stage
from tests.webhooks.conftest import a_directory


@pytest.mark.parametrize(
    ("environment", "setting"),
    [
        ({"TWILIO_AUTH_TOKEN": "not-the-token"}, "the first token of TWILIO_AUTH_TOKEN"),
        ({"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "wrong"}, "TWILIO_API_KEY and TWILIO_API_SECRET"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "6" * 32}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_ACCOUNT_SID": "SK" + "6" * 32}, "TWILIO_ACCOUNT_SID is not the id of an account"),
        (
            {"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "the-secret", "TWILIO_AUTH_TOKEN": "not-the-token"},
            "No token in TWILIO_AUTH_TOKEN is the account's",
        ),
        ({"TWILIO_EPUT_ACCOUNT_SID": SID, "TWILIO_EPUT_AUTH_TOKEN": "x"}, "TWILIO_EPUT_AUTH_TOKEN"),
    ],
)
def test_the_setting_that_is_wrong_is_named(tmp_path: Path, environment: dict[str, str], setting: str) -> None:
    with exchange(tmp_path, {}) as url:
        mine = settings(tmp_path, "https://a.example", TWILIO_API_URL=url, **environment)
        (told,) = faults(account.findings(mine, None))
    assert setting in told
    assert "not-the-token" not in told


def test_while_a_token_is_being_changed_one_of_two_is_enough(tmp_path: Path) -> None:
    with exchange(tmp_path, {}) as url:
        mine = settings(tmp_path, "https://a.example", TWILIO_API_URL=url, TWILIO_AUTH_TOKEN=f"{TOKEN},the-next-one")
        assert faults(account.findings(mine, None)) == []


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, []),
        ({"voice_url": "http://a.example/webhooks/voice"}, ["It begins with http now"]),
        ({"voice_url": f"{BASE}/webhooks/voice#rc=2"}, []),
        ({"voice_url": "https://demo.example/welcome"}, ["It leads to demo.example now."]),
        ({"voice_url": ""}, ["“A call comes in”: set it to https://a.example/webhooks/voice"]),
        ({"status_callback": ""}, ["“Call status changes”"]),
        ({"status_callback": "https://a.example/webhooks/call-status"}, ["“Call status changes”: add #rc=3&rp=all"]),
        ({"sms_url": "https://a.example/webhooks/sms#rc=1"}, ["“A message comes in”: add #rc=3&rp=all"]),
        ({"sms_url": "https://demo.example/sms"}, ["“A message comes in”"]),
        ({"voice_fallback_url": ""}, ["“Primary handler fails” is empty"]),
    ],
)
def test_each_address_of_a_number_is_compared(
    tmp_path: Path, stage: Stage, changes: dict[str, str], sentences: list[str]
) -> None:
    with exchange(tmp_path, {HERTS: replace(right(BASE), **changes)}) as url:
        told = faults(account.findings(settings(tmp_path, BASE, TWILIO_API_URL=url), directory_of(stage)))
    assert len(told) == len(sentences)
    assert all(sentence in one for sentence, one in zip(sentences, told, strict=True))


@pytest.mark.parametrize(("behind", "advised"), [("", True), (ASK_AGAIN, False), ("#rc=2", False)])
def test_asking_once_more_for_a_lost_answer_is_advised_and_no_fault(
    tmp_path: Path, stage: Stage, behind: str, advised: bool
) -> None:
    kept = replace(right(BASE), voice_url=f"{BASE}/webhooks/voice{behind}")
    with exchange(tmp_path, {HERTS: kept}) as url:
        told = list(account.findings(settings(tmp_path, BASE, TWILIO_API_URL=url), directory_of(stage)))
    assert faults(iter(told)) == []
    assert any(ASK_AGAIN in finding.sentence for finding in told) == advised


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"voice_fallback_url": f"{BASE}/webhooks/voice/fallback"}, "leads to ourselves"),
        ({"voice_fallback_method": "GET"}, "choose HTTP POST, for a GET"),
        ({"voice_method": "GET"}, "“A call comes in”: choose HTTP POST"),
        ({"voice_application_sid": "AP1"}, "tied to an application"),
        ({"capabilities": {"sms": False}, "sms_url": ""}, ""),
    ],
)
def test_on_the_real_network_a_fallback_of_our_own_is_none(
    tmp_path: Path, stage: Stage, changes: dict[str, Any], sentence: str
) -> None:
    kept = {"phone_number": HERTS, "capabilities": {"sms": True}, "voice_url": f"{BASE}/webhooks/voice",
            "voice_method": "POST", "voice_fallback_url": "https://handler.example/EH1",
            "voice_fallback_method": "POST", "status_callback": f"{BASE}/webhooks/call-status{TRY_AGAIN}",
            "sms_url": f"{BASE}/webhooks/sms{TRY_AGAIN}", **changes}  # fmt: skip
    with respx.mock(base_url=f"https://api.dublin.ie1.twilio.com/2010-04-01/Accounts/{SID}") as network:
        network.get(".json").respond(json={"status": "active"})
        network.get("/IncomingPhoneNumbers.json").respond(json={"incoming_phone_numbers": [kept]})
        told = faults(account.findings(settings(tmp_path, BASE), directory_of(stage)))
    assert [sentence in one for one in told] == ([True] if sentence else [])


def test_a_suspended_account_and_a_wrong_clock_are_told(tmp_path: Path) -> None:
    with respx.mock as network:
        old = {"Date": "Tue, 17 Nov 2020 10:05:00 GMT"}
        network.get(url__startswith="https://api.dublin").respond(json={"status": "suspended"}, headers=old)
        suspended, late = faults(account.findings(settings(tmp_path, BASE), None))
    assert "is suspended" in suspended
    assert "seconds off the telephone network's" in late


def test_a_network_that_is_away_is_told(tmp_path: Path) -> None:
    (told,) = faults(account.findings(settings(tmp_path, BASE, TWILIO_API_URL="http://127.0.0.1:1"), None))
    assert "does not answer at http://127.0.0.1:1" in told


def test_a_number_of_another_account_or_region_and_a_missing_account_are_told(tmp_path: Path, stage: Stage) -> None:
    herts = stage.scene.herts.configuration
    with exchange(tmp_path, {"+441632960001": right(BASE)}) as url:
        mine = settings(tmp_path, BASE, TWILIO_API_URL=url)
        (elsewhere,) = faults(account.findings(mine, directory_of(stage)))
        other = a_directory(herts.model_copy(update={"account": "herts"}))
        (missing,) = faults(account.findings(mine, other))
    assert "belongs to another account" in elsewhere
    assert "TWILIO_HERTS_ACCOUNT_SID is not set" in missing
