"""A text goes out once: never twice because nobody answered, and never silently not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import NotNow, OptedOut, OutsideFailed, Unanswered
from advice_line.lines.directory import Service
from advice_line.texts import text as texts
from advice_line.texts.text import TextMessage
from scheduler.texting import MOST_TRIES, NEVER_KNOWN, NOT_TAKEN, look_up, send
from scheduler.workshop import Workshop
from tests.fakes import FakeTelephone, MovingClock
from tests.scheduler.conftest import Opening
from tests.texting.texts import all_texts, an_agreed_enquiry


@pytest.fixture
def enquiry(story: Opening, service: Service, clock: MovingClock) -> Enquiry:
    """Its caller has agreed to texts."""
    with story() as session:
        return an_agreed_enquiry(session, service, clock())


@pytest.fixture
def look(story: Opening) -> Callable[[], TextMessage]:
    """The one text."""

    def look() -> TextMessage:
        with story() as session:
            (text,) = all_texts(session)
            return text

    return look


def test_a_confirmation_goes_out_once_from_the_lines_number(
    workshop: Workshop, service: Service, telephone: FakeTelephone, enquiry: Enquiry, look: Callable[[], TextMessage]
) -> None:
    assert (send(workshop, service), send(workshop, service)) == (1, 0)
    (sent,) = telephone.texted
    assert (sent.to, sent.from_) == (enquiry.caller_number, "+441923470680")
    address = "https://advice.example.nhs.uk/webhooks/message-status?line=herts_advice_line"
    assert sent.status_url == f"{address}&text={look().id}#rc=3&rp=all"
    assert (look().state, look().sid) == ("queued", sent.sid)


def test_two_workers_send_it_once(
    new_workshop: Callable[[], Workshop], service: Service, telephone: FakeTelephone, enquiry: Enquiry
) -> None:
    with ThreadPoolExecutor(2) as hands:
        assert sum(hands.map(lambda _: send(new_workshop(), service), range(2))) == 1
    assert len(telephone.texted) == 1


def test_nobody_is_texted_in_the_silent_hours(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry
) -> None:
    clock.passes(hours=10)
    assert send(workshop, service) == 0
    clock.passes(hours=12)
    assert send(workshop, service) == 1
    assert len(telephone.texted) == 1


def test_a_busy_network_is_asked_again_after_its_time(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry
) -> None:
    telephone.failures["text"] = [NotNow("Busy.", after=timedelta(seconds=30))]
    assert (send(workshop, service), send(workshop, service)) == (0, 0)
    clock.passes(seconds=30)
    assert send(workshop, service) == 1
    assert len(telephone.texted) == 1


def test_a_refusal_ends_it_with_the_reason(
    workshop: Workshop, service: Service, telephone: FakeTelephone, enquiry: Enquiry, look: Callable[[], TextMessage]
) -> None:
    telephone.failures["text"] = [OutsideFailed("The line's number cannot send texts.", permanent=True)]
    assert (send(workshop, service), send(workshop, service)) == (0, 0)
    assert (look().state, look().problem) == ("refused", "The line's number cannot send texts.")


def test_who_told_the_network_to_stop_is_texted_no_more(
    workshop: Workshop, service: Service, telephone: FakeTelephone, enquiry: Enquiry, story: Opening
) -> None:
    telephone.failures["text"] = [OptedOut("The caller asked the network for no more texts.", permanent=True)]
    send(workshop, service)
    with story() as session:
        assert texts.has_stopped(session, service.id, enquiry.caller_number or "")


def test_a_text_whose_answer_was_lost_is_looked_up_and_not_sent_again(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry,
    look: Callable[[], TextMessage],
) -> None:  # fmt: skip
    telephone.failures["answer to text"] = [Unanswered("No answer.")]
    assert send(workshop, service) == 0
    assert look().state == "unknown"
    clock.passes(minutes=10)
    assert (send(workshop, service), look_up(workshop, service)) == (0, 1)
    assert (look().state, look().sid) == ("queued", telephone.texted[0].sid)
    assert len(telephone.texted) == 1


def test_a_text_that_the_network_does_not_know_is_sent_again_after_a_while(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry
) -> None:
    telephone.failures["text"] = [Unanswered("No answer.")]
    send(workshop, service)
    clock.passes(minutes=1)
    assert (look_up(workshop, service), send(workshop, service)) == (0, 0)
    clock.passes(minutes=1)
    assert (look_up(workshop, service), send(workshop, service)) == (1, 1)
    assert len(telephone.texted) == 1


def test_a_network_that_never_answers_is_not_asked_for_ever(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry,
    look: Callable[[], TextMessage],
) -> None:  # fmt: skip
    telephone.failures["text"] = [Unanswered("No answer.")] * (MOST_TRIES + 1)
    for _ in range(MOST_TRIES + 1):
        send(workshop, service)
        clock.passes(minutes=2)
        look_up(workshop, service)
    assert (look().state, look().problem, look().tries) == ("failed", NOT_TAKEN, MOST_TRIES)


def test_a_text_that_cannot_be_looked_up_is_never_sent_again(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry,
    look: Callable[[], TextMessage],
) -> None:  # fmt: skip
    telephone.failures["text"] = [Unanswered("No answer.")]
    telephone.failures["texts_to"] = [OutsideFailed("No.")] * 2
    send(workshop, service)
    clock.passes(minutes=30)
    assert look_up(workshop, service) == 0
    clock.passes(minutes=30)
    assert look_up(workshop, service) == 1
    assert (look().state, look().problem) == ("failed", NEVER_KNOWN)
    assert send(workshop, service) == 0


def test_a_worker_that_died_while_it_sent_leaves_a_text_that_is_looked_up(
    workshop: Workshop, service: Service, telephone: FakeTelephone, clock: MovingClock, enquiry: Enquiry,
    look: Callable[[], TextMessage],
) -> None:  # fmt: skip
    telephone.before["answer to text"] = _dies
    with pytest.raises(KeyboardInterrupt):
        send(workshop, service)
    assert look().state == "sending"
    clock.passes(minutes=1)
    assert look_up(workshop, service) == 1
    assert (look().state, len(telephone.texted)) == ("queued", 1)


def test_an_event_that_was_faster_than_the_answer_is_not_undone(
    workshop: Workshop, service: Service, telephone: FakeTelephone, story: Opening, enquiry: Enquiry,
    look: Callable[[], TextMessage],
) -> None:  # fmt: skip
    def delivered() -> None:
        with story() as session:
            (text,) = all_texts(session)
            texts.move(session, text, "delivered", workshop.now())

    telephone.before["answer to text"] = delivered
    assert send(workshop, service) == 1
    assert (look().state, look().sid) == ("delivered", telephone.texted[0].sid)


def _dies() -> None:
    raise KeyboardInterrupt


def test_a_worker_that_stood_still_on_its_way_to_the_network_sends_nothing_and_others_do(
    new_workshop: Callable[[], Workshop],
    service: Service,
    telephone: FakeTelephone,
    clock: MovingClock,
    enquiry: Enquiry,
    look: Callable[[], TextMessage],
) -> None:
    sleepy, other = new_workshop(), new_workshop()
    sleepy.now = lambda: clock.passes(seconds=31)
    assert send(sleepy, service) == 0
    assert (telephone.texted, look().state) == ([], "sending")
    clock.passes(minutes=2)
    assert (look_up(other, service), send(other, service)) == (1, 1)
    assert len(telephone.texted) == 1
