"""Whatever is told of an attempt's call, in whatever order and however often, the attempt keeps its rules."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling, cut_short
from advice_line.callbacks.attempt import MOVES, Attempt
from advice_line.callbacks.calling import Result
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import AdviceLineError
from advice_line.inbox import attempts as attempt_events
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.telephone.told import read
from tests import factories
from tests.factories import TESTER
from tests.inbox.network import LINE
from tests.properties import THROUGH_THE_DATABASE

ENDS = frozenset({"finished", "abandoned"})
THERAPIST_LEG, CALLER_LEG = factories.a_sid("CA"), factories.a_sid("CA")
STATUSES = ("initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled")
TOLD = [
    ("answered", f"CallSid={THERAPIST_LEG}"),
    *[("keys", f"CallSid={THERAPIST_LEG}&Digits={digits}") for digits in ("1", "", "7")],
    *[("done", f"CallSid={THERAPIST_LEG}&DialCallStatus={status}") for status in STATUSES[3:]],
    *[("status", f"CallSid={THERAPIST_LEG}&CallStatus={status}") for status in STATUSES],
    *[("caller-status", f"CallSid={CALLER_LEG}&CallStatus={status}") for status in STATUSES],
]
PRESSES = ["ring", "again", "stop", "no_answer", "engaged", "dropped_before_outcome", "voicemail_no_message"]
STORY = st.lists(st.sampled_from([*TOLD, *PRESSES]), max_size=25)


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now)


def tell(session: Session, service: Service, attempt: Attempt, told: tuple[str, str], at: datetime) -> None:
    what, body = told
    path = f"/webhooks/attempts/{attempt.id}/{what}?line={LINE}"
    kind = f"attempt_{what.replace('-', '_')}"
    event = ProviderEvent(kind=kind, path=path, body=body, line_key=LINE, received_at=at, answer="")
    attempt_events.follow(session, service, event, read(path, body), at)


def press(session: Session, service: Service, enquiry: Enquiry, sam: Therapist, what: str, at: datetime) -> None:
    """What a therapist does on the page; what is refused changes nothing."""
    live = attempts.live(session, enquiry, lock=True)
    try:
        if what == "ring":
            calling.ring_back(session, enquiry, sam, TESTER, at)
        elif live is not None and what == "again":
            cut_short.ring_again(session, enquiry, live, TESTER, at)
        elif live is not None and what == "stop":
            cut_short.stop(session, enquiry, live, TESTER, at)
        elif live is not None:
            calling.finish(session, service, enquiry, live, Result(what), TESTER, at)
    except AdviceLineError:
        return


def check(session: Session, enquiry: Enquiry, before: dict[int, tuple[str, str | None]]) -> None:
    every = attempts.of_enquiry(session, enquiry)
    assert sum(attempt.is_live for attempt in every) <= 1
    for attempt in every:
        state, result = before.get(attempt.id, ("to_place", None))
        assert state not in ENDS or (attempt.state, attempt.result) == (state, result)
        assert (attempt.state == "finished") == (attempt.result is not None)
        assert attempt.is_live == (attempt.state not in ENDS)
    live = next((attempt for attempt in every if attempt.is_live), None)
    assert (enquiry.status == "in_call") == (live is not None)
    if enquiry.is_open:
        callback = callbacks.open_for(session, enquiry)
        assert callback is not None
        assert (callback.state == "live") == (live is not None)


@THROUGH_THE_DATABASE
@given(story=STORY)
def test_one_is_live_at_most_ends_are_never_left_and_only_a_person_gives_a_result(
    session: Session, herts: Service, enquiry: Enquiry, sam: Therapist, now: datetime, story: list[object]
) -> None:
    trial = session.begin_nested()
    session.expire_all()
    press(session, herts, enquiry, sam, "ring", now)
    for minute, step in enumerate(story):
        at = now + timedelta(minutes=minute)
        every = attempts.of_enquiry(session, enquiry)
        before = {attempt.id: (attempt.state, attempt.result) for attempt in every}
        if isinstance(step, tuple):
            results = [attempt.result for attempt in every]
            tell(session, herts, every[-1], step, at)
            assert [attempt.result for attempt in attempts.of_enquiry(session, enquiry)] == results
        else:
            press(session, herts, enquiry, sam, str(step), at)
        check(session, enquiry, before)
    trial.rollback()


@THROUGH_THE_DATABASE
@given(told=st.lists(st.sampled_from(TOLD), max_size=12))
def test_an_attempt_is_claimed_for_dialling_once_whatever_is_told_of_it(
    session: Session, herts: Service, enquiry: Enquiry, sam: Therapist, now: datetime, told: list[tuple[str, str]]
) -> None:
    trial = session.begin_nested()
    session.expire_all()
    attempt = calling.ring_back(session, enquiry, sam, TESTER, now)
    assert attempts.next_to_place(session, herts.id) is attempt
    attempts.move(session, attempt, "placing", placed_at=now)
    seen = [attempt.state]
    for each in told:
        tell(session, herts, attempt, each, now)
        seen.append(attempt.state)
        assert attempts.next_to_place(session, herts.id) is None
    assert all(after == before or after in MOVES[before] for before, after in pairwise(seen))
    assert session.scalar(select(func.count()).select_from(Attempt).where(Attempt.enquiry_id == enquiry.id)) == 1
    trial.rollback()
