"""The state of a practice call, as the exchange tells it to whoever holds the telephone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import httpx

SAYINGS = {"heard": "Heard: ", "tone": "Heard: ", "pressed": "Pressed: ", "said": "Said: ", "lost": "", "note": ""}


@dataclass(frozen=True)
class CallState:
    """A call as the exchange tells it.

    `waiting_for` is keys, speech, nothing or ended. `resting`: nothing will happen until the caller does something.
    `settled`: over, and everything about it was told to the product.
    """

    sid: str
    status: str
    waiting_for: str
    resting: bool
    settled: bool
    version: int
    heard: Sequence[str]
    transcript: Sequence[str]

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """Read it from an answer of the exchange."""
        known = response.json()
        return cls(
            sid=known["sid"],
            status=known["status"],
            waiting_for=known["waiting_for"],
            resting=known["resting"],
            settled=known["settled"],
            version=known["version"],
            heard=known["heard"],
            transcript=[SAYINGS[step["kind"]] + step["text"] for step in known["steps"]],
        )
