"""Room in a session: where a call that a lead puts into it goes, and why it may not."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import promising, room
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.promising import Given, Place
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines import rota, swaps
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.lines.swaps import Change, Stretch
from advice_line.working_time import Interval
from tests import factories
from tests.factories import TESTER
from tests.scene import TUESDAY


def at(hour: int, minute: int = 0, day: int = 17) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def owed(session: Session, service: Service, **changes: Any) -> tuple[Enquiry, Callback]:
    enquiry = factories.a_heard_enquiry(session, service, TUESDAY, **changes)
    callback = callbacks.open_for(session, enquiry)
    assert callback is not None
    return enquiry, callback


def dropped(
    session: Session, service: Service, sam: Therapist, start: datetime, end: datetime, **changes: Any
) -> datetime | None:
    """When a new call is, after a lead put it into this session of Sam's."""
    enquiry, callback = owed(session, service, **changes)
    place = Place(sam, Interval(start, end))
    promising.promise_within(session, service, enquiry, place, TESTER, TUESDAY)
    assert not callback.caller_was_told
    return callback.promised_from


def test_a_call_goes_to_the_first_time_that_nothing_takes(session: Session, herts: Service, sam: Therapist) -> None:
    _, planned = owed(session, herts)
    slot = {"therapist_id": sam.id, "starts_at": at(10, 10), "ends_at": at(10, 35)}
    callbacks.move(session, planned, "planned", TUESDAY, **slot)
    assert dropped(session, herts, sam, at(9), at(17)) == at(10, 35)
    assert dropped(session, herts, sam, at(9), at(17)) == at(11, 0)
    assert dropped(session, herts, sam, at(9, day=18), at(17, day=18)) == at(9, day=18)
    free = room.free(session, herts, Interval(at(10), at(12)))[sam.id]
    assert free == [Interval(at(10), at(10, 10)), Interval(at(11, 25), at(12))]


def test_a_caller_who_can_talk_after_school_is_put_there(session: Session, herts: Service, sam: Therapist) -> None:
    assert dropped(session, herts, sam, at(9), at(17), contact_times=["pref_after_school"]) == at(15, 15)
    with pytest.raises(Malformed, match="The caller asked for other times"):
        dropped(session, herts, sam, at(9), at(12), contact_times=["pref_after_school"])
    with pytest.raises(Malformed, match="The caller asked for other times"):
        dropped(session, herts, sam, at(9), at(17), not_before=date(2026, 11, 18))


def test_a_session_without_room_says_so(session: Session, herts: Service, sam: Therapist) -> None:
    evening = Stretch(date(2026, 11, 17), time(17), time(18))
    swaps.add(session, Change(TESTER, herts.calendar, TUESDAY), sam, evening)
    for start, end, why in (
        (at(9), at(10), "That session is over"),
        (at(9), at(10, 30), "Sam Sample has no room for a call of 25 minutes"),
        (at(9, day=21), at(12, day=21), "Sam Sample is not on the rota then"),
        (at(17), at(18), "The line does not ring back in that session"),
    ):
        with pytest.raises(Malformed, match=why):
            dropped(session, herts, sam, start, end)


def test_an_absence_since_the_page_was_opened_is_said(session: Session, herts: Service, sam: Therapist) -> None:
    rota.record_absence(session, TESTER, sam, TUESDAY, TUESDAY + timedelta(days=1), "sickness", TUESDAY)
    with pytest.raises(Malformed, match="not on the rota then"):
        dropped(session, herts, sam, at(14), at(17))


def test_a_time_that_the_caller_was_told_is_not_moved_behind_their_back(
    session: Session, herts: Service, sam: Therapist
) -> None:
    enquiry, callback = owed(session, herts)
    promising.promise(session, herts, enquiry, Given(sam, at(14), caller_was_told=True), TESTER, TUESDAY)
    place = Place(sam, Interval(at(9, day=18), at(12, day=18)))
    with pytest.raises(Malformed, match="The caller was promised a time"):
        promising.promise_within(session, herts, enquiry, place, TESTER, TUESDAY)
    assert callback.promised_from == at(14)
