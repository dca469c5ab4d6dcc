"""Whether the product can do its work just now, and the figures that say so: counts alone, across all services."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, text

from advice_line import backlog, db, schema, workers
from advice_line.backlog import JobState
from advice_line.workers import Worker


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
    alerts_untaken: int
    oldest_alert_seconds: float | None
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
        "alerts_untaken": "Flags of possible safeguarding or urgency that nobody has taken",
        "oldest_alert_seconds": "How long the oldest flag that nobody has taken has waited",
        "reconciled_seconds": "How long ago everything was compared with the telephone network's own lists",
    }

    now: datetime
    migrated: bool
    workers: tuple[Worker, ...] = ()
    jobs: tuple[JobState, ...] = ()
    work: tuple[ServiceWork, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether callers can be served and their messages reach the lists: somebody is at work on them."""
        return self.migrated and any(not worker.is_silent(self.now) for worker in self.workers)

    @property
    def state(self) -> str:
        """`ready`, `degraded` (it works, and somebody should look) or `down`."""
        if not self.ready:
            return "down"
        return "degraded" if self.warnings else "ready"

    @property
    def warnings(self) -> list[str]:
        """What does not stop the work, and is wrong all the same."""
        silent = [(each.name, round(self._ago(each.beat_at))) for each in self.workers if each.is_silent(self.now)]
        said = [f"The worker {name} has said nothing for {seconds} s." for name, seconds in silent]
        return said + [warning for job in self.jobs for warning in job.warnings(self.now)]

    @property
    def scheduler_seconds(self) -> float | None:
        """How long ago any worker beat last; None when there is none."""
        return min((self._ago(worker.beat_at) for worker in self.workers), default=None)

    def as_figures(self) -> dict[str, Any]:
        """Everything there is to know, for machines."""
        oldest = [one.oldest_recording_seconds for one in self.work if one.oldest_recording_seconds is not None]
        return {
            "ready": self.ready,
            "state": self.state,
            "warnings": self.warnings,
            "database": True,
            "migrated": self.migrated,
            "scheduler_heartbeat_seconds": self.scheduler_seconds,
            "oldest_unfetched_recording_seconds": max(oldest, default=None),
            "workers": [self._worker(worker) for worker in self.workers],
            "jobs": [self._job(job) for job in self.jobs],
            "services": [asdict(one) for one in self.work],
        }

    def _worker(self, worker: Worker) -> dict[str, Any]:
        return {
            "worker": worker.name,
            "since": worker.since.isoformat(),
            "heartbeat_seconds": self._ago(worker.beat_at),
            "silent": worker.is_silent(self.now),
        }

    def _job(self, job: JobState) -> dict[str, Any]:
        known = {"job": job.job, "service": job.place, "due": job.due, "lag_seconds": job.lag.total_seconds()}
        trouble = job.trouble
        if trouble is None:
            return known
        since = trouble.failing_since
        return {
            **known,
            "failures": trouble.failures,
            "failing_since": since.isoformat() if since else None,
            "failed_total": trouble.failed_total,
            "retried_total": trouble.retried_total,
            "last_trouble": {
                "at": trouble.at.isoformat(),
                "worker": trouble.worker,
                "error": trouble.error,
                "sqlstate": trouble.sqlstate,
            },
        }

    def _ago(self, moment: datetime) -> float:
        return (self.now - moment).total_seconds()


def readiness(engine: Engine, now: datetime) -> Readiness:
    """Look at the database, its version, the workers, their jobs and what waits. Raises when the database is away."""
    if not schema.is_current(engine):
        return Readiness(now, migrated=False)
    with db.transaction(engine, None) as session:
        alive, jobs = tuple(workers.known(session)), tuple(backlog.job_states(session, now))
        rows = session.execute(
            text(
                "SELECT * FROM waiting_work(:now) JOIN ledger_figures(:now) USING (service_key)"
                " JOIN untaken_alerts(:now) USING (service_key)"
            ),
            {"now": now},
        ).mappings()
        work = tuple(
            ServiceWork(
                service=row["service_key"],
                **{name: row[name] for name in ServiceWork.__dataclass_fields__ if name != "service"},
            )
            for row in rows
        )
    return Readiness(now, migrated=True, workers=alive, jobs=jobs, work=work)
