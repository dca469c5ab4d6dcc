"""Recordings for programs: by byte ranges, every play on the audit trail."""

import httpx
import pytest

from advice_line import messages
from tests import factories
from tests.api.conftest import Api, refused

SOUND = bytes(range(256)) * 4


@pytest.fixture
def message(api: Api) -> int:
    """A message of Hertfordshire whose sound is in the vault."""
    with api.stage.story() as session:
        made = factories.a_message(session, api.stage.scene.herts, api.now)
        name = f"herts_cot/{made.recording_sid}"
        messages.stored(made, name, api.vault.write(name, [SOUND]), 12, api.now)
        return made.id


def played(api: Api, message: int, asked: str | None = None, whose: str = "sam") -> httpx.Response:
    more = {"Range": asked} if asked else {}
    return api.client.get(f"/v1/messages/{message}/audio", headers={**api.headers(whose), **more})


def test_the_whole_is_played_as_wav(api: Api, message: int) -> None:
    answer = played(api, message)
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("audio/wav", "bytes")


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=10-19", 10, 20), ("bytes=1000-", 1000, 1024), ("bytes=-24", 1000, 1024)]
)
def test_a_range_is_played_alone(api: Api, message: int, asked: str, start: int, end: int) -> None:
    answer = played(api, message, asked)
    assert (answer.status_code, answer.content) == (206, SOUND[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1024"


def test_a_range_after_the_end_is_refused_with_the_size(api: Api, message: int) -> None:
    answer = played(api, message, "bytes=1024-")
    refused(answer, 416)
    assert answer.headers["content-range"] == "bytes */1024"


def test_every_play_is_on_the_audit_trail(api: Api, message: int) -> None:
    played(api, message)
    played(api, message, "bytes=10-19")
    sam, subject = api.stage.scene.sam_as_person.id, f"message {message}"
    wanted = [(subject, {"bytes": "0-1023"}, sam), (subject, {"bytes": "10-19"}, sam)]
    assert api.trail("message played") == wanted


def test_another_service_does_not_hear_it(api: Api, message: int) -> None:
    refused(played(api, message, whose="eput"), 404)
    assert api.trail("message played") == []


def test_an_administrator_does_not_hear_it(api: Api, message: int) -> None:
    refused(played(api, message, whose="admin"), 403)


@pytest.mark.parametrize("number", [0, -1, 10**30, -(10**30)])
def test_a_message_that_is_not_there_is_not_found(api: Api, number: int) -> None:
    refused(played(api, number), 404)
