"""Every fault of the network on the live line: whoever was promised something gets it, and nobody is rung for ever.

One product, open on a Thursday at 13:00, for all cases; beside them runs the part of its scheduler that they depend on.
What no event told is found by comparing the network's lists, and what only time can settle is settled by looking again
three hours later.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text

from advice_line import clock, embedded
from advice_line.exchange.faults import POSSIBLE, Step
from advice_line.exchange.phone import CallWentWrong, PhoneCall, PracticePhone
from advice_line.telephone.twilio import Telephones
from advice_line.vault import Vault
from scheduler.metronome import run_once
from scheduler.reconciling import reconcile_since
from scheduler.timetable import TIMETABLE
from scheduler.workshop import Workshop
from tests.exchange.sounds import hum
from tests.fakes import MovingClock
from tests.journeys.conftest import EPUT, Product, a_thursday_at_one, running
from tests.journeys.test_live_line import ESI, FARID, LINE, goes_on_duty
from tests.scene import Scene, staged

MESSAGE = hum(3).wav()
UNAPPLIED = "SELECT 1 FROM provider_event WHERE applied_at IS NULL"
OPEN = "SELECT 1 FROM call WHERE end_state = 'in_progress' UNION SELECT 1 FROM offer WHERE finished_at IS NULL"
RINGING = "SELECT 1 FROM offer WHERE finished_at IS NULL"
LATER = timedelta(hours=3)
JOBS = [job for job in TIMETABLE if job.name in {"apply_events", "fetch_recordings", "look_up_rings", "look_up_calls"}]
# What a caller who waits or is put through depends on. Plans, texts and mail, which no case here looks at, would take
# most of the scheduler's time, for each event of each call brings work for them.
BESIDE = [*JOBS, *(job for job in TIMETABLE if job.name in {"connect_callers", "stop_rings", "explain_messages"})]
NOTHING_PROMISED = {"hung_up_queue", "hung_up_menu", "hung_up_greeting", "hung_up_tone", "failed"}
WRITTEN_UP = (
    "UPDATE offer SET state = 'over', finished_at = at WHERE finished_at IS NULL",
    "UPDATE duty SET ended_at = since, why_ended = 'went_off' WHERE ended_at IS NULL",
    "UPDATE attempt SET state = 'finished', finished_at = at, result = 'spoke_to_caller' WHERE finished_at IS NULL",
    "SELECT pg_notify('advice_line', 'queue')",
)
callers = count(200)


@dataclass(frozen=True)
class LiveLine:
    """The product with the line open, and a second scheduler whose clock the test moves."""

    product: Product
    workshop: Workshop
    hands: MovingClock

    @property
    def phone(self) -> PracticePhone:
        return self.product.phone

    def rings(self, *wrong: tuple[str, str]) -> PhoneCall:
        """A new caller is in the queue, or wherever these things that go wrong have led them."""
        faults = [{"step": step, "does": does, "seconds": 0.05} for step, does in wrong]
        return self.phone.rings(EPUT, f"+447700900{next(callers):03d}", faults=faults)

    def settles(self) -> None:
        """All that was told is applied; if that leaves anything open, take the rest from the network's lists, later."""
        self.product.until(lambda: not self.rows(UNAPPLIED), "all that was told was applied")
        if not self.rows(OPEN):
            return
        service = self.workshop.directory.service("eput_cot")
        self.hands.time = clock.now() + timedelta(minutes=1)
        reconcile_since(self.workshop, service, clock.now())
        self.hands.time = max(self.product.now(), clock.now()) + LATER
        run_once(self.workshop, JOBS)

    def rows(self, question: str, sid: str = "") -> list[tuple[object, ...]]:
        """What the database says, looked at as its owner."""
        with self.product.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question), {"sid": sid})]


@pytest.fixture(scope="module")
def open_line(cluster: embedded.Server, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLine]:
    home, hands = tmp_path_factory.mktemp("live"), MovingClock(clock.now())
    with (
        staged(cluster, scene) as stage,
        running(stage.serving, stage.owner, home, a_thursday_at_one(), BESIDE) as product,
        Telephones(product.settings) as telephones,
    ):
        workshop = Workshop(stage.serving, product.settings, Vault.of(product.settings), telephones, hands)
        yield LiveLine(product, workshop, hands)


@pytest.fixture
def line(open_line: LiveLine) -> Iterator[LiveLine]:
    """Esi picks up herself; Farid takes at once whom she does not. Afterwards both have written everything up."""
    goes_on_duty(open_line.product, ESI, answers="person")
    yield open_line
    open_line.phone.goes_right()
    with open_line.product.owner.begin() as connection:
        for statement in WRITTEN_UP:
            connection.execute(text(statement))
    open_line.product.live.look()
    assert not open_line.product.live(LINE).on_duty


def esi_takes(line: LiveLine, call: PhoneCall) -> None:
    """Esi takes whoever waits, as far as what goes wrong lets her."""
    with suppress(CallWentWrong):
        call.hears("You are next")
        line.phone.picks_up(ESI).hears("Press 1").presses("1")


def goes_on_to_the_end(call: PhoneCall) -> None:
    """The caller says thank you once they are connected, and leaves a message where there is a recorder instead."""
    try:
        call.hears("connected").hangs_up()
    except CallWentWrong:
        if call.status == "in-progress":
            call.plays(MESSAGE).hangs_up()


def assert_kept(line: LiveLine, call: PhoneCall) -> None:
    """What the caller was promised is so in our books, and nothing is under way any more."""
    line.settles()
    heard = " ".join(call.heard)
    ((end,),) = line.rows("SELECT end_state FROM call WHERE sid = :sid", call.sid)
    owed = line.rows(
        "SELECT c.state FROM callback c JOIN call ON call.enquiry_id = c.enquiry_id WHERE call.sid = :sid", call.sid
    )
    line.product.until(lambda: not line.rows(RINGING), "nothing rang any more")
    if "(connected)" in heard:
        assert (end, len(owed)) == ("answered_live", 1)
    elif "kept your place" in heard:
        assert (end, len(owed)) == ("callback_requested", 1)
    elif line.phone.log(event="recording", call_sid=call.sid):
        assert (end, len(owed)) == ("message", 1)
    else:
        assert end in NOTHING_PROMISED


def cases(*steps: Step, without: str = "") -> list[tuple[str, str]]:
    return [(step, does) for step in steps for does in sorted(POSSIBLE[step]) if does != without]


@pytest.mark.parametrize(("step", "does"), cases("voice", "waiting", "connecting", "left", "status"))
def test_a_fault_of_the_callers_call_costs_no_talk_and_no_message(line: LiveLine, step: str, does: str) -> None:
    call = line.rings((step, does))
    esi_takes(line, call)
    goes_on_to_the_end(call)
    assert_kept(line, call)


@pytest.mark.parametrize(("step", "does"), cases("voice", "keys", "transferred", "status", without="delay"))
def test_a_fault_of_the_therapists_call_leaves_the_caller_to_the_next(line: LiveLine, step: str, does: str) -> None:
    goes_on_duty(line.product, FARID)
    call = line.rings().hears("You are next")
    line.phone.goes_wrong(step, does)
    esi_takes(line, call)
    goes_on_to_the_end(call)
    assert_kept(line, call)


@pytest.mark.parametrize("does", ["busy", "slow", "unanswered"])
def test_a_fault_of_the_request_to_ring_costs_nothing(line: LiveLine, does: str) -> None:
    line.phone.behaves(ESI, answers="yes").goes_wrong("rest", does, seconds=0.05)
    call = line.rings()
    goes_on_to_the_end(call)
    assert_kept(line, call)
    assert "(connected)" in call.heard


def test_a_ring_that_the_network_never_made_is_made_again(line: LiveLine) -> None:
    line.phone.behaves(ESI, answers="yes").goes_wrong("rest", "error")
    call = line.rings()
    line.product.until(lambda: line.rows("SELECT 1 FROM offer WHERE state = 'unknown'"), "nobody knew of the ring")
    line.hands.time = line.product.now() + timedelta(minutes=2)
    run_once(line.workshop, JOBS)
    goes_on_to_the_end(call)
    assert_kept(line, call)
    assert "(connected)" in call.heard


@pytest.mark.parametrize("keys", ["1", "2"])
@pytest.mark.parametrize(("step", "does"), cases("keys", without="delay"))
def test_a_key_pressed_in_the_queue_is_kept_or_never_confirmed(line: LiveLine, keys: str, step: str, does: str) -> None:
    call = line.rings((step, does)).hears("You are next").presses(keys)
    goes_on_to_the_end(call)
    assert_kept(line, call)


@pytest.mark.parametrize(("step", "does"), cases("left", without="delay"))
@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs up", "asks for the recorder"])
def test_who_leaves_the_queue_is_counted_once(line: LiveLine, step: str, does: str, *, hangs_up: bool) -> None:
    call = line.rings((step, does)).hears("You are next")
    if hangs_up:
        call.hangs_up()
    else:
        goes_on_to_the_end(call.presses("2"))
    assert_kept(line, call)
