"""Every message's sound is brought in, kept encrypted, and only then deleted at the provider."""

import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from advice_line import db
from advice_line.errors import NotNow, OutsideFailed
from advice_line.lines.directory import Service
from advice_line.messages import LEASE, Message
from advice_line.vault import Vault
from scheduler import recordings
from scheduler.workshop import Workshop
from tests import factories
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import KEY, Opening

SOUND = factories.a_sound(12)


@pytest.fixture
def message(story: Opening, service: Service, clock: MovingClock, telephone: FakeTelephone) -> Message:
    """A message of twelve seconds that the network has ready."""
    with story() as session:
        message = factories.a_message(session, service, clock())
    telephone.sounds[message.recording_sid or ""] = SOUND
    return message


@pytest.fixture
def look(story: Opening, service: Service, message: Message) -> Callable[[], Message]:
    def look() -> Message:
        with story() as session:
            return session.get_one(Message, (service.id, message.id))

    return look


def test_a_message_is_fetched_stored_and_then_deleted_at_the_provider(
    workshop: Workshop, service: Service, telephone: FakeTelephone, vault: Vault, look: Callable[[], Message]
) -> None:
    assert recordings.fetch(workshop, service) == 2
    message = look()
    assert (message.state, message.seconds, message.fetch_problem) == ("stored", 12, None)
    assert message.audio_name == f"herts_cot/{message.recording_sid}"
    assert b"".join(vault.read(message.audio_name)) == SOUND
    assert message.audio_bytes == len(SOUND)
    assert telephone.deleted == [message.recording_sid]
    assert message.provider_deleted_at == workshop.now()
    assert recordings.fetch(workshop, service) == 0


def test_nothing_is_deleted_at_the_provider_before_our_copy_is_committed(
    workshop: Workshop, service: Service, telephone: FakeTelephone, look: Callable[[], Message]
) -> None:
    seen = []
    telephone.before["delete_recording"] = lambda: seen.append(look().state)
    recordings.fetch(workshop, service)
    assert seen == ["stored"]


def test_no_transaction_is_open_while_the_sound_comes(
    workshop: Workshop, service: Service, telephone: FakeTelephone, serving: Engine, message: Message
) -> None:
    open_ones: list[int] = []
    telephone.before["chunk"] = lambda: open_ones.append(serving.pool.checkedout())  # type: ignore[attr-defined]
    recordings.fetch(workshop, service)
    assert set(open_ones) == {0}


def test_what_is_not_ready_is_asked_for_again_ever_more_slowly(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Message]
) -> None:
    sound = telephone.sounds.popitem()
    pauses = []
    for _ in range(4):
        assert recordings.fetch(workshop, service) == 0
        pauses.append((look().fetch_after or clock()) - clock())
        clock.time = look().fetch_after or clock()
    assert [pause.total_seconds() for pause in pauses] == [2, 4, 8, 16]
    telephone.sounds.update([sound])
    assert recordings.fetch(workshop, service) == 2


def test_a_recording_that_is_never_there_ends_in_sight_and_the_caller_is_still_owed_a_call(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Message]
) -> None:
    telephone.sounds.clear()
    for _ in range(recordings.TRIES_UNTIL_LOST):
        assert look().state == "expected"
        recordings.fetch(workshop, service)
        clock.passes(hours=1)
    message = look()
    assert (message.state, message.fetch_problem) == ("failed", recordings.LOST)
    assert message.enquiry_id is not None


@pytest.mark.parametrize(
    "came", [b"<RestException><Status>404</Status></RestException>", SOUND[:-7], factories.a_sound(40), b""]
)
def test_what_is_not_the_announced_sound_is_never_stored(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    look: Callable[[], Message],
    tmp_path: Path,
    came: bytes,
) -> None:
    telephone.sounds = dict.fromkeys(telephone.sounds, came)
    assert recordings.fetch(workshop, service) == 0
    assert look().state == "expected"
    assert look().fetch_problem
    assert telephone.deleted == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_network_that_asks_for_patience_gets_it(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, look: Callable[[], Message]
) -> None:
    telephone.failures["recording"].append(NotNow("Busy.", after=timedelta(minutes=3)))
    recordings.fetch(workshop, service)
    assert look().fetch_after == clock() + timedelta(minutes=3)


def test_a_worker_that_was_too_slow_leaves_the_message_as_its_rival_left_it(
    new_workshop: Callable[[], Workshop],
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    look: Callable[[], Message],
) -> None:
    rivals: list[int] = []

    def a_rival_takes_over() -> None:
        telephone.before.clear()
        clock.time += LEASE
        rivals.append(recordings.fetch(new_workshop(), service))
        clock.passes(hours=1)

    telephone.before["chunk"] = a_rival_takes_over
    recordings.fetch(new_workshop(), service)
    assert rivals == [2]
    assert look().stored_at == look().provider_deleted_at == clock() - timedelta(hours=1)


class ForgetfulVault(Vault):
    """On a disk that does not keep what it was given."""

    def write(self, name: str, chunks: Iterable[bytes]) -> int:
        return super().write(name, [b"".join(chunks)[:-1]]) + 1


def test_what_reads_back_otherwise_than_it_came_is_not_stored(
    workshop: Workshop, service: Service, telephone: FakeTelephone, look: Callable[[], Message], tmp_path: Path
) -> None:
    workshop.vault = ForgetfulVault(tmp_path / "forgetful", KEY)
    assert recordings.fetch(workshop, service) == 0
    assert (look().state, look().fetch_problem) == ("expected", "What was stored is not what came.")
    assert telephone.deleted == []


def cut_short(vault: Vault, tmp_path: Path, name: str) -> None:
    stored = tmp_path / "recordings" / name
    stored.write_bytes(stored.read_bytes()[:-1])


def put_another_there(vault: Vault, tmp_path: Path, name: str) -> None:
    vault.write(name, [b"another sound"])


@pytest.mark.parametrize(("spoil", "problem"), [(cut_short, "damaged"), (put_another_there, "not as long as it was")])
def test_the_provider_keeps_its_copy_while_ours_is_not_whole(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    look: Callable[[], Message],
    tmp_path: Path,
    spoil: Callable[[Vault, Path, str], None],
    problem: str,
) -> None:
    telephone.failures["delete_recording"].append(OutsideFailed("Not now."))
    recordings.fetch(workshop, service)
    spoil(workshop.vault, tmp_path, look().audio_name or "")
    clock.passes(minutes=1)
    assert recordings.fetch(workshop, service) == 0
    assert telephone.deleted == []
    assert problem in (look().fetch_problem or "")


def test_a_disk_that_is_full_is_told_and_nothing_is_lost(
    workshop: Workshop, service: Service, telephone: FakeTelephone, look: Callable[[], Message]
) -> None:
    telephone.failures["chunk"].append(OSError(28, "No space left on device"))  # as if writing had failed
    assert recordings.fetch(workshop, service) == 0
    assert "No space left" in (look().fetch_problem or "")


def test_a_worker_that_is_killed_in_the_middle_only_delays(
    workshop: Workshop,
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    serving: Engine,
    look: Callable[[], Message],
) -> None:
    child = os.fork()
    if child == 0:
        # Never the parent's connections: the child has an engine of its own until it dies with its work half done.
        workshop.engine = db.connect(serving.url.render_as_string(hide_password=False), pool_size=1)
        telephone.failures["chunk"] = []
        telephone.before["chunk"] = lambda: os.kill(os.getpid(), signal.SIGKILL)
        recordings.fetch(workshop, service)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert look().state == "expected"
    assert recordings.fetch(workshop, service) == 0  # the dead one's claim still holds
    clock.time += LEASE
    assert recordings.fetch(workshop, service) == 2
    assert workshop.vault.clear_unfinished(clock.passes(days=4000)) == 1


def test_many_workers_fetch_each_message_once(
    new_workshop: Callable[[], Workshop], service: Service, story: Opening, telephone: FakeTelephone, clock: MovingClock
) -> None:
    with story() as session:
        messages = [factories.a_message(session, service, clock()) for _ in range(12)]
    telephone.sounds.update({message.recording_sid or "": SOUND for message in messages})
    with ThreadPoolExecutor(4) as workers:
        done = [workers.submit(recordings.fetch, new_workshop(), service) for _ in range(4)]
    assert sum(one.result() for one in done) == 24
    assert sorted(telephone.fetched) == sorted(telephone.deleted) == sorted(m.recording_sid or "" for m in messages)
