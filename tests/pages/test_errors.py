"""Error pages: plain words and the way back; nothing of the caller, the database or the code."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import structlog
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import text

from advice_line.door import Door
from advice_line.errors import (
    Conflict,
    Fault,
    Forbidden,
    Malformed,
    NotFound,
    OutsideFailed,
    TooMany,
)
from advice_line.pages.app import PAGES, create_pages
from advice_line.pages.guard import Staff
from advice_line.pages.screen import InService
from advice_line.staff import Person
from tests.pages.conftest import Visit, visiting

CALLER = "Robin Example, 07700 900123"


def _failing(error: Exception) -> APIRouter:
    pages = APIRouter()

    @pages.get("/fails")
    def fails(_who: Staff) -> Response:
        raise error

    @pages.get("/number/{number}")
    def number(_who: Staff, number: int) -> Response:
        return PlainTextResponse(str(number))

    return pages


@pytest.fixture
def failing(door: Door, sam: Person) -> Iterator[Callable[[Exception], Visit]]:
    """Sam, signed in, before pages of which one raises this error."""
    with ExitStack() as stack:

        def make(error: Exception) -> Visit:
            visit = stack.enter_context(visiting(create_pages(door, [*PAGES, _failing(error)])))
            visit.sign_in()
            return visit

        yield make


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Forbidden("Only a lead may do this."), 403, "Only a lead may do this."),
        (NotFound(f"no enquiry of {CALLER}"), 404, "Page not found"),
        (Conflict("Somebody is ringing this caller now."), 409, "Somebody is ringing this caller now."),
        (Malformed([Fault("note", "Enter a note")]), 422, "Enter a note"),
        (TooMany("Wait a minute."), 429, "Wait a minute."),
        (OutsideFailed(f"no route to {CALLER}"), 502, "The telephone network did not answer"),
        (RuntimeError(f"cannot greet {CALLER}"), 500, "Sorry, something went wrong"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_kind_of_error_has_its_page(
    failing: Callable[[Exception], Visit], error: Exception, status: int, words: str
) -> None:
    answer = failing(error).get("/fails")
    assert answer.status_code == status
    assert words in answer.text
    assert "Robin" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "nonce-" in answer.headers["content-security-policy"]
    assert 'href="/sign-in"' not in answer.text


def test_an_address_that_does_not_exist_is_a_page_of_ours(visit: Visit) -> None:
    answer = visit.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "Page not found" in answer.text
    assert visit.client.delete("/sign-in").status_code == 405


@pytest.mark.parametrize("path", ["/number/seven", "/number/7.5"])
def test_an_address_with_a_wrong_part_is_not_found(failing: Callable[[Exception], Visit], path: str) -> None:
    assert failing(RuntimeError()).get(path).status_code == 404


def test_what_nobody_foresaw_is_found_in_the_log_by_its_reference_and_says_nothing_of_callers(
    failing: Callable[[Exception], Visit],
) -> None:
    with structlog.testing.capture_logs() as logged:
        shown = failing(RuntimeError(f"cannot greet {CALLER}")).get("/fails").text
    entry = next(event for event in logged if event["event"] == "page_failed")
    assert f"{entry['reference'][:4]}-{entry['reference'][4:]}" in shown
    assert any("test_errors.py" in place for place in entry["places"])
    assert "Robin" not in json.dumps(logged)


def test_a_commit_that_fails_is_never_shown_as_saved(door: Door, sam: Person) -> None:
    pages = APIRouter()

    @pages.get("/saves")
    def saves(_who: Staff, session: InService) -> Response:
        # Deferred to the commit, as the planner's own constraint is.
        session.execute(text("CREATE TEMPORARY TABLE one (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        session.execute(text("INSERT INTO one VALUES (1), (1)"))
        return PlainTextResponse("saved")

    with visiting(create_pages(door, [*PAGES, pages])) as visit:
        visit.sign_in()
        with structlog.testing.capture_logs() as logged:
            answer = visit.get("/saves")
    assert answer.status_code == 500
    assert [event["sqlstate"] for event in logged if event["event"] == "page_failed"] == ["23505"]
    assert "saved</" not in answer.text
    assert "it was not saved" in answer.text


def test_an_error_page_still_knows_who_one_is(failing: Callable[[Exception], Visit]) -> None:
    assert "Sam Reed" in failing(RuntimeError()).get("/fails").text
