"""An attempt: never more than one live for an enquiry, moved by one table, and counted by its result alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.audit import Actor
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks.attempt import MOVES, Attempt
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, WrongState
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.factories import TESTER
from tests.properties import THROUGH_THE_DATABASE
from tests.scene import Scene, Stage


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now)


def over(session: Session, enquiry: Enquiry, result: str | None, at: datetime) -> Attempt:
    """An attempt that is finished; None for one that was abandoned."""
    state = "finished" if result else "abandoned"
    facts = {"at": at, "state": state, "finished_at": at, "result": result}
    return attempts.open_one(session, enquiry, TESTER, at, **facts)


@THROUGH_THE_DATABASE
@given(wanted=st.lists(st.sampled_from(sorted(MOVES)), max_size=7))
def test_the_table_of_moves_is_obeyed(session: Session, enquiry: Enquiry, now: datetime, wanted: list[str]) -> None:
    with session.begin_nested() as trial:
        attempt = attempts.open_one(session, enquiry, TESTER, now)
        for to in wanted:
            before = attempt.state
            needs: dict[str, Any] = {"finished_at": now} if to in {"finished", "abandoned"} else {}
            needs |= {"result": "no_answer"} if to == "finished" else {}
            if to in MOVES[before]:
                attempts.move(session, attempt, to, **needs)
            else:
                with pytest.raises(WrongState):
                    attempts.move(session, attempt, to, **needs)
            assert attempt.state == (to if to in MOVES[before] else before)
        assert attempt.is_live == (attempt.state not in {"finished", "abandoned"})
        trial.rollback()


def test_every_live_state_leads_to_a_result_and_an_end_leads_nowhere() -> None:
    assert all("finished" in targets for state, targets in MOVES.items() if state not in {"finished", "abandoned"})
    assert not MOVES["finished"] | MOVES["abandoned"]
    # Somebody who accepted and was put through cannot have been out of reach.
    assert "abandoned" not in MOVES["talking"]


def test_a_refused_move_says_so_in_plain_words(session: Session, enquiry: Enquiry, now: datetime) -> None:
    attempt = over(session, enquiry, "no_answer", now)
    with pytest.raises(WrongState, match="A call that is finished cannot become ringing caller"):
        attempts.move(session, attempt, "ringing_caller")


def test_a_rival_who_moved_first_wins(stage: Stage, now: datetime) -> None:
    with stage.story() as session:
        enquiry = factories.an_enquiry(session, stage.scene.herts, now)
        key = (enquiry.service_id, attempts.open_one(session, enquiry, TESTER, now).id)
    with stage.story() as mine:
        seen = mine.get_one(Attempt, key)
        with stage.story() as theirs:
            attempts.move(theirs, theirs.get_one(Attempt, key), "placing")
        with pytest.raises(WrongState, match="Somebody else"):
            attempts.move(mine, seen, "abandoned", finished_at=now)


def test_one_live_attempt_at_a_time(session: Session, enquiry: Enquiry, now: datetime) -> None:
    first = attempts.open_one(session, enquiry, TESTER, now)
    with pytest.raises(Conflict, match="being rung just now"):
        attempts.open_one(session, enquiry, TESTER, now)
    assert attempts.live(session, enquiry) is first
    attempts.move(session, first, "abandoned", finished_at=now)
    assert attempts.live(session, enquiry) is None
    second = attempts.open_one(session, enquiry, TESTER, now)
    assert list(attempts.of_enquiry(session, enquiry)) == [first, second]


def test_six_at_once_open_one_attempt(stage: Stage, now: datetime) -> None:
    with stage.story() as session:
        enquiry_id = factories.an_enquiry(session, stage.scene.herts, now).id
    together = Barrier(6)

    def press(_: int) -> str:
        with stage.story() as session:
            enquiry = enquiries.by_id(session, stage.scene.herts.id, enquiry_id)
            together.wait(20)
            try:
                return attempts.open_one(session, enquiry, TESTER, now).state
            except Conflict:
                return "refused"

    with ThreadPoolExecutor(6) as hands:
        assert sorted(hands.map(press, range(6))) == ["refused"] * 5 + ["to_place"]
    with stage.story() as session:
        assert len(session.scalars(select(Attempt)).all()) == 1


def test_an_attempt_names_who_opened_it(session: Session, enquiry: Enquiry, scene: Scene, now: datetime) -> None:
    attempt = attempts.open_one(session, enquiry, Actor(person_id=scene.sam_as_person.id), now)
    assert (attempt.opened_by, attempt.opened_by_system, attempt.at) == (scene.sam_as_person.id, None, now)


@pytest.mark.parametrize("result", sorted(taxonomy.ATTEMPT_RESULTS))
def test_what_counts_is_what_the_list_says(session: Session, enquiry: Enquiry, now: datetime, result: str) -> None:
    attempt = over(session, enquiry, result, now)
    counts = taxonomy.ATTEMPT_RESULTS[result].counts_as_attempt
    assert (attempt.counts, attempts.counted(session, enquiry)) == (counts, int(counts))
    assert attempt.made_contact == taxonomy.ATTEMPT_RESULTS[result].contact_made


def test_an_engaged_tone_and_a_call_that_was_never_made_do_not_count(
    session: Session, enquiry: Enquiry, now: datetime
) -> None:
    for result in ("engaged", None, "no_answer", "engaged", "voicemail_no_message", None):
        over(session, enquiry, result, now)
    assert attempts.counted(session, enquiry) == 2


def test_the_last_contact_is_the_newest_in_which_they_were_reached(
    session: Session, enquiry: Enquiry, now: datetime
) -> None:
    assert attempts.last_contact(session, enquiry) is None
    results = ["spoke_to_caller", "not_convenient_rebooked", "no_answer", None]
    made = [over(session, enquiry, result, now + timedelta(hours=i)) for i, result in enumerate(results)]
    assert attempts.last_contact(session, enquiry) is made[1]


def test_the_oldest_is_placed_first(session: Session, herts: Service, now: datetime) -> None:
    one, two = (attempts.open_one(session, factories.an_enquiry(session, herts, now), TESTER, now) for _ in range(2))
    assert attempts.next_to_place(session, herts.id) is one
    attempts.move(session, one, "placing", placed_at=now)
    assert attempts.next_to_place(session, herts.id) is two


def test_calls_of_which_nobody_knows_are_looked_up(session: Session, enquiry: Enquiry, now: datetime) -> None:
    attempt = attempts.open_one(session, enquiry, TESTER, now)
    attempts.move(session, attempt, "placing", placed_at=now)
    assert not attempts.unsettled(session, enquiry.service_id, now - timedelta(seconds=1))
    assert attempts.unsettled(session, enquiry.service_id, now) == [attempt]
    attempts.move(session, attempt, "unknown")
    assert attempts.unsettled(session, enquiry.service_id, now - timedelta(seconds=1)) == [attempt]


def test_calls_that_are_somebodys_already(session: Session, enquiry: Enquiry, now: datetime) -> None:
    attempts.open_one(session, enquiry, TESTER, now, call_sid="CA1")
    assert attempts.known_calls(session, enquiry.service_id, ["CA1", "CA2"]) == {"CA1"}


def test_a_call_is_in_hand_for_whoever_made_it_and_for_nobody_else(
    session: Session, enquiry: Enquiry, sam: Therapist, now: datetime
) -> None:
    live = attempts.open_one(session, enquiry, TESTER, now, therapist_id=sam.id)
    assert attempts.in_hand(session, enquiry.service_id, 0, sam.id) == [live]
    assert attempts.in_hand(session, enquiry.service_id, 0, sam.id + 1) == []
    assert attempts.in_hand(session, enquiry.service_id, 0, None) == []


def test_a_call_that_is_over_lacks_a_result_until_it_has_one(session: Session, enquiry: Enquiry, now: datetime) -> None:
    call = attempts.open_one(session, enquiry, TESTER, now, state="talking")
    assert attempts.without_result(session, enquiry.service_id, [enquiry.id]) == frozenset()
    attempts.move(session, call, "call_over", call_ended_at=now)
    assert attempts.without_result(session, enquiry.service_id, [enquiry.id]) == {enquiry.id}
    assert attempts.without_result(session, enquiry.service_id, [enquiry.id + 1]) == frozenset()
    attempts.move(session, call, "finished", finished_at=now, result="no_answer")
    assert attempts.without_result(session, enquiry.service_id, [enquiry.id]) == frozenset()


def test_a_call_that_was_over_long_ago_and_has_no_result_is_found(
    session: Session, enquiry: Enquiry, now: datetime
) -> None:
    facts = {"state": "call_over", "call_ended_at": now}
    call = attempts.open_one(session, enquiry, TESTER, now - timedelta(minutes=5), **facts)
    assert attempts.not_written_up(session, enquiry.service_id, now - timedelta(minutes=1)) == []
    assert attempts.not_written_up(session, enquiry.service_id, now) == [call]
    attempts.move(session, call, "finished", finished_at=now, result="no_answer")
    assert attempts.not_written_up(session, enquiry.service_id, now) == []
