"""A job that fails says so, rests, and never stops another."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event

import pytest
from prometheus_client import REGISTRY
from psycopg.errors import DeadlockDetected, QueryCanceled
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from advice_line import troubles
from advice_line.errors import OutsideFailed
from advice_line.lines.directory import Service
from advice_line.troubles import Trouble
from scheduler import tidying
from scheduler.job import MOST_RACES, REST, Job, Runner, Step, at_home, everywhere, where
from scheduler.metronome import run_once
from scheduler.workshop import Workshop
from tests.fakes import MovingClock

SECRET = "a caller's own words"


@pytest.fixture
def tries() -> list[str]:
    return []


@pytest.fixture
def runner(workshop: Workshop, tries: list[str]) -> Runner:
    """A job that fails in one of two places."""

    def steps(_workshop: Workshop) -> Iterator[Step]:
        yield "here", lambda: fail(tries)
        yield "there", lambda: work(tries)

    return Runner(Job("failing_test_job", 1, steps), workshop)


def fail(tries: list[str]) -> int:
    tries.append("here")
    raise ValueError(SECRET)


def work(tries: list[str]) -> int:
    tries.append("there")
    return 3


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"job": "failing_test_job", **labels}) or 0.0


def test_a_failure_in_one_place_does_not_stop_the_others(runner: Runner, tries: list[str]) -> None:
    done, failures = runner.run()
    assert (done, tries) == (3, ["here", "there"])
    assert [str(failure) for failure in failures] == [SECRET]


def test_a_failure_is_told_with_its_place_and_without_words_that_are_not_ours(runner: Runner) -> None:
    with capture_logs() as told:
        runner()
    (entry,) = told
    assert (entry["log_level"], entry["event"], entry["job"]) == ("error", "job_failed", "failing_test_job")
    assert (entry["service"], entry["error"]) == ("here", "ValueError")
    assert entry["at"].startswith("fail:")
    assert SECRET not in str(told)


def test_a_sentence_of_ours_is_told(workshop: Workshop) -> None:
    def step(_workshop: Workshop) -> int:
        raise OutsideFailed("The store is away.")

    with capture_logs() as told:
        Runner(Job("failing_test_job", 1, at_home(step)), workshop)()
    assert told[0]["sentence"] == "The store is away."


def test_who_failed_rests_ever_longer(runner: Runner, tries: list[str], clock: MovingClock) -> None:
    rests = []
    for _ in range(8):
        runner()
        rests.append((runner.resting["here"].until - clock()).total_seconds())
        clock.time = runner.resting["here"].until
    assert rests == [2, 4, 8, 16, 32, 60, 60, REST.longest.total_seconds()]
    clock.time -= timedelta(seconds=1)
    tries.clear()
    runner()
    assert tries == ["there"]


def test_a_failing_job_is_in_sight_until_it_works_again(workshop: Workshop, clock: MovingClock) -> None:
    broken = Event()
    broken.set()

    def step(_workshop: Workshop) -> int:
        if broken.is_set():
            raise OutsideFailed("Away.")
        return 2

    failed, done = metric("advice_line_jobs_total", result="failed"), metric("advice_line_job_things_total")
    runner = Runner(Job("failing_test_job", 1, at_home(step)), workshop)
    runner()
    assert metric("advice_line_job_failing") == 1
    assert metric("advice_line_jobs_total", result="failed") == failed + 1
    broken.clear()
    clock.passes(minutes=1)
    runner()
    assert metric("advice_line_job_failing") == 0
    assert metric("advice_line_job_things_total") == done + 2


def test_a_job_that_cannot_find_its_work_fails_like_any_other(workshop: Workshop) -> None:
    def steps(_workshop: Workshop) -> Iterator[Step]:
        raise OutsideFailed("The database is away.")

    done, failures = Runner(Job("failing_test_job", 1, steps), workshop).run()
    assert (done, len(failures)) == (0, 1)


def test_work_for_every_service_and_work_where_it_waits(workshop: Workshop, service: Service) -> None:
    def do(_workshop: Workshop, service: Service) -> int:
        return service.id

    def places(steps: Callable[[Workshop], Iterator[Step]]) -> list[str]:
        return [place for place, _ in steps(workshop)]

    assert places(everywhere(do)) == ["herts_cot"]
    assert places(where(lambda waiting: waiting.service_id == service.id, do)) == ["herts_cot"]
    assert places(where(lambda waiting: waiting.recordings, do)) == []


def test_a_scheduler_that_stops_begins_nothing_new(runner: Runner, tries: list[str]) -> None:
    runner.workshop.stopping.set()
    runner()
    assert tries == []


def test_running_once_does_every_job_and_then_tells_what_failed(workshop: Workshop, service: Service) -> None:
    done: list[str] = []

    def job(name: str, failure: Exception | None = None) -> Job:
        def step(_workshop: Workshop) -> int:
            done.append(name)
            if failure:
                raise failure
            return 1

        return Job(name, 1, at_home(step))

    with pytest.raises(ExceptionGroup) as failed:
        run_once(workshop, [job("one"), job("two", ValueError("no")), job("three")])
    assert done == ["one", "two", "three"]
    assert len(failed.value.exceptions) == 1
    assert run_once(workshop, [job("one")]) == {"one": 1}


def kept(workshop: Workshop) -> Trouble:
    """The one trouble that there is."""
    with workshop.transaction(None) as session:
        (trouble,) = troubles.known(session)
        return trouble


def flawed(workshop: Workshop, *errors: Exception) -> Runner:
    """A job that fails so often, and then works."""
    left = list(errors)

    def step(_workshop: Workshop) -> int:
        if left:
            raise left.pop(0)
        return 1

    return Runner(Job("failing_test_job", 1, at_home(step)), workshop)


def lost_race() -> OperationalError:
    return OperationalError(SECRET, {}, DeadlockDetected(SECRET))


def test_who_lost_a_race_tries_again_at_once_and_it_is_counted(workshop: Workshop) -> None:
    runner = flawed(workshop, lost_race(), lost_race())
    with capture_logs() as told:
        assert runner.run() == (1, [])
    assert [(each["event"], each["sqlstate"]) for each in told] == [("job_lost_race", "40P01")] * 2
    assert SECRET not in str(told)
    trouble = kept(workshop)
    assert (trouble.retried_total, trouble.failures, trouble.failed_total) == (2, 0, 0)


def test_who_loses_every_race_fails_in_the_end_and_rests(workshop: Workshop) -> None:
    runner = flawed(workshop, *(lost_race() for _ in range(9)))
    done, failures = runner.run()
    assert (done, len(failures)) == (0, 1)
    assert kept(workshop).retried_total == MOST_RACES
    assert (kept(workshop).failures, kept(workshop).sqlstate) == (1, "40P01")


def test_what_is_no_race_is_not_tried_again_at_once(workshop: Workshop) -> None:
    runner = flawed(workshop, OperationalError(SECRET, {}, QueryCanceled(SECRET)))
    with capture_logs() as told:
        assert len(runner.run()[1]) == 1
    assert (told[0]["event"], told[0]["error"], told[0]["sqlstate"]) == ("job_failed", "OperationalError", "57014")


def test_a_failure_is_kept_for_all_to_see_until_the_job_works_there_again(
    workshop: Workshop, clock: MovingClock
) -> None:
    runner, began = flawed(workshop, OutsideFailed("Away."), OutsideFailed("Away.")), clock()
    runner()
    clock.passes(minutes=1)
    runner()
    trouble = kept(workshop)
    assert (trouble.failures, trouble.failing_since, trouble.at) == (2, began, clock())
    assert (trouble.worker, trouble.error, trouble.sqlstate) == (workshop.worker, "OutsideFailed", "")
    clock.passes(minutes=1)
    runner()
    assert (kept(workshop).failures, kept(workshop).failing_since, kept(workshop).failed_total) == (0, None, 2)


def test_a_job_of_a_dead_worker_that_works_with_another_fails_no_more(
    new_workshop: Callable[[], Workshop],
) -> None:
    flawed(new_workshop(), OutsideFailed("Away."))()
    other = new_workshop()
    tidying.beat(other)
    assert other.failing == {("failing_test_job", "")}
    flawed(other)()
    assert kept(other).failures == 0


def test_where_nothing_waits_any_more_nothing_fails_any_more(workshop: Workshop, tries: list[str]) -> None:
    waiting = ["here"]

    def steps(_workshop: Workshop) -> Iterator[Step]:
        yield from ((place, lambda: fail(tries)) for place in waiting)

    runner = Runner(Job("failing_test_job", 1, steps), workshop)
    runner()
    assert kept(workshop).failures == 1
    waiting.clear()
    runner()
    assert (kept(workshop).failures, kept(workshop).failed_total, runner.resting) == (0, 1, {})


def test_a_failure_that_cannot_be_kept_is_in_the_log_and_stops_nothing(workshop: Workshop, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE job_trouble RENAME TO mislaid"))
    try:
        with capture_logs() as told:
            flawed(workshop, OutsideFailed("Away."))()
    finally:
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE mislaid RENAME TO job_trouble"))
    assert [each["event"] for each in told] == ["job_failed", "trouble_not_kept"]
