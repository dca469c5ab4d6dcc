"""What a door for people or programs is given to work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from advice_line.lines.directory import Directory
from advice_line.settings import Settings
from advice_line.vault import Vault


@dataclass(frozen=True)
class Door:
    """The parts behind a door: reports have an engine of their own, so that they never hold up the rest."""

    settings: Settings
    engine: Engine
    reports_engine: Engine
    directory: Callable[[], Directory]
    vault: Vault
    now: Callable[[], datetime]
