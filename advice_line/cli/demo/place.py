"""What one demonstration keeps between its runs: its own secrets, and the passwords of its made-up people."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

FILE = "demo.json"


@dataclass
class Place:
    """Made once, at random, and kept in a file that only its owner can read. There is no default password."""

    secret_key: str = field(default_factory=lambda: secrets.token_hex(32))
    recordings_key: str = field(default_factory=lambda: secrets.token_hex(32))
    account_sid: str = field(default_factory=lambda: f"AC{secrets.token_hex(16)}")
    auth_token: str = field(default_factory=lambda: secrets.token_hex(16))
    passwords: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, home: Path) -> Self:
        """The secrets of this data folder, made now if this is its first demonstration."""
        file = home / FILE
        if file.exists():
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        place = cls()
        place.keep(home)
        return place

    def keep(self, home: Path) -> None:
        """Write the file, whole or not at all."""
        home.mkdir(parents=True, exist_ok=True)
        part = home / f"{FILE}.part"
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)
        part.replace(home / FILE)

    def environment(self, port: int, exchange_port: int) -> dict[str, str]:
        """The settings of the demonstration: the real product, with the practice exchange for a network."""
        return {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_API_URL": f"http://127.0.0.1:{exchange_port}",
            "SECRET_KEY": self.secret_key,
            "RECORDINGS_KEY": self.recordings_key,
        }
