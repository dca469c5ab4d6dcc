"""Ringing back from the pages: what a therapist reads while the call goes on and after it, and what one press does."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from advice_line import db
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import calling
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.calling import Result
from advice_line.door import Door
from advice_line.enquiries import enquiry as enquiries
from advice_line.lines.directory import Directory
from advice_line.pages.app import create_pages
from advice_line.settings import Settings
from advice_line.vault import Vault
from tests import factories
from tests.factories import TESTER
from tests.pages.conftest import Clock, Visit, visiting
from tests.scene import Stage

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
USUAL, DESK = "07700 900199", "01632 960199"


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def sam_visits(stage: Stage, clock: Clock, tmp_path: Path) -> Iterator[Visit]:
    """Sam, who rings back for Hertfordshire and has a desk phone, too, signed in before the scene's pages."""
    with stage.owner.begin() as owner:
        owner.execute(text("UPDATE therapist SET desk_phone = '+441632960199' WHERE key = 'sam_sample'"))

    def directory() -> Directory:
        with db.transaction(stage.serving, None) as session:
            return Directory.load(session)

    settings = Settings(secret_key=SecretStr("0123456789abcdef" * 2))
    door = Door(settings, stage.serving, stage.serving, directory, Vault(tmp_path, "0" * 40), clock)
    with visiting(create_pages(door)) as visit:
        visit.client.timeout = httpx.Timeout(60)
        visit.sign_in(password="three quiet rivers")
        yield visit


@pytest.fixture
def path(stage: Stage, now: datetime) -> str:
    """An enquiry that somebody has listened to."""
    with stage.story() as session:
        enquiry = factories.a_heard_enquiry(session, stage.scene.herts, now, caller_name="Alex Example")
        return f"/enquiries/{enquiry.reference}"


def seen(visit: Visit, path: str) -> str:
    answer = visit.get(path)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def newest(stage: Stage) -> Attempt:
    with stage.story() as session:
        return session.query(Attempt).order_by(Attempt.id.desc()).first()  # type: ignore[return-value]


def goes(stage: Stage, *states: str, now: datetime, **facts: object) -> None:
    """What the network tells brings the call here."""
    with stage.story() as session:
        attempt = attempts.hold(session, stage.scene.herts.id, newest(stage).id)
        assert attempt
        for name, value in facts.items():
            setattr(attempt, name, value)
        for state in states:
            attempts.move(session, attempt, state)


def test_a_call_that_was_cut_off_is_rung_again_by_one_press(
    sam_visits: Visit, stage: Stage, path: str, now: datetime
) -> None:
    sam_visits.send(f"{path}/call")
    goes(stage, "placing", "talking", now=now, answered_at=now)
    assert "returning a call from Alex Example" in seen(sam_visits, path)
    goes(stage, "call_over", now=now)
    shown = seen(sam_visits, path)
    assert "Only you know who answered" in shown
    assert "Cut off: ring again now" in shown
    first = newest(stage).id
    assert sam_visits.send(f"{path}/ring-again").status_code == 303
    assert (newest(stage).state, newest(stage).id > first) == ("to_place", True)
    assert "Stop the call" in seen(sam_visits, path)
    assert sam_visits.send(f"{path}/stop-call").status_code == 303
    assert "You stopped this call before the caller answered. It does not count." in seen(sam_visits, path)


def test_whoever_leaves_the_page_of_a_call_finds_it_on_their_list_until_its_result_is_there(
    sam_visits: Visit, stage: Stage, path: str, now: datetime
) -> None:
    sam_visits.send(f"{path}/call")
    goes(stage, "placing", "talking", "call_over", now=now, answered_at=now)
    assert "Called: no result yet" in seen(sam_visits, path)
    shown = seen(sam_visits, "/callbacks")
    assert "Your call without a result" in shown
    assert f'href="{path}">Go to the call' in shown
    sam_visits.send(f"{path}/attempt", {"result": "no_answer"})
    assert "without a result" not in seen(sam_visits, "/callbacks")


def test_how_the_call_ended_is_said_and_the_result_that_fits_is_offered(
    sam_visits: Visit, stage: Stage, path: str, now: datetime
) -> None:
    sam_visits.send(f"{path}/call")
    goes(stage, "placing", "ringing_caller", "call_over", now=now, problem="no-answer")
    shown = seen(sam_visits, path)
    assert "The caller did not answer." in shown
    assert f'href="{path}/attempt?result=no_answer"' in shown
    form = seen(sam_visits, f"{path}/attempt?result=no_answer")
    assert 'value="no_answer" checked' in form
    assert "checked" not in seen(sam_visits, f"{path}/attempt?result=anything")


def test_the_last_attempt_says_what_it_will_do_and_may_be_kept_open(
    sam_visits: Visit, stage: Stage, path: str, clock: Clock
) -> None:
    reference = path.rpartition("/")[2]
    with stage.story() as session:
        enquiry = enquiries.by_reference(session, stage.scene.herts.id, reference, lock=True)
        for _ in range(2):
            own = calling.log_own_call(session, enquiry, stage.scene.sam.id, clock(), TESTER, clock())
            calling.finish(session, stage.scene.herts, enquiry, own, Result("no_answer"), TESTER, clock())
            clock.forward(days=1)
    sam_visits.sign_in(password="three quiet rivers")
    assert "This is the last of 3 attempts." in seen(sam_visits, f"{path}/attempt")
    sam_visits.send(f"{path}/attempt", {"result": "no_answer", "keep_open": "yes"})
    assert "All attempts are used up. Try once more" in seen(sam_visits, path)
    sam_visits.send(f"{path}/attempt", {"result": "no_answer"})
    assert "Could not reach the caller" in seen(sam_visits, path)


def test_a_therapist_chooses_the_phone_of_the_day_and_alone_sees_the_numbers(
    sam_visits: Visit, stage: Stage, path: str
) -> None:
    shown = seen(sam_visits, "/callbacks")
    assert f"My usual phone: {USUAL}" in shown
    assert f"My desk phone: {DESK}" in shown
    assert sam_visits.send("/callbacks/phone", {"phone": "desk"}).status_code == 303
    sam_visits.send(f"{path}/call")
    assert newest(stage).therapist_number == "+441632960199"
    assert not any(number in seen(sam_visits, path) for number in (USUAL, DESK, "+441632960199"))
    assert sam_visits.send("/callbacks/phone", {"phone": "mine"}).status_code == 422
