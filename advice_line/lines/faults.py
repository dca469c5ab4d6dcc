"""Faults of a configuration file: where each one is, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from advice_line.errors import Misconfigured

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Found:
    """Something wrong at a place in the file: `("lines", 0, "menu", "entry")`. `sentence` says what to do."""

    path: Path
    sentence: str


@dataclass(frozen=True)
class Fault:
    """Something wrong on a line of the file, counted from 1; None when no line is to blame."""

    line: int | None
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}" if self.line else self.sentence


class ConfigurationFaults(Misconfigured):
    """Everything wrong with a configuration, in the order of its lines. Nothing of it was applied."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line or 0))
        super().__init__("\n".join(map(str, self.faults)))
