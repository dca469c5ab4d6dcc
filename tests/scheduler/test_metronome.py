"""The clock's door as a whole: what came in by telephone is applied, fetched, planned and rung, each once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Semaphore, Thread
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, text

from advice_line import clock as real_clock
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from scheduler.job import Job, at_home
from scheduler.metronome import run, run_once
from scheduler.timetable import TIMETABLE
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening

KEEP = text(
    "INSERT INTO provider_event (key, service_id, line_key, kind, call_sid, path, body, answer, received_at)"
    " VALUES (:key, :service, :line, :kind, :call, :path, :body, :answer, :at)"
)


def a_call_comes_in(owner: Engine, service: Service, at: datetime, number: str) -> str:
    """Somebody rings, leaves a message and hangs up, as the telephone door keeps it; returns the recording's sid."""
    call, recording = factories.a_sid("CA"), factories.a_sid("RE")
    keep_events(owner, service, at, number, call, recording)
    return recording


def keep_events(owner: Engine, service: Service, at: datetime, number: str, call: str, recording: str) -> None:
    """The same of a call that the network has."""
    said = {"CallSid": call, "From": number}
    events = [
        ("call", {**said, "CallStatus": "ringing"}, "record herts_advice"),
        ("recorded", {**said, "RecordingSid": recording, "RecordingDuration": "12", "CallStatus": "completed"}, ""),
        ("recording", {"CallSid": call, "RecordingSid": recording, "RecordingStatus": "completed"}, ""),
        ("status", {**said, "CallStatus": "completed", "CallDuration": "40"}, ""),
    ]
    with owner.begin() as connection:
        for kind, body, answer in events:
            known = {"key": f"{call} {kind}", "kind": kind, "call": call, "path": f"/webhooks/{kind}", "answer": answer}
            whose = {"service": service.id, "line": next(iter(service.lines)), "at": at}
            connection.execute(KEEP, {**known, **whose, "body": urlencode(body)})
        connection.execute(text("SELECT pg_notify('advice_line', 'event')"))


@contextmanager
def running(*workshops: Workshop, timetable: tuple[Job, ...] = TIMETABLE) -> Iterator[None]:
    """Schedulers at work in threads of this process."""
    stop = Event()
    threads = [Thread(target=run, args=(workshop, stop, timetable)) for workshop in workshops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)


def wait_until(so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "It did not come about in time."
        Event().wait(0.02)


def count(story: Opening, what: str) -> int:
    with story() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {what}")) or 0)  # noqa: S608 - the tests' own words


def test_one_round_brings_a_call_to_its_planned_callback(
    workshop: Workshop, service: Service, owner: Engine, telephone: FakeTelephone, story: Opening, now: datetime
) -> None:
    telephone.sounds[a_call_comes_in(owner, service, now, factories.MOBILE)] = factories.a_sound(12)
    done = run_once(workshop)
    assert {name: n for name, n in done.items() if n} == {
        "beat": 1,
        "read_directory": 1,
        "apply_events": 4,
        "fetch_recordings": 2,
        "look_for_speech": 1,
        "share_listening": 11,
        "plan": 1,
    }
    assert count(story, "message WHERE state = 'stored' AND provider_deleted_at IS NOT NULL") == 1
    assert count(story, "enquiry WHERE status = 'new' AND therapist_id IS NOT NULL") == 1
    assert count(story, "callback WHERE state = 'planned'") == 1
    assert sum(run_once(workshop).values()) == 2


def test_two_schedulers_at_once_do_everything_exactly_once(
    new_workshop: Callable[[], Workshop],
    service: Service,
    telephone: FakeTelephone,
    story: Opening,
    now: datetime,
    owner: Engine,
) -> None:
    therapist = factories.a_therapist(owner, service, "sam_sample")
    with running(new_workshop(), new_workshop()):
        for _ in range(15):
            telephone.sounds[a_call_comes_in(owner, service, now, factories.a_number())] = factories.a_sound(12)
        wait_until(lambda: count(story, "callback WHERE state = 'planned'") == 15)
        with story() as session:
            for enquiry in session.query(Enquiry).limit(5).all():
                factories.an_attempt(session, enquiry, therapist, now)
        wait_until(lambda: count(story, "attempt WHERE state = 'ringing_therapist'") == 5)
        wait_until(lambda: count(story, "message WHERE provider_deleted_at IS NOT NULL") == 15)
    assert len(telephone.fetched) == len(set(telephone.fetched)) == len(telephone.deleted) == 15
    assert len({rung.answer_url for rung in telephone.rung}) == len(telephone.rung) == 5
    assert count(story, "enquiry") == count(story, "enquiry_event WHERE what = 'opened'") == 15
    assert count(story, "enquiry_event WHERE what = 'planned'") == 15
    assert count(story, "provider_event WHERE problem IS NOT NULL OR applied_at IS NULL") == 0


@pytest.fixture
def slow(service: Service) -> tuple[tuple[Job, ...], list[str]]:
    """A timetable that would take an hour to come round, and what its jobs did."""
    done: list[str] = []

    def job(name: str, *notices: str) -> Job:
        def step(_workshop: Workshop) -> int:
            done.append(name)
            return 1

        return Job(name, 3600, at_home(step), frozenset(notices))

    return (job("sleeper"), job("listener", "event")), done


def test_a_notice_wakes_the_jobs_that_it_is_for(
    workshop: Workshop, serving: Engine, slow: tuple[tuple[Job, ...], list[str]]
) -> None:
    timetable, done = slow
    with running(workshop, timetable=timetable):
        wait_until(lambda: done.count("sleeper") == 1 and done.count("listener") >= 1)
        heard = done.count("listener")
        wait_until(lambda: woken(serving) and done.count("listener") > heard)
    assert done.count("sleeper") == 1


def test_a_notice_that_comes_while_its_job_is_at_work_is_heeded_as_well(
    workshop: Workshop, serving: Engine, slow: tuple[tuple[Job, ...], list[str]]
) -> None:
    begun, may_end = Semaphore(0), Event()

    def step(_workshop: Workshop) -> int:
        begun.release()
        assert may_end.wait(60)
        return 1

    (_, listener), done = slow
    at_work = Job("at_work", 3600, at_home(step), frozenset({"event"}))
    with running(workshop, timetable=(at_work, listener)):
        assert begun.acquire(timeout=60)
        wait_until(lambda: len(listeners(serving)) == 1 and len(done) >= 1)
        heard = len(done)
        assert woken(serving)
        wait_until(lambda: len(done) > heard)
        may_end.set()
        assert begun.acquire(timeout=60), "What the notice told of was left to the next turn."


def test_a_listener_that_lost_its_connection_comes_back_and_asks_what_it_missed(
    workshop: Workshop, serving: Engine, slow: tuple[tuple[Job, ...], list[str]]
) -> None:
    timetable, done = slow
    with running(workshop, timetable=timetable):
        wait_until(lambda: woken(serving) and done.count("listener") > 1)
        (lost,) = listeners(serving)
        heard = done.count("listener")
        with serving.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": lost})
        wait_until(lambda: len(listeners(serving) - {lost}) == 1 and done.count("listener") > heard)
        heard = done.count("listener")
        wait_until(lambda: woken(serving) and done.count("listener") > heard)


def listeners(serving: Engine) -> set[int]:
    """The connections that listen to this database."""
    ask = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
    with serving.connect() as connection:
        return set(connection.scalars(ask))


def woken(serving: Engine) -> bool:
    with serving.begin() as connection:
        connection.execute(text("SELECT pg_notify('advice_line', 'event')"))
    return True


def test_the_scheduler_beats_while_it_lives(
    workshop: Workshop, serving: Engine, clock: MovingClock, service: Service
) -> None:
    run_once(workshop)
    later = clock.passes(seconds=5)
    run_once(workshop)
    with serving.connect() as connection:
        assert [tuple(row) for row in connection.execute(text("SELECT worker, beat_at FROM heartbeat"))] == [
            (workshop.worker, later)
        ]


def test_a_worker_that_ends_as_it_should_is_missed_by_nobody(workshop: Workshop, story: Opening) -> None:
    with running(workshop):
        wait_until(lambda: count(story, "heartbeat") == 1)
    assert count(story, "heartbeat") == 0


def test_a_service_that_was_configured_meanwhile_is_served(
    workshop: Workshop, owner: Engine, service: Service, now: datetime
) -> None:
    run_once(workshop)
    factories.a_service(owner, now, "eput_cot")
    assert set(workshop.directory.services) == {"herts_cot"}
    run_once(workshop)
    assert set(workshop.directory.services) == {"herts_cot", "eput_cot"}


def test_work_in_a_service_that_is_newer_than_our_directory_is_found(
    workshop: Workshop, owner: Engine, service: Service, now: datetime
) -> None:
    assert workshop.service(service.id).key == "herts_cot"
    added = factories.a_service(owner, now, "eput_cot")
    assert workshop.service(added.id).key == "eput_cot"


def test_what_is_kept_for_a_day_only_is_forgotten(
    workshop: Workshop, service: Service, story: Opening, clock: MovingClock
) -> None:
    with story() as session:
        for hours, key in ((23, "new"), (25, "old")):
            facts = {"service": service.id, "key": key, "at": clock() - timedelta(hours=hours)}
            session.execute(
                text(
                    "INSERT INTO idempotent_answer (service_id, asker, key, request_digest, asked_at)"
                    " VALUES (:service, 'token 1', :key, '', :at)"
                ),
                facts,
            )
            session.execute(text("INSERT INTO failed_sign_in (subject_digest, at) VALUES ('', :at)"), facts)
    done = run_once(workshop)
    assert (done["forget_answers"], done["forget_tries"]) == (1, 1)
    assert count(story, "idempotent_answer WHERE key = 'new'") == count(story, "failed_sign_in") == 1


def test_the_real_clock_runs_the_real_timetable(
    workshop: Workshop, owner: Engine, service: Service, telephone: FakeTelephone, story: Opening
) -> None:
    workshop.now = real_clock.now
    with running(workshop):
        telephone.sounds[a_call_comes_in(owner, service, real_clock.now(), factories.MOBILE)] = factories.a_sound(12)
        wait_until(lambda: count(story, "message WHERE state = 'stored'") == 1)


def test_every_job_has_a_name_of_its_own_and_comes_round_within_the_hour() -> None:
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)
    assert all(0 < job.every_seconds <= 3600 for job in TIMETABLE)
