"""Connection overrides: how long to wait and what to try again, written in a webhook URL's fragment (`#rc=3&rp=all`).

Twilio reads them, then drops the fragment before it signs and sends.
"""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl

EVERYTHING = frozenset({"4xx", "5xx", "ct", "rt"})


@dataclass(frozen=True)
class Overrides:
    """Twilio's defaults: one more try, and only when no connection could be made; all within 15 seconds."""

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 15.0
    retries: int = 1
    retried: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, fragment: str) -> Self:
        """Read a fragment; a value that is missing, malformed or out of range leaves Twilio's default."""
        given = dict(parse_qsl(fragment))
        return cls(
            connect_seconds=_within(given.get("ct"), 100, 10_000, 5_000) / 1000,
            read_seconds=_within(given.get("rt"), 100, 15_000, 15_000) / 1000,
            total_seconds=_within(given.get("tt"), 100, 15_000, 15_000) / 1000,
            retries=_within(given.get("rc"), 0, 5, 1),
            retried=_policy(given.get("rp")),
        )


def _within(text: str | None, lowest: int, highest: int, default: int) -> int:
    if text is None or not text.isdecimal() or not lowest <= int(text) <= highest:
        return default
    return int(text)


def _policy(text: str | None) -> frozenset[str]:
    named = frozenset((text or "").split(","))
    if "all" in named:
        return EVERYTHING
    return named & EVERYTHING or frozenset({"ct"})
