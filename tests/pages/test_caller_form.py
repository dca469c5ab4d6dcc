"""What a caller may choose is what the line can keep; whatever is posted is understood whole, or said to be wrong."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from advice_line.callbacks import own_page
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines.directory import Service
from advice_line.pages.caller_form import CallerForm, Offer
from advice_line.pages.csrf import Fields
from tests import factories
from tests.scene import TUESDAY

HERTS = "+441923470680"
FIELDS = (
    "when", "time_from", "time_to", "days", "term_time", "not_before", "not_after", "language", "needs", "number",
    "words", "anything",
)  # fmt: skip
VALUES = ("", "between", "pref_lunch", "15:30", "15:00", "mon", "2026-11-19", "2026-11-18", "pl", "bsl", "01632 960123")
POSTED = st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES) | st.text(max_size=30)), max_size=12)


def offer(service: Service, now: datetime = TUESDAY) -> Offer:
    return Offer.of(next(iter(service.lines.values())), now)


def form(service: Service, **fields: str) -> CallerForm:
    return CallerForm(Fields(list(fields.items())), offer(service))


def test_only_times_at_which_the_line_rings_back_are_offered(herts: Service, eput: Service) -> None:
    assert [*offer(herts).when] == ["pref_any_time", "pref_lunch", "pref_after_school", "between"]
    assert [*offer(eput).when] == ["pref_any_time", "pref_lunch", "between"]
    assert [*offer(eput).clock.items()][:2] == [("12:30", "12:30pm"), ("12:45", "12:45pm")]
    assert offer(eput).when["pref_any_time"] == "Any time, 12:30pm to 2:30pm"


def test_the_next_working_days_are_offered(herts: Service) -> None:
    dates = [*offer(herts, datetime.fromisoformat("2026-12-23T12:00+00:00")).dates.items()]
    assert dates[:2] == [("2026-12-24", "Thursday 24 December"), ("2026-12-29", "Tuesday 29 December")]
    assert len(dates) == 20


def test_a_time_of_day_on_some_days_is_what_the_line_has_of_it(herts: Service, eput: Service) -> None:
    after_school = form(herts, when="pref_after_school", days="mon").said
    lunch = form(eput, when="pref_lunch", days="fri").said
    assert after_school
    assert lunch
    assert after_school.model_dump(by_alias=True)["contact_times"] == [
        {"from": "15:15", "to": "17:00", "days": ["mon"]}
    ]
    assert lunch.model_dump(by_alias=True)["contact_times"] == [{"from": "12:30", "to": "13:30", "days": ["fri"]}]


def test_an_answer_about_times_replaces_the_days_given_before(herts: Service) -> None:
    said = form(herts, when="pref_any_time").said
    assert said
    assert said.days
    assert (said.days.not_before, said.days.not_after) == (None, None)
    only_needs = form(herts, needs="bsl").said
    assert only_needs
    assert (only_needs.contact_times, only_needs.days) == (None, None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose or write at least one thing"),
        ({"when": "pref_before_school"}, "Choose or write at least one thing"),
        ({"when": "between", "time_from": "16:00", "time_to": "15:00"}, "Choose a later time here"),
        ({"when": "between", "time_to": "15:00"}, "Choose the time from which"),
        ({"time_from": "23:00", "time_to": "23:30"}, "Choose the time from which"),
        ({"when": "pref_lunch", "time_from": "15:00"}, "not both"),
        ({"days": "mon"}, "Choose a time of day too"),
        ({"not_before": "2026-11-20", "not_after": "2026-11-19"}, "the same day or a later one"),
        ({"not_before": "1999-01-01"}, "Choose a day from the list"),
        ({"number": "12"}, "ordinary UK landline and mobile numbers"),
        ({"number": "a bell"}, "not a phone number"),
        ({"number": "+33 1 23 45 67 89"}, "ordinary UK landline and mobile numbers"),
        ({"number": "01632 960123 ext 5"}, "Leave out the extension"),
        ({"words": "a" * 301}, "Enter 300 characters or fewer"),
        ({"words": "a\x07b"}, "Check what you gave here"),
    ],
)
def test_what_cannot_be_is_said_kindly(herts: Service, fields: dict[str, str], sentence: str) -> None:
    posted = form(herts, **fields)
    assert posted.said is None
    assert sentence in posted.faults[0].sentence


@pytest.fixture
def enquiry(session: Session, herts: Service) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, TUESDAY)


@given(posted=POSTED)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_posted_is_kept_whole_or_not_at_all(
    session: Session, herts: Service, enquiry: Enquiry, posted: list[tuple[str, str]]
) -> None:
    sent = CallerForm(Fields(posted), offer(herts))
    assert (sent.said is None) == bool(sent.faults)
    if sent.said is None:
        return
    assert sent.in_words()
    before = known(enquiry)
    with session.begin_nested() as savepoint:
        try:
            own_page.told(session, herts, enquiry, sent.said, {HERTS}, TUESDAY)
            session.flush()
        except Malformed:
            assert known(enquiry) == before
        savepoint.rollback()


def known(enquiry: Enquiry) -> tuple[object, ...]:
    return enquiry.contact_times, enquiry.caller_number, enquiry.caller_needs, enquiry.not_before, enquiry.updated_at
