"""Letters: written to a folder, or handed to a relay that speaks SMTP; failures are told without any address."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from advice_line import mail
from advice_line.errors import OutsideFailed, Unanswered
from advice_line.mail import Letter
from advice_line.settings import Settings

LETTER = Letter("alarm-1-7", ["lead@example.nhs.uk", "two@example.nhs.uk"], "Advice Line: Hello", "Some words.\n")


@dataclass
class Relay:
    """A mail relay that keeps what it is given. `answers` are said to commands, instead of yes; one that `hangs_up`
    breaks off as soon as it has a letter.
    """

    host: str
    port: int = 0
    letters: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False

    def url(self, user: str = "") -> SecretStr:
        return SecretStr(f"smtp://{user}{self.host}:{self.port}?from=advice-line@example.nhs.uk")


@pytest.fixture
def relay() -> Iterator[Relay]:
    with relaying("127.0.0.1") as relay:
        yield relay


@contextmanager
def relaying(host: str) -> Iterator[Relay]:
    """A relay at an address of this machine."""
    kept = Relay(host)

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 relay\r\n")
            while line := self.rfile.readline().decode().strip():
                kept.said.append(line)
                word = line.split(":")[0].split(" ")[0].upper()
                answer = next((reply for start, reply in kept.answers.items() if line.startswith(start)), "250 yes")
                if word == "DATA" and answer == "250 yes":
                    self.wfile.write(b"354 go on\r\n")
                    kept.letters.append(self._letter())
                    if kept.hangs_up:
                        return
                self.wfile.write(f"{answer}\r\n".encode())
                if word == "QUIT":
                    return

        def _letter(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            return b"".join(lines)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    with Server((host, 0), Conversation) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


def send(now: datetime, **given: Any) -> None:
    mail.send(Settings(public_url="https://advice.example.nhs.uk", **given), LETTER, now)


def test_without_a_relay_a_letter_is_a_file_and_stays_one_when_it_is_sent_again(tmp_path: Path, now: datetime) -> None:
    for _ in range(2):
        send(now, advice_line_home=tmp_path)
    (file,) = (tmp_path / "mail").iterdir()
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.name == "alarm-1-7.eml"
    assert (letter["To"], letter["Subject"]) == ("lead@example.nhs.uk, two@example.nhs.uk", "Advice Line: Hello")
    assert (letter["From"], letter["Message-ID"]) == (
        "advice-line@advice.example.nhs.uk",
        "<alarm-1-7@advice.example.nhs.uk>",
    )
    assert letter["Date"].datetime == now
    assert letter.get_content().splitlines() == ["Some words."]


def test_a_relay_is_given_one_letter_for_all(relay: Relay, now: datetime) -> None:
    send(now, smtp_url=relay.url())
    (letter,) = relay.letters
    assert message_from_bytes(letter)["From"] == "advice-line@example.nhs.uk"
    assert [line for line in relay.said if line.upper().startswith("RCPT")] == [
        "rcpt TO:<lead@example.nhs.uk>",
        "rcpt TO:<two@example.nhs.uk>",
    ]


def test_nothing_is_said_to_a_relay_elsewhere_that_does_not_encrypt(now: datetime) -> None:
    # 127.0.0.2 is this machine too, but nothing that we would take for it.
    with relaying("127.0.0.2") as relay, pytest.raises(OutsideFailed, match="does not encrypt"):
        send(now, smtp_url=relay.url(user="advice:open-sesame@"))
    assert relay.letters == []
    assert not any("AUTH" in line for line in relay.said)


@pytest.mark.parametrize(
    ("answers", "sentence", "permanent"),
    [
        ({"mail": "451 later"}, "code 451", False),
        ({"rcpt": "550 no"}, "refused every address", False),
        ({"rcpt TO:<two": "550 no"}, "refused 1 of 2", True),
    ],
)
def test_a_refusal_is_told_without_an_address(
    relay: Relay, now: datetime, answers: dict[str, str], sentence: str, permanent: bool
) -> None:
    relay.answers.update(answers)
    with pytest.raises(OutsideFailed, match=sentence) as refused:
        send(now, smtp_url=relay.url())
    assert "@" not in str(refused.value)
    assert refused.value.permanent is permanent


def test_a_relay_that_breaks_off_may_have_taken_the_letter(relay: Relay, now: datetime) -> None:
    relay.hangs_up = True
    with pytest.raises(Unanswered, match="did not say whether"):
        send(now, smtp_url=relay.url())
    assert len(relay.letters) == 1


def test_a_relay_out_of_reach_is_told(relay: Relay, now: datetime) -> None:
    with pytest.raises(OutsideFailed, match="could not be reached"):
        send(now, smtp_url=SecretStr("smtp://127.0.0.1:1"))


def test_a_home_that_cannot_be_written_to_is_told(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(OutsideFailed, match="could not be written"):
        send(now, advice_line_home=tmp_path)
