"""What the telephone door is given to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from advice_line.lines.directory import Directory
from advice_line.live.current import NOBODY, LiveLine
from advice_line.settings import Settings
from webhooks.event import Event


class EventStore(Protocol):
    """Where events are kept."""

    async def keep(self, event: Event) -> bool:
        """Keep an event durably: True when it is new. Raises when that cannot be done in a few seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Bridge:
    """What a therapist's call needs to know of a callback that still waits for it."""

    caller_number: str = field(repr=False)
    reference: str


class Attempts(Protocol):
    """Where our own calls are looked up."""

    async def bridge(self, service_id: int, attempt_id: int) -> Bridge | None:
        """The other end of a live attempt; None when it is over or was never ours."""
        ...


def nobody_on_duty(_line_key: str) -> LiveLine:
    """How a live line stands where nobody ever goes on duty."""
    return NOBODY


def _nobody_counts() -> None:
    """Where refused posts are not counted."""


@dataclass(frozen=True, slots=True)
class WebhookContext:
    """The parts behind the door. `directory` and `live` answer from memory; `now` is the clock.

    `refused` is told of every wrong signature.
    """

    settings: Settings
    directory: Callable[[], Directory]
    store: EventStore
    attempts: Attempts
    now: Callable[[], datetime]
    refused: Callable[[], None] = _nobody_counts
    live: Callable[[str], LiveLine] = nobody_on_duty
