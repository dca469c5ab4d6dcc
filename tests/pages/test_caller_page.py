"""The caller's own page over HTTP: open to whoever has its address, of no use to anybody else, and it tells nothing."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from sqlalchemy import text

from advice_line import db
from advice_line.callbacks import listening
from advice_line.door import Door
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Directory
from advice_line.pages.app import create_pages
from advice_line.settings import Settings
from advice_line.staff import tries
from advice_line.texting import link, owed
from advice_line.vault import Vault
from tests.factories import TESTER
from tests.pages.conftest import SECRET, Clock, visiting
from tests.pages.test_caller_form import POSTED
from tests.properties import THROUGH_THE_DATABASE
from tests.scene import Stage
from tests.texting.texts import all_texts, an_agreed_enquiry

WRONG = "0123456789abcdefghjkmnpqrs"
# Everything that the page must never show.
SECRETS = ("Kit Example", "Pat Example", "07700", "900123", "Sam Sample", "therapist", "fine motor", "Polish")


@dataclass
class Caller:
    """Somebody with an old phone and the link of our text."""

    client: httpx.Client
    path: str
    enquiry: Enquiry
    stage: Stage
    clock: Clock

    def looks(self) -> httpx.Response:
        return self.client.get(self.path)

    def sends(self, **fields: str | list[str]) -> httpx.Response:
        return self.client.post(self.path, data=fields)

    def kept(self) -> Enquiry:
        with self.stage.story() as session:
            return session.get_one(Enquiry, (self.enquiry.service_id, self.enquiry.id))

    def trail(self) -> list[str]:
        with self.stage.owner.connect() as connection:
            ask = "SELECT action FROM audit WHERE system = 'caller''s page' AND subject = :it ORDER BY id"
            return list(connection.scalars(text(ask), {"it": f"enquiry {self.enquiry.id}"}))


@pytest.fixture
def caller(stage: Stage, now: datetime, tmp_path: Path) -> Iterator[Caller]:
    """A caller about whom we know a good deal, before the scene's pages."""

    def directory() -> Directory:
        with db.transaction(stage.serving, None) as session:
            return Directory.load(session)

    clock = Clock(now)
    known = {
        "caller_name": "Pat Example",
        "child_name": "Kit Example",
        "topics": ["fine_motor"],
        "caller_language": "pl",
    }
    with stage.story() as session:
        enquiry = an_agreed_enquiry(session, stage.scene.herts, now, number="+447700900123", **known)
        owed.owe(session, stage.scene.herts, now)
        (sent,) = all_texts(session)
        token = link.make(session, sent, now, now + timedelta(days=14))
    door = Door(Settings(secret_key=SECRET), stage.serving, stage.serving, directory, Vault(tmp_path, "0" * 40), clock)
    with visiting(create_pages(door)) as visit:
        visit.client.timeout = httpx.Timeout(30)
        yield Caller(visit.client, f"/c/{token}", enquiry, stage, clock)


def test_the_page_asks_and_tells_nothing_of_anybody(caller: Caller) -> None:
    answer = caller.looks()
    assert answer.status_code == 200
    assert "When may we ring you?" in answer.text
    assert "Hertfordshire children&#39;s occupational therapy" in answer.text
    assert caller.enquiry.reference in answer.text
    shown = answer.text.replace("occupational therapy", "").replace('value="pl">Polish', "")
    assert [secret for secret in SECRETS if secret in shown] == []
    assert "<script" not in answer.text
    assert caller.path.removeprefix("/c/") not in answer.text


def test_no_answer_sets_a_cookie_or_lets_the_address_out(caller: Caller) -> None:
    for answer in (caller.looks(), caller.sends(), caller.sends(needs="bsl"), caller.client.get(f"/c/{WRONG}")):
        assert "set-cookie" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]


def test_to_look_changes_nothing_and_is_on_the_audit_trail(caller: Caller) -> None:
    before = caller.kept().updated_at
    caller.looks()
    caller.client.get(f"{caller.path}?sorted")
    assert (caller.kept().updated_at, caller.kept().sorted_at) == (before, None)
    assert caller.trail() == ["caller page seen"] * 2


def test_a_teacher_who_can_talk_at_half_past_three_says_so_in_one_go(caller: Caller) -> None:
    answer = caller.sends(
        when="between", time_from="15:30", time_to="16:15", days=["tue", "thu"], term_time="yes",
        not_before="2026-11-19", number="01632 960123", words="Ask for room 4.",
    )  # fmt: skip
    kept = caller.kept()
    assert kept.contact_times == [{"from": "15:30", "to": "16:15", "days": ["tue", "thu"]}, "pref_term_time_only"]
    assert (str(kept.not_before), kept.not_after, kept.caller_number) == ("2026-11-19", None, "+441632960123")
    for noted in ("3:30pm to 4:15pm, on Tuesday or Thursday, in term time only", "Not before Thursday 19 November"):
        assert noted in answer.text
    assert "We plan our call with this from now on. Our call comes from 01923 470680." in answer.text
    assert "ends in 123" in answer.text
    assert "01632 960123" not in answer.text
    assert caller.trail() == ["caller told"]


def test_what_cannot_be_is_said_kindly_and_nothing_is_kept(caller: Caller) -> None:
    before = caller.kept().updated_at
    for fields in ({}, {"needs": "bsl", "number": "12"}, {"needs": "bsl", "number": "01923 470680"}):
        answer = caller.sends(**fields)
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
    assert "cannot ring that number" in answer.text
    assert (caller.kept().updated_at, caller.kept().caller_needs) == (before, [])


def test_it_is_sorted_in_two_steps_and_the_page_closes(caller: Caller) -> None:
    assert "It is sorted: you need not ring" in caller.client.get(f"{caller.path}?sorted").text
    answer = caller.sends(sorted="yes")
    assert "You no longer need us to ring." in answer.text
    assert caller.kept().sorted_at == caller.clock.at
    assert caller.kept().is_open
    closed = caller.looks()
    assert closed.status_code == 410
    assert "01923 470680" in closed.text


def test_after_its_days_the_page_is_closed_and_says_whom_to_ring(caller: Caller) -> None:
    caller.clock.forward(days=14)
    for answer in (caller.looks(), caller.sends(sorted="yes")):
        assert answer.status_code == 410
        assert all(number in answer.text for number in ("01923 470680", "999", "111"))
    assert caller.kept().sorted_at is None


def test_a_flag_closes_the_page_without_a_word_about_it(caller: Caller) -> None:
    with caller.stage.story() as session:
        enquiry = session.get_one(Enquiry, (caller.enquiry.service_id, caller.enquiry.id))
        listening.flag(session, caller.stage.scene.herts, enquiry, "possible_safeguarding", TESTER, caller.clock.at)
    answer = caller.looks()
    assert answer.status_code == 410
    assert "safeguarding" not in answer.text


def test_an_address_that_is_not_ours_is_answered_kindly(caller: Caller) -> None:
    for path in (f"/c/{WRONG}", "/c/short", "/c/", f"/c/{WRONG}/more", "/c/%00", "/c/..%2f"):
        for answer in (caller.client.get(path), caller.client.post(path, data={"sorted": "yes"})):
            assert answer.status_code == 404, path
            assert "This page is not here" in answer.text
            assert "01923 470680" in answer.text
            assert "set-cookie" not in answer.headers


def test_who_guesses_is_stopped_and_shuts_nobody_out(caller: Caller) -> None:
    key = SECRET.get_secret_value()
    with db.transaction(caller.stage.serving, None) as session:
        tries.count_failure(session, [tries.guesser("127.0.0.1", key)] * tries.MOST_FOR_AN_ADDRESS, caller.clock.at)
    assert caller.client.get(f"/c/{WRONG}").status_code == 429
    assert caller.looks().status_code == 200


def test_an_address_typed_in_capitals_with_a_full_stop_is_the_same(caller: Caller) -> None:
    assert caller.client.get(f"/c/{caller.path.removeprefix('/c/').upper()}.").status_code == 200


def test_the_log_never_has_the_address_or_what_was_said(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        caller.looks()
        caller.sends(words="Ask for room 4.", number="01632 960123")
        caller.client.get(f"/c/{WRONG}")
    written = json.dumps(
        [str(record.__dict__) for record in caplog.records if record.name.startswith(("advice", "uvi"))]
    )
    for secret in (caller.path.removeprefix("/c/"), WRONG, "room 4", "960123"):
        assert secret not in written


@given(posted=POSTED)
@THROUGH_THE_DATABASE
def test_whatever_is_posted_there_is_an_answer(caller: Caller, posted: list[tuple[str, str]]) -> None:
    assert caller.client.post(caller.path, data=_fields(posted)).status_code in {200, 422, 429}


def _fields(posted: list[tuple[str, str]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in posted:
        fields.setdefault(name, []).append(value)
    return fields
