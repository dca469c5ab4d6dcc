"""The live line as the network tells of it: in order, twice, late, and with words that were lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import outcomes
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.attempt import Attempt
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import duty as duties
from advice_line.live import offer as offers
from advice_line.live.offer import Offer
from tests import factories
from tests.factories import MOBILE, TESTER
from tests.inbox.network import Event, Ring, happens, problems
from tests.scene import Scene

LINE = "eput_support_line"
THURSDAY_AT_ONE = datetime.fromisoformat("2026-11-19T13:00:00+00:00")
PHONE = "+447700900199"
NODE = f"/webhooks/voice/{LINE}/live_queue"


@pytest.fixture
def now() -> datetime:
    return THURSDAY_AT_ONE


@pytest.fixture
def kim(scene: Scene) -> Therapist:
    return scene.kim


@pytest.fixture
def session(session: Session, eput: Service) -> Session:
    """The transaction, within EPUT."""
    session.execute(text("SELECT set_config('app.service_id', :id, true)"), {"id": str(eput.id)})
    return session


@pytest.fixture
def offer(session: Session, eput: Service, kim: Therapist, now: datetime) -> Offer:
    """Kim is on duty and is being rung."""
    return offers.make(session, duties.go_on(session, eput.line(LINE), kim, PHONE, TESTER, now), now)


class Caller(Ring):
    """Somebody who rings the live line."""

    def at(self, kind: str, answer: str, path: str, **said: str) -> Event:
        event = self.of(kind, answer, To="+441702372250", **{"CallStatus": "in-progress", **said})
        return replace(event, path=path, line=LINE)

    def enters(self) -> Event:
        return self.at("call", "queue live_queue", "/webhooks/voice", CallStatus="ringing")

    def waits(self, seconds: int = 0) -> Event:
        return self.at("waiting", "wait live_queue", f"{NODE}/waiting", QueueTime=str(seconds), QueuePosition="1")

    def keeps_place(self) -> Event:
        return self.at("waiting_keys", "keep_place live_queue", f"{NODE}/waiting/keys", Digits="1")

    def leaves(self, result: str, answer: str = "goodbye", status: str = "in-progress", seconds: int = 30) -> Event:
        said = {"QueueResult": result, "QueueTime": str(seconds), "CallStatus": status}
        return self.at("left_queue", answer, f"{NODE}/left", **said)

    def is_over(self) -> Event:
        return replace(self.ended(), line=LINE)

    def is_connected(self, offer: Offer) -> Event:
        return self.at("offer_connected", "connect", f"/webhooks/offers/{offer.id}/connected?line={LINE}")


def of_therapist(offer: Offer, kind: str, **said: str) -> Event:
    known = {"CallSid": "CA" + "7" * 32, "From": "+441702372250", "To": PHONE, "CallStatus": "in-progress"}
    path = f"/webhooks/offers/{offer.id}/{kind.removeprefix('offer_')}?line={LINE}"
    return Event(kind, {**known, **said}, "", path, LINE)


def the_talk(caller: Caller, offer: Offer) -> list[Event]:
    return [
        caller.enters(),
        caller.waits(),
        of_therapist(offer, "offer_answered"),
        of_therapist(offer, "offer_keys", Digits="1"),
        caller.is_connected(offer),
        of_therapist(offer, "offer_done", DialCallStatus="completed", DialBridged="true", DialCallSid=caller.sid),
        caller.leaves("bridged", status="completed", seconds=20),
        caller.is_over(),
        of_therapist(offer, "offer_status", CallStatus="completed"),
    ]


def facts(session: Session) -> Sequence[object]:
    """What is known in the end of the calls, the rings and the conversation."""
    session.expire_all()
    (call,) = session.query(Call).all()
    (offer,) = session.query(Offer).all()
    (attempt,) = session.query(Attempt).all()
    (enquiry,) = session.query(Enquiry).all()
    return (call.end_state, offer.state, offer.problem, attempt.state, enquiry.status, enquiry.heard_at is not None)


DONE = ("answered_live", "over", None, "call_over", "in_call", True)


def test_a_caller_is_answered_and_the_conversation_waits_for_its_outcome(
    session: Session, eput: Service, kim: Therapist, offer: Offer, now: datetime
) -> None:
    happens(session, eput, the_talk(Caller(), offer), now)
    assert facts(session) == DONE
    (enquiry,) = session.query(Enquiry).all()
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert (callback.state, enquiry.therapist_id) == ("live", kim.id)
    outcomes.give(session, eput, enquiry, outcomes.Given(outcome="advice_given"), TESTER, now + timedelta(hours=1))
    assert (enquiry.status, callback.state) == ("closed", "kept")
    last = attempts.last_contact(session, enquiry)
    assert last
    assert (last.result, last.call_sid) == ("spoke_to_caller", "CA" + "7" * 32)
    assert set(problems(session, eput)) == {None}


def test_everything_twice_changes_nothing_more(session: Session, eput: Service, offer: Offer, now: datetime) -> None:
    told = the_talk(Caller(), offer)
    happens(session, eput, [*told, *told], now)
    assert facts(session) == DONE
    assert set(problems(session, eput)) == {None}


@pytest.mark.parametrize("order", [*permutations(range(3, 9))][::73])
def test_the_order_of_the_end_does_not_matter(
    session: Session, eput: Service, offer: Offer, now: datetime, order: tuple[int, ...]
) -> None:
    told = the_talk(Caller(), offer)
    happens(session, eput, [*told[:3], *(told[nth] for nth in order)], now)
    assert facts(session) == DONE
    assert set(problems(session, eput)) == {None}


def test_a_connection_that_was_never_told_is_known_from_its_end(
    session: Session, eput: Service, offer: Offer, now: datetime
) -> None:
    caller = Caller()
    happens(session, eput, [event for event in the_talk(caller, offer) if event.kind != "offer_connected"], now)
    assert facts(session) == DONE


def test_who_keeps_their_place_is_owed_a_callback_today(session: Session, eput: Service, now: datetime) -> None:
    caller = Caller()
    told = [caller.enters(), caller.waits(), caller.keeps_place(), caller.leaves("hangup", status="completed")]
    happens(session, eput, [*told, caller.is_over(), caller.keeps_place()], now)
    (call,), (enquiry,) = session.query(Call).all(), session.query(Enquiry).all()
    assert (call.end_state, call.enquiry_id) == ("callback_requested", enquiry.id)
    assert (enquiry.status, enquiry.received_at) == ("triaged", call.started_at)
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert callback.due_at == datetime.fromisoformat("2026-11-19T14:30:00+00:00")


def test_somebody_who_rang_before_keeps_their_enquiry_and_what_is_unheard_stays_so(
    session: Session, eput: Service, now: datetime
) -> None:
    before = factories.an_enquiry(session, eput, now - timedelta(hours=3), number=MOBILE)
    caller = Caller(number=MOBILE)
    happens(session, eput, [caller.enters(), caller.keeps_place(), caller.is_over()], now)
    assert [each.id for each in session.query(Enquiry).all()] == [before.id]
    assert before.heard_at is None
    callback = callbacks.open_for(session, before)
    assert callback
    assert callback.due_at == datetime.fromisoformat("2026-11-19T14:30:00+00:00")


@pytest.mark.parametrize(("answer", "end"), [("goodbye", "hung_up_queue"), ("record eput_support", "hung_up_greeting")])
def test_who_gives_up_waiting_is_counted_where_they_gave_up(
    session: Session, eput: Service, now: datetime, answer: str, end: str
) -> None:
    caller = Caller()
    result = "hangup" if answer == "goodbye" else "leave"
    happens(session, eput, [caller.enters(), caller.waits(), caller.leaves(result, answer), caller.is_over()], now)
    (call,) = session.query(Call).all()
    assert (call.end_state, call.left_queue_at is not None) == (end, True)
    assert session.query(Enquiry).all() == []


def test_a_phone_that_nobody_picks_up_three_times_goes_off_duty(
    session: Session, eput: Service, kim: Therapist, offer: Offer, now: datetime
) -> None:
    for _ in range(3):
        duty = duties.of_therapist(session, eput.id, kim.id)
        assert duty
        offer = offers.of_therapist(session, eput.id, kim.id) or offers.make(session, duty, now)
        happens(session, eput, [of_therapist(offer, "offer_status", CallStatus="no-answer")], now)
    last = duties.last_of(session, eput.id, kim.id)
    assert last
    assert last.why_ended == "not_answering"


def test_a_ring_for_nobody_is_no_miss(session: Session, eput: Service, offer: Offer, now: datetime) -> None:
    told = [
        of_therapist(offer, "offer_keys", Digits="1"),
        of_therapist(offer, "offer_done", DialCallStatus="no-answer", DialBridged="false"),
    ]
    happens(session, eput, told, now)
    session.refresh(offer)
    assert (offer.state, offer.problem) == ("over", "nobody_waited")


def test_a_ring_that_we_stopped_is_no_miss_of_the_therapists(
    session: Session, eput: Service, offer: Offer, now: datetime
) -> None:
    happens(session, eput, [of_therapist(offer, "offer_status", CallStatus="canceled")], now)
    duty = duties.of_therapist(session, eput.id, offer.therapist_id)
    assert duty
    assert (offer.state, offer.problem, offers.misses(session, duty)) == ("over", "stopped", 0)


def test_somebody_who_is_being_rung_back_just_then_is_answered_on_that_attempt(
    session: Session, eput: Service, kim: Therapist, offer: Offer, now: datetime
) -> None:
    enquiry = factories.an_enquiry(session, eput, now - timedelta(hours=3), number=MOBILE)
    attempt = factories.an_attempt(session, enquiry, kim, now)
    happens(session, eput, the_talk(Caller(number=MOBILE), offer), now)
    assert [each.id for each in attempts.of_enquiry(session, enquiry)] == [attempt.id]
    assert set(problems(session, eput)) == {None}
