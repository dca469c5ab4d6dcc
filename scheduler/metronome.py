"""The metronome: it asks the jobs of the timetable, again and again, to do what is due. It keeps nothing itself.

Any number of schedulers may run beside one another; the tables see to it that nothing is done twice.
"""

import logging
from collections.abc import Sequence
from datetime import UTC
from threading import Event

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from advice_line import clock, workers
from scheduler.job import Job, Runner, in_short
from scheduler.listening import Listener
from scheduler.timetable import TIMETABLE
from scheduler.workshop import Workshop

log = structlog.get_logger()

HEEDED_EVERY = 1.0  # seconds


def run(workshop: Workshop, stop: Event, timetable: Sequence[Job] = TIMETABLE) -> None:
    """Keep time until `stop`; then end the jobs that run, and come back."""
    # It warns whenever a job is still at work when its next turn comes: here that is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    runners = [Runner(job, workshop) for job in timetable]
    metronome = _metronome(runners)
    listener = Listener(
        workshop.engine.url,
        hear=lambda notice: _wake(metronome, [runner for runner in runners if notice in runner.job.wakes_on]),
        missed=lambda: _wake(metronome, [runner for runner in runners if runner.job.wakes_on]),
        stop=workshop.stopping,
    )
    metronome.start()
    listener.start()
    log.info("scheduler_started", worker=workshop.worker, jobs=len(timetable))
    try:
        # Again and again: a signal may be given to another thread, and is heeded only when this one wakes up.
        while not stop.wait(HEEDED_EVERY):
            # Nobody is woken while he works: whose notice came then is woken after it.
            _wake(metronome, [runner for runner in runners if runner.woken.is_set()])
    finally:
        workshop.stopping.set()
        listener.join()
        metronome.shutdown(wait=True)
        _leave(workshop)
        log.info("scheduler_stopped")


def run_once(workshop: Workshop, timetable: Sequence[Job] = TIMETABLE) -> dict[str, int]:
    """Do once, in order, what every job finds due; returns how many things each did.

    Raises an ExceptionGroup, after all have run, of what failed.
    """
    done, failures = {}, []
    for job in timetable:
        done[job.name], failed = Runner(job, workshop).run(rested=True)
        failures += failed
    if failures:
        raise ExceptionGroup("Some jobs failed.", failures)
    return done


def _leave(workshop: Workshop) -> None:
    try:
        with workshop.transaction(None) as session:
            workers.leave(session, workshop.worker)
    except SQLAlchemyError as error:  # the others forget it by themselves
        log.warning("worker_not_taken_away", worker=workshop.worker, **in_short(error))


def _metronome(runners: Sequence[Runner]) -> BackgroundScheduler:
    metronome = BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(len(runners))},
        # Late is better than left out, once is enough for several turns missed, and nobody overtakes himself.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for runner in runners:
        job = runner.job
        every = IntervalTrigger(seconds=job.every_seconds, timezone=UTC)
        metronome.add_job(runner, every, id=job.name, name=job.name, next_run_time=clock.now())
    return metronome


def _wake(metronome: BackgroundScheduler, runners: Sequence[Runner]) -> None:
    for runner in runners:
        runner.woken.set()
        metronome.modify_job(runner.job.name, next_run_time=clock.now())
