"""Playing a message: in byte ranges, from our own store alone, and never without a line on the audit trail."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import messages, recordings
from advice_line.errors import NotFound, OutsideFailed
from advice_line.lines.directory import Service
from advice_line.messages import Message
from advice_line.recordings import RangeNotThere, Sound
from advice_line.vault import Vault
from tests import factories
from tests.factories import TESTER
from tests.scene import Stage

SOUND = bytes(range(256)) * 4
SIZE = len(SOUND)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, "k" * 32)


@pytest.fixture
def message(session: Session, herts: Service, vault: Vault, now: datetime) -> Message:
    message = factories.a_message(session, herts, now)
    name = f"herts_cot/{message.recording_sid}"
    messages.stored(message, name, vault.write(name, [SOUND]), 12, now)
    session.flush()
    return message


def played(session: Session, vault: Vault, message: Message, range_: str | None, now: datetime) -> Sound:
    return recordings.play(session, vault, message.service_id, message.id, range_, TESTER, now)


def test_without_a_range_the_whole_is_played(session: Session, vault: Vault, message: Message, now: datetime) -> None:
    sound = played(session, vault, message, None, now)
    assert (sound.status, b"".join(sound.chunks), sound.content_type) == (200, SOUND, "audio/wav")
    assert sound.headers == {"Accept-Ranges": "bytes", "Content-Length": str(SIZE), "Cache-Control": "no-store"}


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [
        ("bytes=0-", 0, SIZE),
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, SIZE),
        ("bytes=1000-99999", 1000, SIZE),
        ("bytes=-24", SIZE - 24, SIZE),
        ("bytes=-99999", 0, SIZE),
        ("Bytes=5-9", 5, 10),
    ],
)
def test_a_range_is_played(
    session: Session, vault: Vault, message: Message, now: datetime, range_: str, start: int, end: int
) -> None:
    sound = played(session, vault, message, range_, now)
    assert (sound.status, b"".join(sound.chunks)) == (206, SOUND[start:end])
    assert sound.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert sound.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    "range_",
    ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "items=0-5", "bytes=0-1,5-9", "bytes=0-5\n", "bytes 0-5"],
)
def test_a_range_that_is_none_is_the_whole(
    session: Session, vault: Vault, message: Message, now: datetime, range_: str
) -> None:
    sound = played(session, vault, message, range_, now)
    assert (sound.status, b"".join(sound.chunks)) == (200, SOUND)


@pytest.mark.parametrize("range_", [f"bytes={SIZE}-", "bytes=99999-", "bytes=-0", f"bytes={'9' * 5000}-"])
def test_a_range_beyond_the_end_is_refused_with_the_length(
    session: Session, vault: Vault, message: Message, now: datetime, range_: str
) -> None:
    with pytest.raises(RangeNotThere) as refused:
        played(session, vault, message, range_, now)
    assert (refused.value.status, refused.value.headers) == (416, {"Content-Range": f"bytes */{SIZE}"})


def test_every_play_is_on_the_audit_trail_from_wherever_it_begins(stage: Stage, vault: Vault, now: datetime) -> None:
    herts = stage.scene.herts
    with stage.story() as session:
        message = factories.a_message(session, herts, now)
        name = f"herts_cot/{message.recording_sid}"
        messages.stored(message, name, vault.write(name, [SOUND]), 12, now)
        session.flush()
        for range_ in (None, "bytes=0-9", "bytes=1-", "bytes=-5"):
            played(session, vault, message, range_, now)
    with stage.owner.connect() as connection:
        trail = connection.execute(
            text("SELECT subject, system, service_id, detail FROM audit WHERE action = 'message played' ORDER BY id")
        ).all()
    assert {row[:3] for row in trail} == {(f"message {message.id}", "tests", herts.id)}
    assert [row.detail["bytes"] for row in trail] == ["0-1023", "0-9", "1-1023", "1019-1023"]


@pytest.mark.parametrize("state", ["expected", "absent", "failed", "deleted"])
def test_a_message_without_sound_is_not_found(
    session: Session, vault: Vault, message: Message, now: datetime, state: str
) -> None:
    message.state = state
    session.flush()
    with pytest.raises(NotFound, match="no sound"):
        played(session, vault, message, None, now)


def test_another_services_message_is_not_found(
    session: Session, eput: Service, vault: Vault, message: Message, now: datetime
) -> None:
    for service_id, message_id in ((eput.id, message.id), (message.service_id, 10**30), (message.service_id, 0)):
        with pytest.raises(NotFound):
            recordings.play(session, vault, service_id, message_id, None, TESTER, now)


def test_a_file_that_is_gone_is_said_to_be_gone(
    session: Session, vault: Vault, message: Message, now: datetime
) -> None:
    vault.delete(message.audio_name or "")
    with pytest.raises(OutsideFailed, match="not where it was stored"):
        played(session, vault, message, None, now)
