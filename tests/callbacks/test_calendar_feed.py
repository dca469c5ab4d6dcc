"""A therapist's calendar: whose it is, what is in it, and above all what is not."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.callbacks import calendar_feed, calling
from advice_line.callbacks import callback as callbacks
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota, swaps
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.lines.swaps import Change, Stretch
from tests import factories
from tests.callbacks.test_ical import read
from tests.factories import TESTER
from tests.scene import TUESDAY, Stage


def planned(session: Session, service: Service, sam: Therapist, starts: datetime) -> str:
    """A callback in a slot of Sam's; the reference of its enquiry."""
    one = factories.a_heard_enquiry(session, service, TUESDAY, {"caller": {"name": "Kit’s mum Example"}})
    callback = callbacks.open_for(session, one)
    assert callback is not None
    slot = {"therapist_id": sam.id, "starts_at": starts, "ends_at": starts + timedelta(minutes=25)}
    callbacks.move(session, callback, "planned", TUESDAY, **slot)
    return one.reference


def entries(session: Session, service: Service, sam: Therapist, now: datetime = TUESDAY) -> list[dict[str, str]]:
    return read(calendar_feed.written(session, service, sam.id, now))[1]


def on(found: list[dict[str, str]], day: str) -> list[tuple[str, str, str]]:
    return [
        (one["SUMMARY"], one["DTSTART"][9:13], one["DTEND"][9:13]) for one in found if one["DTSTART"].startswith(day)
    ]


def test_sessions_absences_and_callbacks_are_entries(session: Session, herts: Service, sam: Therapist) -> None:
    thursday = datetime(2026, 11, 19, 9, tzinfo=UTC)
    rota.record_absence(session, TESTER, sam, thursday.replace(hour=12), thursday.replace(hour=14), "leave", TUESDAY)
    for starts in (thursday, thursday + timedelta(minutes=25), thursday + timedelta(hours=6)):
        planned(session, herts, sam, starts)
    assert sorted(on(entries(session, herts, sam), "20261119")) == [
        ("Advice line session", "0900", "1200"),
        ("Advice line session", "1400", "1700"),
        ("Away from the advice line", "1200", "1400"),
        ("Callbacks: 1 planned", "1500", "1525"),
        ("Callbacks: 2 planned", "0900", "0950"),
    ]


def test_a_session_at_a_site_has_its_place(session: Session, herts: Service, sam: Therapist) -> None:
    evening = Stretch(date(2026, 11, 19), time(17), time(18), "south_clinic")
    swaps.add(session, Change(TESTER, herts.calendar, TUESDAY), sam, evening)
    found = [one for one in entries(session, herts, sam) if one["DTSTART"].startswith("20261119")]
    assert [(one["DTSTART"][9:13], one.get("LOCATION")) for one in found] == [
        ("0900", None),
        ("1700", "South example clinic"),
    ]


def test_nothing_in_it_tells_of_a_caller_or_why_somebody_is_away(
    session: Session, herts: Service, sam: Therapist
) -> None:
    rota.record_absence(session, TESTER, sam, TUESDAY, None, "sickness", TUESDAY)
    reference = planned(session, herts, sam, TUESDAY)
    written = calendar_feed.written(session, herts, sam.id, TUESDAY)
    assert not [word for word in (reference, "Kit", "07700", "7700900", "sick", "Sam", "enquir") if word in written]
    assert "Callbacks: 1 planned" in written


def test_every_entry_has_a_name_of_its_own_that_stays(session: Session, herts: Service, sam: Therapist) -> None:
    first, later = (entries(session, herts, sam, TUESDAY + timedelta(hours=n)) for n in (0, 3))
    names = [one["UID"] for one in first]
    assert len(names) == len(set(names)) > 40
    assert first == later


def test_a_bank_holiday_has_no_session(session: Session, herts: Service, sam: Therapist) -> None:
    found = entries(session, herts, sam, datetime(2026, 12, 20, 12, tzinfo=UTC))
    assert on(found, "20261225") == on(found, "20261228") == []
    assert on(found, "20261229") == [("Advice line session", "0900", "1700")]


def test_an_address_is_good_until_it_is_renewed_or_revoked(session: Session, herts: Service, sam: Therapist) -> None:
    assert calendar_feed.whose(session, "") is None
    first = calendar_feed.renew(session, TESTER, sam, TUESDAY)
    assert calendar_feed.whose(session, first) == calendar_feed.Whose(herts.id, sam.id)
    second = calendar_feed.renew(session, TESTER, sam, TUESDAY)
    assert calendar_feed.whose(session, first) is None
    assert calendar_feed.whose(session, second) is not None
    calendar_feed.revoke(session, TESTER, sam, TUESDAY)
    assert calendar_feed.whose(session, second) is None
    assert calendar_feed.current(session, sam) is None


@pytest.mark.parametrize("gone", ["therapist SET left_at = now()", "person SET disabled_at = now()"])
def test_the_address_of_somebody_who_left_is_nobodys(stage: Stage, gone: str) -> None:
    sam = stage.scene.sam
    with stage.story() as session:
        secret = calendar_feed.renew(session, TESTER, sam, TUESDAY)
    with db.transaction(stage.serving, None) as session:
        assert calendar_feed.whose(session, secret) is not None
    with stage.owner.begin() as connection:
        connection.execute(text(f"UPDATE {gone}"))
        kept = connection.execute(text("SELECT digest::text FROM calendar_feed")).scalar_one()
    assert secret not in kept
    with db.transaction(stage.serving, None) as session:
        assert calendar_feed.whose(session, secret) is None


def test_a_call_that_is_being_made_keeps_its_time(session: Session, herts: Service, sam: Therapist) -> None:
    reference = planned(session, herts, sam, TUESDAY)
    one = session.execute(text("SELECT id FROM enquiry WHERE reference = :r"), {"r": reference}).scalar_one()
    enquiry = session.get_one(Enquiry, (herts.id, one))
    calling.ring_back(session, enquiry, sam, TESTER, TUESDAY)
    assert ("Callbacks: 1 planned", "1005", "1030") in on(entries(session, herts, sam), "20261117")
