"""Job: a piece of due work that the clock asks for again and again, service by service.

A job that fails in one service goes on in the others; it rests there for a while, ever longer, and stays in sight.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from advice_line import db, troubles
from advice_line.backoff import Backoff
from advice_line.errors import AdviceLineError
from advice_line.lines.directory import Service
from advice_line.troubles import Failure, Where
from scheduler import metrics
from scheduler.workshop import Waiting, Workshop

log = structlog.get_logger()

REST = Backoff(timedelta(seconds=2), timedelta(minutes=1))
# Two transactions waited for each other, or one could not be fitted in among others: nothing is wrong with the work.
LOST_RACES = frozenset({"40P01", "40001"})
MOST_RACES = 3

Step = tuple[str, Callable[[], int]]
"""One service's part of a job ("" for what belongs to none), and what does it; it tells how many things it did."""


@dataclass(frozen=True)
class Job:
    """One line of the timetable. `wakes_on` are the notices that have it run at once."""

    name: str
    every_seconds: float
    steps: Callable[[Workshop], Iterator[Step]]
    wakes_on: frozenset[str] = frozenset()


def at_home(do: Callable[[Workshop], int]) -> Callable[[Workshop], Iterator[Step]]:
    """Work that belongs to no service."""

    def steps(workshop: Workshop) -> Iterator[Step]:
        yield "", partial(do, workshop)

    return steps


def everywhere(do: Callable[[Workshop, Service], int]) -> Callable[[Workshop], Iterator[Step]]:
    """Work for every service."""

    def steps(workshop: Workshop) -> Iterator[Step]:
        for service in workshop.directory.services.values():
            yield service.key, partial(do, workshop, service)

    return steps


def where(
    waits: Callable[[Waiting], int | bool], do: Callable[[Workshop, Service], int]
) -> Callable[[Workshop], Iterator[Step]]:
    """Work for those services alone in which it waits."""

    def steps(workshop: Workshop) -> Iterator[Step]:
        for waiting in workshop.waiting():
            if waits(waiting):
                service = workshop.service(waiting.service_id)
                yield service.key, partial(do, workshop, service)

    return steps


@dataclass
class Rest:
    """How often a job has failed somewhere in a row, and until when it rests there."""

    failures: int
    until: datetime


@dataclass
class Runner:
    """One job at work, with its memory of where it failed, and of a notice that came since it last began."""

    job: Job
    workshop: Workshop
    resting: dict[str, Rest] = field(default_factory=dict)
    woken: Event = field(default_factory=Event)

    def __call__(self) -> None:
        """Do what is due. Never raises: what fails is told to the log and to the metrics."""
        self.woken.clear()
        self.run()

    def run(self, *, rested: bool = False) -> tuple[int, list[Exception]]:
        """Do what is due; returns how many things were done, and what failed. `rested`: leave nobody to rest."""
        began, done, failures = time.monotonic(), 0, []
        for place, step in self._steps():
            if self.workshop.stopping.is_set():
                break
            if place in self.resting and not rested and self.workshop.now() < self.resting[place].until:
                continue
            try:
                done += self._stubbornly(place, step)
            except Exception as error:
                failures.append(error)
                self._failed(place, error)
            else:
                self._worked(place)
        self._count(time.monotonic() - began, done, failures)
        return done, failures

    def _steps(self) -> list[Step]:
        """All steps; a failure to find them is a step that fails."""
        try:
            steps = [*self.job.steps(self.workshop)]
        except Exception as error:
            return [("", partial(_raise, error))]
        # Where nothing waits any more, nothing fails any more.
        failing = self.resting.keys() | {place for job, place in self.workshop.failing if job == self.job.name}
        for place in failing - {place for place, _ in steps}:
            self._worked(place)
        return steps

    def _stubbornly(self, place: str, step: Callable[[], int]) -> int:
        """What the step does. Who only lost a race with somebody else's transaction tries again at once."""
        for tries in range(MOST_RACES):
            try:
                return step()
            except DBAPIError as error:
                if db.sqlstate(error) not in LOST_RACES:
                    raise
                log.warning("job_lost_race", job=self.job.name, service=place, tries=tries + 1, **in_short(error))
                metrics.RACES.labels(self.job.name).inc()
                self._keep(place, error, troubles.retried)
        return step()

    def _worked(self, place: str) -> None:
        rested = self.resting.pop(place, None)
        if rested is None and (self.job.name, place) not in self.workshop.failing:
            return
        try:
            with self.workshop.transaction(None) as session:
                troubles.recovered(session, (self.job.name, place))
            self.workshop.failing -= {(self.job.name, place)}
            log.info("job_recovered", job=self.job.name, service=place)
        except SQLAlchemyError as error:  # said again after the next beat
            log.warning("recovery_not_kept", job=self.job.name, service=place, **in_short(error))

    def _failed(self, place: str, error: Exception) -> None:
        failures = self.resting[place].failures + 1 if place in self.resting else 1
        self.resting[place] = Rest(failures, self.workshop.now() + REST.after(failures))
        log.error("job_failed", job=self.job.name, service=place, failures=failures, **in_short(error))
        self._keep(place, error, troubles.failed)

    def _keep(self, place: str, error: Exception, write: Callable[[Session, Where, Failure], None]) -> None:
        """Keep the failure where every process sees it; when the database itself is away, the log has it."""
        failure = Failure(self.workshop.worker, self.workshop.now(), type(error).__name__, db.sqlstate(error))
        try:
            with self.workshop.transaction(None) as session:
                write(session, (self.job.name, place), failure)
        except SQLAlchemyError as away:
            log.warning("trouble_not_kept", job=self.job.name, service=place, **in_short(away))

    def _count(self, seconds: float, done: int, failures: list[Exception]) -> None:
        name = self.job.name
        metrics.RUNS.labels(name, "failed" if failures else "fine").inc()
        metrics.DONE.labels(name).inc(done)
        metrics.FAILING.labels(name).set(len(self.resting))
        metrics.SECONDS.labels(name).observe(seconds)


def in_short(error: Exception) -> dict[str, str]:
    """An error for the log: its kind, the database's code for it, its place, and its words only if they are ours.

    A database's own words hold whole rows, and with them names and numbers.
    """
    ours = isinstance(error, AdviceLineError)
    where_ = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "sqlstate": db.sqlstate(error),
        "sentence": str(error) if ours else "",
        "at": " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(where_)),
    }


def _raise(error: Exception) -> int:
    raise error
