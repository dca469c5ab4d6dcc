"""The words that may be left on a caller's voicemail tell nothing of a child, and are not left every time."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import neutral
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.texts import TELLING
from tests import factories

NOBODY: list[Attempt] = []
LEFT = [Attempt(result="voicemail_message_left")]


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now, caller_name="Alex Example")


def test_they_name_the_caller_the_nhs_and_how_to_ring_back(herts: Service, enquiry: Enquiry) -> None:
    said = neutral.words(herts.line(enquiry.line_key), enquiry, NOBODY, "Sam Sample", is_last=False).words
    assert said == (
        "Hello, this is Sam from the NHS, returning a call from Alex Example. "
        "You can ring us on 01923 470680 and choose 3, then 1. I will also try again. Thank you."
    )


@pytest.mark.parametrize("is_last", [True, False])
@pytest.mark.parametrize("name", ["Sam Sample", "", None])
def test_they_tell_neither_of_a_child_nor_of_therapy(
    herts: Service, eput: Service, enquiry: Enquiry, name: str | None, is_last: bool
) -> None:
    for line in (*herts.lines.values(), *eput.lines.values()):
        said = neutral.words(line, enquiry, NOBODY, name, is_last=is_last).words
        assert said
        assert not TELLING.search(said)
        assert line.display in said


def test_they_are_left_once_and_after_the_last_attempt(herts: Service, enquiry: Enquiry) -> None:
    line = herts.line(enquiry.line_key)
    assert neutral.words(line, enquiry, LEFT, None, is_last=False) == neutral.Neutral(None, neutral.LEFT_BEFORE)
    assert "several times" in str(neutral.words(line, enquiry, LEFT, None, is_last=True).words)


@pytest.mark.parametrize("flag", ["do_not_leave_message", "possible_safeguarding", "child_caller"])
def test_where_they_might_do_harm_nothing_is_left(herts: Service, enquiry: Enquiry, flag: str) -> None:
    enquiry.flags = [flag]
    left = neutral.words(herts.line(enquiry.line_key), enquiry, NOBODY, "Sam Sample", is_last=True)
    assert left == neutral.Neutral(None, neutral.DO_NOT)
