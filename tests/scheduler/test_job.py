"""A job that fails says so, rests, and never stops another."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from advice_line.errors import OutsideFailed
from advice_line.lines.directory import Service
from scheduler.job import LONGEST_REST, Job, Runner, Step, at_home, everywhere, where
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
    assert rests == [2, 4, 8, 16, 32, 60, 60, LONGEST_REST.total_seconds()]
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
