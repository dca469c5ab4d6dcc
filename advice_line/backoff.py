"""Backoff: how long to wait before trying again what did not work: twice as long each time, up to a longest pause."""

from dataclasses import dataclass
from datetime import timedelta

MOST_DOUBLINGS = 20


@dataclass(frozen=True)
class Backoff:
    """The pause after the first failure, and the longest of all."""

    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row, 1 or more."""
        doublings: int = 2 ** min(failures - 1, MOST_DOUBLINGS)
        return min(self.first * doublings, self.longest)
