"""Before a standard breaks: first on the lists, then the lead's page, then a letter; each once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import clock as clocks
from advice_line.callbacks import escalation, listening, waits
from advice_line.callbacks.escalation import Close
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import pause as pauses
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines.directory import Service
from tests import factories
from tests.factories import TESTER


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, when London's clocks are UTC's."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def enquiry(session: Session, herts: Service) -> Enquiry:
    """Received on Tuesday at 10:05 and heard: its first attempt is due on Thursday at 17:00."""
    enquiry = factories.an_enquiry(session, herts, at(17, 10, 5))
    listening.heard(session, herts, enquiry, TESTER, at(17, 10, 15))
    return enquiry


def steps(session: Session, enquiry: Enquiry) -> list[str | None]:
    session.flush()
    return [event.detail for event in enquiries.history(session, enquiry) if event.what == "escalated"]


def test_each_step_is_taken_once_and_stands_in_the_history(session: Session, herts: Service, enquiry: Enquiry) -> None:
    told = [escalation.take_steps(session, herts, now) for now in (at(19, 9), at(19, 11), at(19, 13), at(19, 15))]
    assert told == [(0, False), (0, False), (0, False), (1, True)]
    assert escalation.take_steps(session, herts, at(19, 16)) == (1, False)
    assert steps(session, enquiry) == [
        "First attempt: first on the lists",
        "First attempt: on the lead’s page",
        "First attempt: in a letter to the leads",
    ]


def test_steps_that_were_slept_through_are_taken_together(session: Session, herts: Service, enquiry: Enquiry) -> None:
    assert escalation.take_steps(session, herts, at(24, 9)) == (1, True)
    assert len(steps(session, enquiry)) == 3 + 1  # the target, and the breach that comes at the end of the day


def test_what_is_gravest_and_latest_comes_first(session: Session, herts: Service, enquiry: Enquiry) -> None:
    newer = factories.an_enquiry(session, herts, at(18, 9))
    listening.flag(session, herts, newer, "possible_safeguarding", TESTER, at(19, 14, 20))
    session.flush()
    found = escalation.close_ones(session, herts, at(19, 15))
    assert [one.enquiry.id for one in found] == [newer.id, newer.id, enquiry.id]
    assert escalation.first_of(found)[enquiry.id].why(at(19, 15)) == "First attempt: 2 hours of working time left."
    assert [one.enquiry.id for one in escalation.on_leads_page(found)][-1] == enquiry.id


def test_listening_escalates_by_its_own_clock(session: Session, herts: Service) -> None:
    unheard = factories.an_enquiry(session, herts, at(17, 10, 5))
    found = escalation.close_ones(session, herts, at(18, 16, 30))
    assert [(one.enquiry.id, one.clock.standard, one.step) for one in found] == [
        (unheard.id, "listen", 3),
        (unheard.id, "first_attempt", 1),
    ]


def test_a_reason_is_shown_and_counted_and_stops_no_clock(session: Session, herts: Service, enquiry: Enquiry) -> None:
    pauses.begin(session, enquiry, "school_holiday", at(27, 0).date(), TESTER, at(18, 9))
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert callback.due_at == at(19, 17)
    close, open_ones = escalation.close_ones(session, herts, at(23, 9)), [(callback, enquiry)]
    assert waits.late_by_reason(session, herts.id, close, open_ones, at(23, 9)) == {"school_holiday": 1}
    close = escalation.close_ones(session, herts, at(30, 9))  # its last day is over
    assert waits.late_by_reason(session, herts.id, close, open_ones, at(30, 9)) == {None: 1}


def test_a_flag_says_why_it_waits_until_a_person_does(session: Session, herts: Service, enquiry: Enquiry) -> None:
    enquiry.flags = ["interpreter_needed"]
    seen = [waits.reasons(session, herts.id, [(enquiry, None)], at(18, 9))[enquiry.id].key]
    pauses.begin(session, enquiry, "information", None, TESTER, at(18, 9))
    seen.append(waits.reasons(session, herts.id, [(enquiry, None)], at(18, 9))[enquiry.id].key)
    pauses.end(session, enquiry, TESTER, at(18, 10))
    assert seen == ["interpreter", "information"]
    assert "pause_ended" in [event.what for event in enquiries.history(session, enquiry)]


def test_a_day_that_has_been_is_no_reason_to_wait(session: Session, herts: Service, enquiry: Enquiry) -> None:
    with pytest.raises(Malformed, match="still to come"):
        pauses.begin(session, enquiry, "not_before", at(17, 0).date(), TESTER, at(18, 9))


def test_the_gravest_are_rung_first_and_those_that_are_alike_as_they_are_planned(
    session: Session, herts: Service, now: datetime
) -> None:
    early, late, grave, calm = (factories.an_enquiry(session, herts, now) for _ in range(4))
    grave.priority = "urgent"
    close = {
        one.id: Close(one, clocks.of_listening(herts, now + timedelta(days=days)), step=1, is_late=False)
        for one, days in ((early, 2), (late, 1), (grave, 3))
    }
    assert escalation.to_ring_first([early, calm, late, grave], close) == [grave, early, late]
