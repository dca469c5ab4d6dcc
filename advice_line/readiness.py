"""Whether the product can do its work just now, and the figures that say so: counts alone, across all services."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Engine, text

from advice_line import db

HEART_STOPPED_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class ServiceWork:
    """What waits in one service."""

    service: str
    events_to_apply: int
    recordings_to_fetch: int
    oldest_recording_seconds: float | None
    unheard: int
    overdue: int
    attempts_to_place: int
    events_not_understood: int
    unaccounted: int
    alarms: int
    reconciled_seconds: float | None


@dataclass(frozen=True)
class Readiness:
    """The state of one installation whose database answers."""

    FIGURES: ClassVar[Mapping[str, str]] = {
        "events_to_apply": "Events of the telephone network that are stored and not yet applied",
        "events_not_understood": "Events of the telephone network that could not be applied",
        "recordings_to_fetch": "Recordings that are not yet stored, or not yet deleted at the provider",
        "oldest_recording_seconds": "How long the oldest recording has waited to be stored",
        "unheard": "Open enquiries with a message that nobody has heard",
        "overdue": "Callbacks whose due time has passed",
        "attempts_to_place": "Calls that wait to be placed",
        "unaccounted": "Calls and recordings of which nobody knows what became of them",
        "alarms": "Alarms that hold",
        "reconciled_seconds": "How long ago everything was compared with the telephone network's own lists",
    }

    migrated: bool
    scheduler_seconds: float | None
    work: tuple[ServiceWork, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether callers can be served and their messages reach the lists."""
        beats = self.scheduler_seconds is not None and self.scheduler_seconds < HEART_STOPPED_AFTER.total_seconds()
        return self.migrated and beats

    def as_figures(self) -> dict[str, Any]:
        """Everything there is to know, for machines."""
        oldest = [one.oldest_recording_seconds for one in self.work if one.oldest_recording_seconds is not None]
        return {
            "ready": self.ready,
            "database": True,
            "migrated": self.migrated,
            "scheduler_heartbeat_seconds": self.scheduler_seconds,
            "oldest_unfetched_recording_seconds": max(oldest, default=None),
            "services": [asdict(one) for one in self.work],
        }


def readiness(engine: Engine, now: datetime) -> Readiness:
    """Look at the database, its version, the scheduler's heartbeat and what waits. Raises when the database is away."""
    if not db.is_current(engine):
        return Readiness(migrated=False, scheduler_seconds=None)
    with db.transaction(engine, None) as session:
        beat = session.scalar(text("SELECT max(beat_at) FROM heartbeat"))
        rows = session.execute(
            text("SELECT * FROM waiting_work(:now) JOIN ledger_figures(:now) USING (service_key)"), {"now": now}
        ).mappings()
        work = tuple(
            ServiceWork(
                service=row["service_key"],
                **{name: row[name] for name in ServiceWork.__dataclass_fields__ if name != "service"},
            )
            for row in rows
        )
    beat_seconds = (now - beat).total_seconds() if beat else None
    return Readiness(migrated=True, scheduler_seconds=beat_seconds, work=work)
