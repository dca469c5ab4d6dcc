"""Backlog: how the jobs of the clock stand in each place: what is due, how long it has waited, and what fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import troubles
from advice_line.troubles import Trouble, Where

DUE = text("SELECT service_key, job, due, oldest FROM due_work(:now)")
# A job that fails for less than this is about to be tried again.
FAILING_AT_MOST = timedelta(minutes=1)
BEHIND_AFTER = timedelta(minutes=5)
LATELY = timedelta(days=7)
# Texts wait for the morning, and for tomorrow once a day's number of them is used up. Whoever is not known to have been
# rung is looked up for ten minutes, a text for an hour.
PATIENCE: Mapping[str, timedelta] = {
    "place_calls": timedelta(minutes=1),
    "connect_callers": timedelta(seconds=30),
    "look_up_calls": timedelta(minutes=15),
    "look_up_rings": timedelta(minutes=15),
    "look_up_texts": timedelta(hours=2),
    "send_texts": timedelta(days=4),
    "look_for_speech": timedelta(hours=1),
    "reconcile": timedelta(minutes=30),
}


@dataclass(frozen=True)
class JobState:
    """One job in one place (the key of a service, or empty). `lag` is since when the oldest due thing has waited."""

    job: str
    place: str
    due: int = 0
    lag: timedelta = timedelta(0)
    trouble: Trouble | None = None

    def is_behind(self) -> bool:
        """Whether due work has waited longer than this job may ever take."""
        return self.lag > PATIENCE.get(self.job, BEHIND_AFTER)

    def fails(self, now: datetime) -> bool:
        """Whether it has failed for so long that trying again alone will hardly help."""
        since = self.trouble.failing_since if self.trouble else None
        return since is not None and now - since >= FAILING_AT_MOST

    def needs_a_look(self, now: datetime) -> bool:
        """Whether it is behind, fails, or failed within the last week."""
        return self.is_behind() or (self.trouble is not None and self.trouble.failed_lately(now - LATELY))

    def warnings(self, now: datetime) -> list[str]:
        """What somebody should look at, in words for whoever operates the product."""
        where, said = f" for {self.place}" if self.place else "", list[str]()
        if self.trouble is not None and self.fails(now):
            what = f"{self.trouble.error} {self.trouble.sqlstate}".rstrip()
            said.append(f"The job {self.job} fails{where}: {self.trouble.failures} times in a row, {what}.")
        if self.is_behind():
            waited = round(self.lag.total_seconds())
            said.append(f"The job {self.job} is behind{where}: the oldest has waited {waited} s.")
        return said


def job_states(session: Session, now: datetime) -> Sequence[JobState]:
    """Every job that has something due, or had trouble lately, in every place."""
    known: dict[Where, JobState] = {}
    for place, job, due, oldest in session.execute(DUE, {"now": now}):
        known[job, place] = JobState(job, place, due, max(now - oldest, timedelta(0)))
    for trouble in troubles.known(session):
        where = (trouble.job, trouble.place)
        known[where] = replace(known.get(where, JobState(*where)), trouble=trouble)
    return [known[where] for where in sorted(known)]
