"""The ledger: every call and recording has one end state, and what is missing shows."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import legs
from advice_line.errors import Malformed
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.reports.ledger import missing, page, unaccounted
from advice_line.reports.period import Period
from tests.factories import a_call, a_message, a_sid, an_attempt, an_enquiry, an_expected_message
from tests.scene import TUESDAY

TODAY = Period(date(2026, 11, 17), date(2026, 11, 17))


def test_a_call_and_its_recording_are_two_items_of_one_enquiry(session: Session, herts: Service) -> None:
    enquiry = an_enquiry(session, herts, TUESDAY)
    items = page(session, herts.id, TODAY, 10, None).items
    assert [(item.kind, item.end_state, item.enquiry) for item in items] == [
        ("call", "message", enquiry.reference),
        ("recording", "expected", enquiry.reference),
    ]


def test_a_recording_that_was_deleted_here_by_rule_was_stored_all_the_same(session: Session, herts: Service) -> None:
    a_message(session, herts, TUESDAY, state="deleted")
    assert [item.end_state for item in page(session, herts.id, TODAY, 10, None).items if item.kind == "recording"] == [
        "stored"
    ]


def test_a_caller_who_hung_up_is_in_the_ledger(session: Session, herts: Service) -> None:
    call = a_call(session, herts, TUESDAY, end_state="hung_up_menu")
    (item,) = page(session, herts.id, TODAY, 10, None).items
    assert (item.sid, item.end_state, item.enquiry) == (call.sid, "hung_up_menu", None)


def test_only_items_of_the_period_are_listed(session: Session, herts: Service) -> None:
    for moment in (TODAY.start - timedelta(seconds=1), TODAY.end):
        a_call(session, herts, moment)
    assert page(session, herts.id, TODAY, 10, None).items == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_pages_together_are_the_whole_ledger_once(session: Session, herts: Service, limit: int) -> None:
    expected = [a_call(session, herts, TUESDAY + timedelta(minutes=number)).sid for number in range(5)]
    found, cursor = [], None
    while True:
        one = page(session, herts.id, TODAY, limit, cursor)
        found += [item.sid for item in one.items]
        cursor = one.next_cursor
        if cursor is None:
            break
    assert found == expected


@pytest.mark.parametrize("cursor", ["x", "-1", "", "²", "9" * 30])
def test_a_cursor_that_is_not_ours_is_refused(session: Session, herts: Service, cursor: str) -> None:
    with pytest.raises(Malformed):
        page(session, herts.id, TODAY, 10, cursor)


def test_a_recording_nobody_heard_of_is_unaccounted_for_after_ten_minutes(session: Session, herts: Service) -> None:
    message = an_expected_message(session, herts, TUESDAY)
    (call,) = page(session, herts.id, TODAY, 10, None).items
    assert unaccounted(session, herts.id, TUESDAY + timedelta(minutes=10)) == []
    assert unaccounted(session, herts.id, TUESDAY + timedelta(minutes=10, seconds=1)) == [call.sid]
    message.state = "absent"
    session.flush()
    assert unaccounted(session, herts.id, TUESDAY + timedelta(hours=1)) == []


def test_a_recording_that_is_known_and_waits_to_be_fetched_is_accounted_for(session: Session, herts: Service) -> None:
    a_message(session, herts, TUESDAY)
    assert unaccounted(session, herts.id, TUESDAY + timedelta(days=1)) == []


def test_a_call_whose_end_nobody_told_is_unaccounted_for_after_the_longest_call(
    session: Session, herts: Service
) -> None:
    call = a_call(session, herts, TUESDAY)
    assert unaccounted(session, herts.id, TUESDAY + timedelta(hours=4, minutes=10)) == []
    (found,) = missing(session, herts.id, TUESDAY + timedelta(hours=4, minutes=10, seconds=1))
    assert (found.sid, found.kind, found.why) == (call.sid, "call", "no_end")


def test_a_connection_of_ours_whose_end_nobody_told_is_unaccounted_for_too(session: Session, herts: Service) -> None:
    leg = legs.seen(session, herts.id, a_sid("CA"), next(iter(herts.lines)), TUESDAY)
    assert unaccounted(session, herts.id, TUESDAY + timedelta(hours=5)) == [leg.sid]
    legs.reach(leg, "busy", TUESDAY)
    session.flush()
    assert unaccounted(session, herts.id, TUESDAY + timedelta(hours=5)) == []


def test_a_leg_of_an_attempt_is_an_item_of_its_enquiry(session: Session, herts: Service, sam: Therapist) -> None:
    enquiry = an_enquiry(session, herts, TUESDAY)
    attempt = an_attempt(session, enquiry, sam, TUESDAY)
    leg = legs.seen(session, herts.id, a_sid("CA"), enquiry.line_key, TUESDAY, attempt_id=attempt.id)
    items = {item.sid: item for item in page(session, herts.id, TODAY, 10, None).items}
    assert (items[leg.sid].kind, items[leg.sid].end_state) == ("call", "in_progress")
    assert items[leg.sid].enquiry == enquiry.reference
