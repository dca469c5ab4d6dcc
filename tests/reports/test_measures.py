"""The defined measures, each by an example that was worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.lines.directory import Service
from advice_line.reports.measures import NOT_A_WISH, Measure, measures
from advice_line.reports.period import Period
from tests.factories import a_call, a_message, an_enquiry
from tests.reports.story import attempted, due, ended
from tests.scene import TUESDAY, Stage

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
NEXT_MONTH = datetime(2026, 12, 15, 12, tzinfo=UTC)


def measured(session: Session, service: Service, key: str, now: datetime = NEXT_MONTH) -> Measure:
    """One measure of the week."""
    return {each.key: each for each in measures(session, service, WEEK, now)}[key]


def test_where_nothing_happened_shares_and_times_have_no_value(session: Session, herts: Service) -> None:
    found = {each.key: each.value for each in measures(session, herts, WEEK, NEXT_MONTH)}
    counts, shares = ("k01", "k02", "k03"), ("k05c", "k05c_tone", "k08", "k08_p90", "k09", "k14", "k15")
    assert found == dict.fromkeys(counts, 0) | dict.fromkeys(shares)


def test_calls_messages_and_enquiries_are_counted_apart(session: Session, herts: Service) -> None:
    a_call(session, herts, TUESDAY)
    a_message(session, herts, TUESDAY, seconds=1)
    for minutes in (0, 10):  # the second joins the enquiry of the first
        a_message(session, herts, TUESDAY + timedelta(minutes=minutes), number="+447700900321")
    assert [measured(session, herts, key).value for key in ("k01", "k02", "k03")] == [4, 2, 1]


def test_who_heard_the_tone_and_left_nothing_has_a_figure_of_their_own(session: Session, herts: Service) -> None:
    for state in ("hung_up_tone", "hung_up_tone", "hung_up_greeting", "hung_up_menu", "message"):
        a_call(session, herts, TUESDAY).end_state = state
    found, before = measured(session, herts, "k05c_tone"), measured(session, herts, "k05c")
    assert (found.numerator, found.denominator, found.value) == (2, 5, 40.0)
    assert (before.numerator, before.denominator, before.value) == (3, 5, 60.0)


def test_the_time_to_a_first_attempt_is_working_time(session: Session, herts: Service) -> None:
    same_day, next_day, never = (an_enquiry(session, herts, TUESDAY) for _ in range(3))
    attempted(session, same_day, TUESDAY + timedelta(hours=2))
    attempted(session, same_day, TUESDAY + timedelta(hours=5))  # the second does not matter
    attempted(
        session, next_day, TUESDAY + timedelta(hours=23, minutes=30)
    )  # 6 h 55 on Tuesday, 35 minutes on Wednesday
    due(session, never, TUESDAY)
    middle, slow = measured(session, herts, "k08"), measured(session, herts, "k08_p90")
    assert (middle.value, middle.numerator, middle.denominator) == (4.75, 2, 3)
    assert slow.value == 6.95  # 2 and 7.5: nine tenths of the way
    assert middle.unit == "working_hours"


def test_a_weekend_is_no_working_time(session: Session, herts: Service) -> None:
    friday = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    attempted(session, an_enquiry(session, herts, friday), datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    found = measured(session, herts, "k08")
    assert found.value == 1.0
    assert measured(session, herts, "k08_p90").value == 1.0


def test_an_engaged_tone_is_no_first_attempt(session: Session, herts: Service) -> None:
    enquiry = an_enquiry(session, herts, TUESDAY)
    attempted(session, enquiry, TUESDAY + timedelta(minutes=5), "engaged")
    assert measured(session, herts, "k08").value is None
    attempted(session, enquiry, TUESDAY + timedelta(hours=3))
    assert measured(session, herts, "k08").value == 3.0


def test_the_standard_is_kept_up_to_the_due_minute_itself(session: Session, herts: Service) -> None:
    limit = TUESDAY + timedelta(hours=4)
    for late in (timedelta(0), timedelta(seconds=1)):
        enquiry = an_enquiry(session, herts, TUESDAY)
        due(session, enquiry, limit)
        attempted(session, enquiry, limit + late)
    found = measured(session, herts, "k09")
    assert (found.numerator, found.denominator, found.value) == (1, 2, 50.0)


def test_an_open_overdue_enquiry_counts_as_a_failure(session: Session, herts: Service) -> None:
    limit = TUESDAY + timedelta(hours=4)
    due(session, an_enquiry(session, herts, TUESDAY), limit)
    assert measured(session, herts, "k09", limit).value is None  # not judged before its time has passed
    overdue = measured(session, herts, "k09", limit + timedelta(seconds=1))
    assert (overdue.numerator, overdue.denominator, overdue.value) == (0, 1, 0.0)


def test_an_enquiry_attempted_early_is_judged_at_once(session: Session, herts: Service) -> None:
    attempted(session, an_enquiry(session, herts, TUESDAY), TUESDAY + timedelta(minutes=30))
    found = measured(session, herts, "k09", TUESDAY + timedelta(hours=1))
    assert (found.numerator, found.denominator, found.value) == (1, 1, 100.0)


@pytest.mark.parametrize("reason", NOT_A_WISH)
def test_what_was_nobodys_wish_is_left_out(session: Session, herts: Service, reason: str) -> None:
    ended(session, an_enquiry(session, herts, TUESDAY), TUESDAY, reason=reason)
    assert measured(session, herts, "k09").denominator == 0
    assert measured(session, herts, "k08").denominator == 0
    assert measured(session, herts, "k03").value == 1


def test_a_caller_we_could_not_reach_in_time_is_not_left_out(session: Session, herts: Service) -> None:
    ended(session, an_enquiry(session, herts, TUESDAY), NEXT_MONTH, reason="unable_to_contact")
    assert measured(session, herts, "k09").denominator == 1


def test_shares_of_outcomes_are_out_of_those_with_an_outcome(session: Session, herts: Service) -> None:
    for outcome in ("advice_given", "advice_given", "convert_to_referral"):
        ended(session, an_enquiry(session, herts, TUESDAY), TUESDAY, outcome=outcome)
    ended(session, an_enquiry(session, herts, TUESDAY), TUESDAY, reason="unable_to_contact")
    an_enquiry(session, herts, TUESDAY)
    advice, referral = measured(session, herts, "k14"), measured(session, herts, "k15")
    assert (advice.numerator, advice.denominator, advice.value) == (2, 3, 66.7)
    assert (referral.numerator, referral.denominator, referral.value) == (1, 3, 33.3)


def test_an_enquiry_belongs_to_the_day_on_which_it_was_received(session: Session, herts: Service) -> None:
    before = an_enquiry(session, herts, WEEK.start - timedelta(seconds=1))
    ended(session, before, TUESDAY, outcome="advice_given")
    an_enquiry(session, herts, WEEK.start)
    assert measured(session, herts, "k03").value == 1
    assert measured(session, herts, "k14").denominator == 0


def test_the_measures_of_a_year_hang_together(year: Stage) -> None:
    whole = Period(date(2025, 11, 17), date(2026, 11, 16))
    with year.story() as session:
        found = {each.key: each for each in measures(session, year.scene.herts, whole, TUESDAY)}
    assert found["k14"].denominator == found["k15"].denominator
    assert (found["k14"].numerator or 0) + (found["k15"].numerator or 0) == found["k14"].denominator
    assert 0 < (found["k09"].numerator or 0) <= (found["k09"].denominator or 0) <= (found["k03"].numerator or 0)
    assert 0 < (found["k08"].value or 0) < (found["k08_p90"].value or 0)
