"""Worker: one scheduler process, on whatever machine, by its heartbeat. No worker knows of the others' work.

A worker that ends properly takes its heartbeat away. One that is killed falls silent, is shown as silent for a while,
and is then forgotten; what it had in hand is taken up by others when its claims run out (decision 19).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(hours=1)

BEAT = text(
    "INSERT INTO heartbeat (worker, beat_at, started_at) VALUES (:worker, :now, :now)"
    " ON CONFLICT (worker) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, excluded.beat_at)"
)
FORGET = text("DELETE FROM heartbeat WHERE beat_at < :before")
LEAVE = text("DELETE FROM heartbeat WHERE worker = :worker")
KNOWN = text("SELECT worker, started_at, beat_at FROM heartbeat ORDER BY started_at, worker")


@dataclass(frozen=True)
class Worker:
    """A worker as the others see it: its name (machine, process and a mark), since when, and when it last beat."""

    name: str
    since: datetime
    beat_at: datetime

    def is_silent(self, now: datetime) -> bool:
        """Whether nothing was heard of it for so long that it must be taken for dead."""
        return now - self.beat_at >= SILENT_AFTER


def beat(session: Session, worker: str, now: datetime) -> None:
    """Say that this worker lives, and forget those who have been dead for long."""
    session.execute(BEAT, {"worker": worker, "now": now})
    session.execute(FORGET, {"before": now - FORGOTTEN_AFTER})


def leave(session: Session, worker: str) -> None:
    """This worker ends as it should, and is missed by nobody."""
    session.execute(LEAVE, {"worker": worker})


def known(session: Session) -> Sequence[Worker]:
    """Every worker that is not forgotten, silent ones too, the longest at work first."""
    return [Worker(*row) for row in session.execute(KNOWN)]
