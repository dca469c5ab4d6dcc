"""What a caller says on their own page: their own word, written down with what was before, and planned with at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import outcomes
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import own_page
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import opening
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.said import MOST_A_DAY, Said
from advice_line.errors import Conflict, Malformed, TooMany
from advice_line.lines.directory import Service
from advice_line.texting import owed
from advice_line.texts import text as texts
from tests import factories
from tests.factories import MOBILE, TESTER
from tests.scene import planning_wanted
from tests.texting.test_claiming import claim
from tests.texting.texts import all_texts, an_agreed_enquiry, writes

OTHER = "01632 960123"
HERTS = "+441923470680"


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    """Heard, and its caller wants texts at their mobile."""
    return an_agreed_enquiry(session, herts, now, number=MOBILE)


def tells(session: Session, herts: Service, enquiry: Enquiry, now: datetime, **said: Any) -> None:
    own_page.told(session, herts, enquiry, Said.model_validate(said), {HERTS}, now)
    session.flush()


def happened(session: Session, enquiry: Enquiry) -> tuple[str, str | None, str | None]:
    event = enquiries.history(session, enquiry)[-1]
    return event.what, event.system, event.detail


def test_when_to_ring_is_kept_in_the_callers_name_and_the_planner_is_asked_at_once(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    asked = planning_wanted(session)
    days = {"not_before": "2026-11-19", "not_after": "2026-11-27"}
    tells(session, herts, enquiry, now, contact_times=[{"from": "15:30", "to": "16:15", "days": ["tue"]}], days=days)
    assert enquiry.contact_times == [{"from": "15:30", "to": "16:15", "days": ["tue"]}]
    assert (str(enquiry.not_before), str(enquiry.not_after)) == ("2026-11-19", "2026-11-27")
    words = "when to ring: 3:30pm to 4:15pm on Tue; not before 19 November 2026, not after 27 November 2026"
    assert happened(session, enquiry) == ("caller_told", "caller's page", words)
    assert enquiry.caller_changed_at == now
    assert planning_wanted(session) > asked


def test_what_is_left_out_stays_and_the_same_once_more_is_no_change(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    tells(session, herts, enquiry, now, contact_times=["pref_after_school"], needs=["bsl"])
    told = len(enquiries.history(session, enquiry))
    tells(session, herts, enquiry, now + timedelta(hours=1), contact_times=["pref_after_school"], needs=["bsl"])
    tells(session, herts, enquiry, now + timedelta(hours=1))
    assert (enquiry.contact_times, enquiry.caller_needs) == (["pref_after_school"], ["bsl"])
    assert len(enquiries.history(session, enquiry)) == told
    assert enquiry.caller_changed_at == now


def test_an_interpreter_doubles_the_talk_and_raises_the_flags(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    tells(session, herts, enquiry, now, language="pl", needs=["large_print"])
    assert (enquiry.caller_language, enquiry.caller_needs) == ("pl", ["large_print", "spoken_language"])
    assert {"interpreter_needed", "communication_need"} <= {*enquiry.flags}
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert callback.minutes == 40


def test_another_number_is_rung_is_never_texted_and_history_keeps_the_one_before(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    tells(session, herts, enquiry, now, number="07700 900555")
    assert (enquiry.caller_number, enquiry.own_number, enquiry.number_given) == ("+447700900555", MOBILE, True)
    assert happened(session, enquiry)[2] == "ring 07700 900555 instead of 07700 900123"
    assert enquiry.caller_texts is None
    owed.owe(session, herts, now)
    assert all_texts(session) == []


def test_a_text_that_waits_does_not_go_to_the_other_number(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    owed.owe(session, herts, now)
    tells(session, herts, enquiry, now, number="07700 900555")
    assert claim(session, herts, now) == "The caller has another number now."


def test_who_gave_another_number_is_still_known_by_their_own(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    tells(session, herts, enquiry, now, number=OTHER)
    writes(session, herts, "Thank you!", now, number=MOBILE)
    assert session.scalars(select(Enquiry)).all() == [enquiry]
    assert opening.open_enquiry_of(session, herts.id, "+441632960123") is None


def test_ones_own_number_given_again_is_ones_own(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    tells(session, herts, enquiry, now, number=OTHER)
    tells(session, herts, enquiry, now, number=MOBILE)
    assert (enquiry.caller_number, enquiry.own_number, enquiry.number_given) == (MOBILE, None, False)


def test_a_number_that_another_enquiry_has_is_pointed_out_and_not_joined(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    factories.a_heard_enquiry(session, herts, now, number="+447700900555")
    tells(session, herts, enquiry, now, number="07700 900555")
    assert "possible_duplicate" in enquiry.flags


@pytest.mark.parametrize("number", [HERTS, "+441632960200"])
def test_our_own_lines_and_switchboards_are_not_rung(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime, number: str
) -> None:
    with pytest.raises(Malformed, match="cannot ring that number"):
        tells(session, herts, enquiry, now, number=number, needs=["bsl"])
    assert (enquiry.caller_number, enquiry.caller_needs) == (MOBILE, [])


def test_words_of_their_own_are_read_by_a_person_and_are_no_message_over_a_line(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    for _ in range(2):
        tells(session, herts, enquiry, now, words="Ask for room 4.")
    (written,) = all_texts(session)
    assert (written.words, written.direction, texts.is_from_page(written)) == ("Ask for room 4.", "inbound", True)
    assert enquiry in enquiries.not_heard(session, herts.id)
    assert happened(session, enquiry)[2] == "wrote something"  # the words stand in the one place


def test_a_time_that_was_agreed_in_a_call_gives_way_to_their_newer_word(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    callback = callbacks.open_for(session, enquiry)
    assert callback
    callback.wanted_from, callback.wanted_to = now + timedelta(hours=1), now + timedelta(hours=2)
    tells(session, herts, enquiry, now, needs=["bsl"])
    assert callback.wanted_from
    tells(session, herts, enquiry, now, contact_times=["pref_lunch"])
    session.refresh(callback)
    assert callback.wanted_to is None


def test_that_it_is_sorted_closes_nothing_and_takes_little_time_of_somebodys_list(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    own_page.told_sorted(session, herts, enquiry, now)
    own_page.told_sorted(session, herts, enquiry, now)
    assert enquiry.is_open
    assert [event.what for event in enquiries.history(session, enquiry)].count("caller_sorted") == 1
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert callback.minutes == herts.configuration.capacity.retry_minutes
    owed.owe(session, herts, now)
    assert all_texts(session) == []
    outcomes.close(session, enquiry, "resolved_elsewhere", "", TESTER, now)


def test_a_text_that_waits_is_dropped_when_it_is_sorted(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    owed.owe(session, herts, now)
    own_page.told_sorted(session, herts, enquiry, now)
    assert claim(session, herts, now) == "The caller said that it is sorted."


def test_who_gets_in_touch_again_is_rung_after_all(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    own_page.told_sorted(session, herts, enquiry, now)
    writes(session, herts, "Sorry, please do ring.", now, number=MOBILE)
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert (enquiry.sorted_at, callback.minutes) == (None, herts.configuration.capacity.callback_minutes())


def test_a_concern_for_a_child_is_never_closed_by_it(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    own_page.told_sorted(session, herts, enquiry, now)
    enquiry.flags = ["possible_safeguarding"]
    with pytest.raises(Conflict, match="possible safeguarding"):
        outcomes.close(session, enquiry, "resolved_elsewhere", "", TESTER, now)


def test_nobody_fills_the_history_by_the_page(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    for n in range(MOST_A_DAY):
        tells(session, herts, enquiry, now, words=f"Ask for room {n}.")
    with pytest.raises(TooMany, match="Ring us"):
        tells(session, herts, enquiry, now, words="Once more.")
    tells(session, herts, enquiry, now + timedelta(days=1), words="On another day.")


def test_nothing_is_said_about_a_closed_enquiry(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    outcomes.close(session, enquiry, "caller_withdrew", "", TESTER, now)
    with pytest.raises(Conflict):
        tells(session, herts, enquiry, now, needs=["bsl"])
    with pytest.raises(Conflict):
        own_page.told_sorted(session, herts, enquiry, now)
