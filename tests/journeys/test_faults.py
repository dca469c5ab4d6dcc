"""Every fault of the network at every step of a call: the message is stored once, or it shows that it is missing.

One product and one exchange for all cases, over real HTTP. The scheduler's jobs are run by the test, with a clock that
goes a day ahead if need be, so that no case waits for a pause between two tries.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text

from advice_line import clock, embedded, main
from advice_line.exchange.faults import POSSIBLE
from advice_line.exchange.phone import PhoneCall, PracticePhone
from advice_line.exchange.run import running as exchange_running
from advice_line.telephone.twilio import Telephones
from advice_line.vault import Vault
from scheduler.metronome import run_once
from scheduler.reconciling import reconcile_since
from scheduler.timetable import TIMETABLE
from scheduler.workshop import Workshop
from tests.exchange.sounds import base64_of, hum
from tests.fakes import MovingClock
from tests.journeys.conftest import HERTS, exchange_of, free_port, served, settings_of
from tests.scene import Scene, Stage, staged

SPOKEN = 3  # seconds
MESSAGE = base64_of(hum(SPOKEN))
OFFICE = "+441632960220"
# What becomes of a caller's call is worked out by these; the network's lists make up for what even they do not hear of.
JOBS = [job for job in TIMETABLE if job.name in {"apply_events", "fetch_recordings", "explain_messages"}]
# How long after the call the scheduler looks again, in seconds, until all is accounted for.
LOOKS = (0, 10, 60, 300, 1800, 7200, 24 * 3600, 24 * 3600 + 10)

callers = count(100)
Wrong = tuple[str, str]


@dataclass(frozen=True)
class Kept:
    """A message as the database has it; `deleted` is the provider's copy."""

    state: str
    recording: str | None
    seconds: int | None
    enquiry: int | None
    deleted: bool

    @property
    def accounted_for(self) -> bool:
        """Whether nothing more is to be done for it."""
        return self.deleted if self.state == "stored" else self.state in {"absent", "failed"}


@dataclass(frozen=True)
class Network:
    """A product, an exchange that may do wrong, and the hands of the product's clock."""

    phone: PracticePhone
    stage: Stage
    workshop: Workshop
    hands: MovingClock

    def call(self, *wrong: Wrong, keys: str = "31", ends_with: str = "", times: int = 1, **more: object) -> PhoneCall:
        """A caller leaves a message and hangs up, or presses a key after it, while these things go wrong.

        `more` is what an order for a call may say besides.
        """
        # A recording is told of twice, when it begins and when it is ready: both go wrong.
        faults = [
            {"step": step, "does": does, "times": 0 if step == "recording" else times, "seconds": 0.05}
            for step, does in wrong
        ]
        said = {"keys": keys, "audio_base64": MESSAGE, "then_press": ends_with}
        caller = f"+447700900{next(callers):03d}"
        call = self.phone.rings(HERTS, from_=caller, faults=faults, **said, **more).ended()
        self.hands.time = clock.now()
        return call

    def comes_to(self, call: PhoneCall) -> list[Kept]:
        """Let time pass until all of a call is accounted for; gives its messages.

        However far it has come: what is gone at the provider lies in our vault, whole.
        """
        began = self.hands.time
        for seconds in LOOKS:
            self.hands.time = began + timedelta(seconds=seconds)
            run_once(self.workshop, JOBS)
            messages = self.messages(call)
            self.keeps_the_last_copy(call)
            if messages and all(message.accounted_for for message in messages):
                break
        return self.messages(call)

    def compares_lists(self) -> None:
        """As the scheduler does every quarter of an hour: take from the network's lists what nobody told us."""
        self.hands.time = clock.now() + timedelta(minutes=1)
        reconcile_since(self.workshop, self.workshop.service(self.stage.scene.herts.id), clock.now())

    def messages(self, call: PhoneCall) -> list[Kept]:
        """The messages of a call."""
        question = (
            "SELECT m.state, m.recording_sid, m.seconds, m.enquiry_id, m.provider_deleted_at IS NOT NULL FROM message m"
            " JOIN call c ON c.service_id = m.service_id AND c.id = m.call_id WHERE c.sid = :sid"
        )
        return [Kept(*row) for row in self.rows(question, call.sid)]

    def end_states(self, call: PhoneCall) -> list[str]:
        """The end state of every row that a call has."""
        return [row[0] for row in self.rows("SELECT end_state FROM call WHERE sid = :sid", call.sid)]

    def recordings(self, call: PhoneCall) -> dict[str, list[str]]:
        """What became of each recording of a call, by the exchange's own log."""
        became: dict[str, list[str]] = {}
        for entry in self.phone.log(event="recording", call_sid=call.sid):
            became.setdefault(str(entry["recording_sid"]), []).append(str(entry["status"]))
        return became

    def keeps_the_last_copy(self, call: PhoneCall) -> None:
        for sid, became in self.recordings(call).items():
            if "deleted" in became:
                stored = self.rows("SELECT audio_name, audio_bytes FROM message WHERE recording_sid = :sid", sid)
                assert [(name, self.workshop.vault.verify(name).size) for name, _ in stored] == stored

    def done(self, call: PhoneCall) -> set[Wrong]:
        """What was done wrong to a call."""
        return {(str(one["step"]), str(one["does"])) for one in self.phone.log(event="fault_done", call_sid=call.sid)}

    def rows(self, question: str, sid: str) -> list[tuple[Any, ...]]:
        """What the database says, looked at as its owner."""
        with self.stage.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question), {"sid": sid})]


@pytest.fixture(scope="module")
def network(cluster: embedded.Server, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    home = tmp_path_factory.mktemp("faults")
    with ExitStack() as stack:
        stage = stack.enter_context(staged(cluster, scene))
        web, telephone = stack.enter_context(free_port()), stack.enter_context(free_port())
        ports = [listener.getsockname()[1] for listener in (web, telephone)]
        web_url, exchange_url = (f"http://127.0.0.1:{port}" for port in ports)
        settings = settings_of(stage.serving, web_url, exchange_url, home)
        telephone.close()
        stack.enter_context(exchange_running(exchange_of(settings, web_url, home), port=ports[1]))
        stack.enter_context(served(main.build(settings, with_webhooks=True), web))
        telephones, hands = stack.enter_context(Telephones(settings)), MovingClock(clock.now())
        workshop = Workshop(stage.serving, settings, Vault.of(settings), telephones, hands)
        phone = PracticePhone(exchange_url, patience=60).behaves(OFFICE, answers="no")
        stack.callback(phone.close)
        yield Network(phone, stage, workshop, hands)


def assert_stored_once(network: Network, call: PhoneCall, state: str = "stored") -> None:
    """One call, one end state, what was said in one message and one enquiry; and when the scheduler looks again."""
    became = network.recordings(call)
    (spoken,) = [sid for sid, states in became.items() if "processing" in states]
    for _ in range(2):
        messages = network.comes_to(call)
        assert [(one.state, one.seconds) for one in messages if one.recording == spoken] == [(state, SPOKEN)]
        assert {one.state for one in messages if one.recording != spoken} <= {"absent"}
        assert len({one.enquiry for one in messages if one.enquiry is not None}) == 1
        assert network.end_states(call) == ["message"]
        network.hands.passes(days=1)


CASES = [(step, does) for step, deeds in POSSIBLE.items() for does in sorted(deeds)]
ON_THE_WAY = [case for case in CASES if case[0] in {"voice", "keys", "recording", "status", "media", "deletion"}]


@pytest.mark.parametrize(("step", "does"), [case for case in ON_THE_WAY if case[1] != "lost"])
def test_a_fault_on_the_way_costs_nothing(network: Network, step: str, does: str) -> None:
    call = network.call((step, does))
    assert_stored_once(network, call)
    assert network.done(call) == {(step, does)}


@pytest.mark.parametrize(("does", "ends_with"), [(d, e) for s, d in CASES if s == "recorded" for e in ("", "#")])
def test_a_fault_after_the_recorder_costs_nothing(network: Network, does: str, ends_with: str) -> None:
    call = network.call(("recorded", does), ends_with=ends_with)
    assert_stored_once(network, call)
    can_wait = does == "reorder" and ends_with  # somebody waits for the answer: nothing can overtake it
    assert network.done(call) == (set() if can_wait else {("recorded", does)})


@pytest.mark.parametrize("does", sorted(POSSIBLE["transferred"] - {"reorder"}))
def test_a_fault_after_a_transfer_costs_nothing(network: Network, does: str) -> None:
    call = network.call(("transferred", does), keys="32")
    assert_stored_once(network, call)
    assert network.done(call) == {("transferred", does)}


@pytest.mark.parametrize("does", ["delay", "repeat"])
def test_a_fault_of_the_fallback_costs_nothing(network: Network, does: str) -> None:
    call = network.call(("voice", "drop"), ("fallback", does))
    assert_stored_once(network, call)
    assert network.done(call) == {("voice", "drop"), ("fallback", does)}


@pytest.mark.parametrize("step", ["media", "deletion"])
def test_a_provider_that_fails_again_and_again_is_asked_until_it_does_not(network: Network, step: str) -> None:
    assert_stored_once(network, network.call((step, "error"), times=6))


@pytest.mark.parametrize("does", sorted(POSSIBLE["rest"]))
def test_a_provider_that_fails_while_it_is_asked_what_became_of_a_message_is_asked_again(
    network: Network, does: str
) -> None:
    call = network.call(("recorded", "drop"), ("recording", "drop"), ("rest", does))
    assert_stored_once(network, call)
    assert ("rest", does) in network.done(call)


@pytest.mark.parametrize(
    "steps",
    [("recorded", "recording"), ("recording", "status"), ("recorded", "recording", "status")],
    ids="+".join,
)
def test_events_that_are_lost_together_are_made_up_for(network: Network, steps: tuple[str, ...]) -> None:
    call = network.call(*((step, "drop") for step in steps))
    assert_stored_once(network, call)


def test_what_the_network_could_not_keep_shows_as_failed_and_the_caller_is_owed_a_call(network: Network) -> None:
    call = network.call(("recording", "lost"))
    assert_stored_once(network, call, state="failed")


@pytest.mark.parametrize("does", ["missing", "truncated", "page", "wrong_type", "error", "busy"])
def test_a_sound_that_never_comes_is_never_taken_for_one_and_stays_at_the_provider(network: Network, does: str) -> None:
    call = network.call(("media", does), times=0)
    (message,) = network.comes_to(call)
    assert (message.state, message.deleted) == ("expected", False)
    assert message.enquiry is not None
    assert [became[-1] for became in network.recordings(call).values()] == ["completed"]
    network.phone.goes_right()
    assert_stored_once(network, call)


@pytest.mark.parametrize("heard_of", [True, False])
def test_a_call_whose_end_is_never_told_is_found_in_the_network_s_lists(network: Network, heard_of: bool) -> None:
    wrong = [("status", "drop")] if heard_of else [(step, "drop") for step in ("voice", "fallback", "status")]
    call = network.call(*wrong, hang_up_after=5.0)
    assert network.comes_to(call) == []
    assert network.end_states(call) == (["in_progress"] if heard_of else [])
    for _ in range(2):
        network.compares_lists()
        assert network.end_states(call) == ["hung_up_menu"]


@pytest.mark.parametrize("does", ["drop", "unanswered"])
def test_a_caller_who_reaches_nobody_at_all_leaves_a_call_in_the_ledger(network: Network, does: str) -> None:
    call = network.call(("voice", "drop"), ("fallback", does))
    assert network.recordings(call) == {}
    assert {message.state for message in network.comes_to(call)} <= {"absent"}
    assert network.end_states(call) == ["hung_up_menu" if does == "drop" else "hung_up_greeting"]
