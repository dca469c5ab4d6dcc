"""What is waiting just now."""

from datetime import timedelta

from sqlalchemy.orm import Session

from advice_line.lines.directory import Service
from advice_line.reports.waiting import Waiting, waiting
from tests.factories import a_heard_enquiry, an_enquiry
from tests.reports.story import due, ended
from tests.scene import TUESDAY

HOUR = timedelta(hours=1)


def test_nothing_waits_where_nothing_happened(session: Session, herts: Service) -> None:
    assert waiting(session, herts.id, TUESDAY) == Waiting(0, None, 0, 0, None, 0, 0)


def test_unheard_and_open_ones_are_counted_and_the_oldest_is_named(session: Session, herts: Service) -> None:
    for ago in (2 * HOUR, HOUR):
        an_enquiry(session, herts, TUESDAY - ago)
    a_heard_enquiry(session, herts, TUESDAY - 3 * HOUR)
    found = waiting(session, herts.id, TUESDAY)
    assert (found.unheard, found.oldest_unheard_at, found.open) == (2, TUESDAY - 2 * HOUR, 3)
    assert (found.without_slot, found.expected_recordings) == (3, 3)


def test_a_callback_is_overdue_once_its_due_time_has_passed(session: Session, herts: Service) -> None:
    late = an_enquiry(session, herts, TUESDAY - 4 * HOUR)
    due(session, late, TUESDAY - HOUR)
    due(session, an_enquiry(session, herts, TUESDAY - 4 * HOUR), TUESDAY)
    found = waiting(session, herts.id, TUESDAY)
    assert (found.overdue, found.oldest_due_at) == (1, TUESDAY - HOUR)


def test_a_closed_enquiry_waits_no_more(session: Session, herts: Service) -> None:
    enquiry = an_enquiry(session, herts, TUESDAY - 4 * HOUR)
    ended(session, enquiry, TUESDAY, reason="wrong_number")
    found = waiting(session, herts.id, TUESDAY + timedelta(days=30))
    assert (found.unheard, found.open, found.overdue) == (0, 0, 0)
