"""Faults of the network on the way of texts: one text opens one enquiry, and is answered by one text, never by two."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import pytest

from advice_line import clock, embedded
from advice_line.exchange.faults import POSSIBLE, Step
from advice_line.telephone.calling import SentText
from advice_line.telephone.twilio import Telephones
from advice_line.vault import Vault
from scheduler.metronome import run_once
from scheduler.timetable import TIMETABLE
from scheduler.workshop import Workshop
from tests.fakes import MovingClock
from tests.journeys.conftest import HERTS, Product, running
from tests.journeys.test_texts import AWAKE
from tests.scene import Scene, staged

JOBS = [job for job in TIMETABLE if job.name in {"apply_events", "send_texts", "look_up_texts"}]
ON_THE_WAY: tuple[Step, ...] = ("text", "text_status", "rest")
# A text that never arrives leaves no trace with us: it stays on its writer's telephone.
CASES = [(step, does) for step in ON_THE_WAY for does in sorted(POSSIBLE[step]) if (step, does) != ("text", "drop")]
callers = count(300)


class Texting(NamedTuple):
    """The product at an hour at which texts are sent, and its scheduler in the hands of the test."""

    product: Product
    workshop: Workshop
    hands: MovingClock

    def passes(self) -> None:
        """Ten minutes, in which the scheduler looks a few times."""
        self.hands.time = clock.now()
        for _ in range(4):
            run_once(self.workshop, JOBS)
            self.hands.passes(minutes=3)

    def taken_for(self, number: str) -> Sequence[SentText]:
        """Our texts to a number that the network has taken, whether they have arrived or not."""
        before = clock.now() - timedelta(minutes=1)
        return self.workshop.telephones("default").texts_to(number, HERTS, before)


@pytest.fixture(scope="module")
def texting(cluster: embedded.Server, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Texting]:
    home, hands = tmp_path_factory.mktemp("texts"), MovingClock(clock.now())
    with (
        staged(cluster, scene) as stage,
        running(stage.serving, stage.owner, home, clock.now, timetable=()) as product,
        Telephones(product.settings) as telephones,
    ):
        with stage.owner.begin() as connection:
            connection.execute(AWAKE)
        workshop = Workshop(stage.serving, product.settings, Vault.of(product.settings), telephones, hands)
        yield Texting(product, workshop, hands)


@pytest.mark.parametrize(("step", "does"), CASES)
def test_a_text_is_taken_once_and_answered_once(texting: Texting, step: str, does: str) -> None:
    phone, parent = texting.product.phone, f"+447700900{next(callers):03d}"
    phone.goes_wrong(step, does, seconds=0.05).texts(HERTS, "Can you help with dressing?", from_=parent)
    texting.passes()
    phone.goes_right()
    texting.product.until(lambda: phone.texts_of(parent), "the answer arrived")
    assert len(texting.taken_for(parent)) == 1
    (answer,) = phone.texts_of(parent)
    assert "Thank you for contacting us" in str(answer["text"])
    kept = texting.product.figures("SELECT number, direction FROM text_message ORDER BY id")
    assert [direction for number, direction in kept if number == parent] == ["inbound", "outbound"]
    enquiries = texting.product.figures("SELECT caller_number FROM enquiry")
    assert enquiries.count((parent,)) == 1
