"""SIDs and tokens: the names Twilio gives to calls, recordings and requests."""

import random


class Sids:
    """A source of SIDs: two letters and 32 hexadecimal digits."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a name for a thing, not a secret

    def new(self, prefix: str) -> str:
        """A SID that starts with `prefix`: CA for a call, RE for a recording, PN for a number."""
        return f"{prefix}{self._random.getrandbits(128):032x}"

    def delay(self, shortest: float, longest: float) -> float:
        """Some seconds between the two, for what takes Twilio a moment."""
        return self._random.uniform(shortest, longest)
