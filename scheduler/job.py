"""Job: a piece of due work that the clock asks for again and again, service by service.

A job that fails in one service goes on in the others; it rests there for a while, ever longer, and stays in sight.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from advice_line.errors import AdviceLineError
from advice_line.lines.directory import Service
from scheduler import metrics
from scheduler.workshop import Waiting, Workshop

log = structlog.get_logger()

FIRST_REST = timedelta(seconds=2)
LONGEST_REST = timedelta(minutes=1)

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
    """One job at work, with its memory of where it failed."""

    job: Job
    workshop: Workshop
    resting: dict[str, Rest] = field(default_factory=dict)

    def __call__(self) -> None:
        """Do what is due. Never raises: what fails is told to the log and to the metrics."""
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
                done += step()
            except Exception as error:
                failures.append(error)
                self._failed(place, error)
            else:
                self.resting.pop(place, None)
        self._count(time.monotonic() - began, done, failures)
        return done, failures

    def _steps(self) -> list[Step]:
        """All steps; a failure to find them is a step that fails."""
        try:
            return [*self.job.steps(self.workshop)]
        except Exception as error:
            return [("", partial(_raise, error))]

    def _failed(self, place: str, error: Exception) -> None:
        failures = self.resting[place].failures + 1 if place in self.resting else 1
        rest = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
        self.resting[place] = Rest(failures, self.workshop.now() + rest)
        log.error("job_failed", job=self.job.name, service=place, failures=failures, **in_short(error))

    def _count(self, seconds: float, done: int, failures: list[Exception]) -> None:
        name = self.job.name
        metrics.RUNS.labels(name, "failed" if failures else "fine").inc()
        metrics.DONE.labels(name).inc(done)
        metrics.FAILING.labels(name).set(len(self.resting))
        metrics.SECONDS.labels(name).observe(seconds)


def in_short(error: Exception) -> dict[str, str]:
    """An error for the log: its kind, its place, and its words only if they are ours.

    A database's own words hold whole rows, and with them names and numbers.
    """
    ours = isinstance(error, AdviceLineError)
    where_ = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "sentence": str(error) if ours else "",
        "at": " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(where_)),
    }


def _raise(error: Exception) -> int:
    raise error
