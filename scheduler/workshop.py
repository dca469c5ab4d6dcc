"""The workshop: everything a job of the clock is given to work with."""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import NamedTuple

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from advice_line import clock, db, embedded
from advice_line.errors import NotFound
from advice_line.lines.directory import Directory, Service
from advice_line.settings import Settings
from advice_line.telephone.calling import Telephone
from advice_line.telephone.twilio import Telephones
from advice_line.troubles import Where
from advice_line.vault import Vault

# A worker that stood still on its way to the outside (its machine slept, its database was slow) leaves alone what it
# had claimed: others may by now have found that nothing was done, and have begun anew.
STILL_OURS = timedelta(seconds=30)
WAITING_WORK = text(
    "SELECT service_id, events_to_apply, recordings_to_fetch, attempts_to_place, planning_wanted"
    " FROM waiting_work(:now)"
)


class Waiting(NamedTuple):
    """How much work waits in one service: counts alone, see the database's function `waiting_work`."""

    service_id: int
    events: int
    recordings: int
    attempts: int
    planning: bool


@dataclass
class Workshop:
    """The parts behind the clock's door. `telephones` gives the telephone of an account of the settings.

    `worker` is how others know this one: its machine, its process, and a mark of its own.
    """

    engine: Engine
    settings: Settings
    vault: Vault
    telephones: Callable[[str], Telephone]
    now: Callable[[], datetime]
    stopping: Event = field(default_factory=Event)
    # Until when an account's network asked us to leave it in peace: a courtesy that need not outlive the process.
    busy_until: dict[str, datetime] = field(default_factory=dict)
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}")
    # Where jobs fail just now, in whichever worker: read with every beat.
    failing: frozenset[Where] = frozenset()
    _directory: Directory | None = None

    @property
    def directory(self) -> Directory:
        """The services and lines, as they were last read."""
        return self._directory or self.read_directory()

    def read_directory(self) -> Directory:
        """Read the services and lines anew."""
        with db.transaction(self.engine, None) as session:
            self._directory = Directory.load(session)
        return self._directory

    def service(self, service_id: int) -> Service:
        """A service, also one that was configured only now."""
        try:
            return self.directory.service_by_id(service_id)
        except NotFound:
            return self.read_directory().service_by_id(service_id)

    def transaction(self, service: Service | None) -> AbstractContextManager[Session]:
        """One transaction within a service, or within none."""
        return db.transaction(self.engine, service.id if service else None)

    def telephone(self, service: Service) -> Telephone:
        """The telephone by which a service rings. Misconfigured when its account has no credentials."""
        return self.telephones(service.configuration.account)

    def still_holds(self, claimed_at: datetime) -> bool:
        """Whether what this worker claimed then is its own to do, or so long ago that others may be at it."""
        return self.now() - claimed_at <= STILL_OURS

    def waiting(self) -> list[Waiting]:
        """Where there is something to do."""
        with self.transaction(None) as session:
            return [Waiting(*row) for row in session.execute(WAITING_WORK, {"now": self.now()})]


@contextmanager
def opened(settings: Settings) -> Iterator[Workshop]:
    """A workshop on the real outside, by the settings; everything in it is closed afterwards."""
    with ExitStack() as stack:
        url = settings.database_url.get_secret_value() if settings.database_url else None
        if url is None:
            url = stack.enter_context(embedded.running(settings.advice_line_home)).serving_url
        engine = db.connect(url)
        stack.callback(engine.dispose)
        db.refuse_unsafe_role(engine)
        telephones = stack.enter_context(Telephones(settings))
        yield Workshop(engine, settings, Vault.of(settings), telephones, clock.now)
