"""The live line's page, without JavaScript: going on and off duty, who waits, and the way to the enquiry."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from advice_line import calls, db, staff
from advice_line.inbox import offers as offer_events
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import duty as duties
from advice_line.live import offer as offers
from advice_line.staff import Grant
from advice_line.telephone.told import read
from tests import factories
from tests.pages.conftest import Clock, Visit
from tests.staff import makers

PHONE = "+447700900150"


@pytest.fixture
def now() -> datetime:
    """Thursday at 13:00 in London: the line of EPUT is open."""
    return datetime.fromisoformat("2026-11-19T13:00:00+00:00")


@pytest.fixture
def eput(owner: Engine, clock: Clock) -> Service:
    return factories.a_service(owner, clock(), "eput_cot", rota=[])


@pytest.fixture
def kim(owner: Engine, eput: Service, clock: Clock) -> Therapist:
    person = makers.add_member(owner, clock(), {"eput_cot": "therapist"})
    return factories.a_therapist(owner, eput, "kim_model", person_id=person.id, name="Kim Model", phone=PHONE)


@pytest.fixture
def therapist(visit: Visit, kim: Therapist) -> Visit:
    """Kim, signed in."""
    visit.sign_in()
    return visit


def answers_a_call(owner: Engine, eput: Service, kim: Therapist, now: datetime) -> tuple[int, str]:
    """Kim is connected with a caller; the offer's id, and the enquiry's reference."""
    with db.transaction(owner, eput.id) as session:
        (duty,) = duties.on_duty(session, eput.id, "eput_support_line", now)
        offer = offers.make(session, duty, now)
        call = factories.a_call(session, eput, now)
        calls.wait(call, now, now)
        path = f"/webhooks/offers/{offer.id}/connected?line=eput_support_line"
        event = ProviderEvent(kind="offer_connected", received_at=now, path=path, line_key="eput_support_line")
        offer_events.follow(session, eput, event, read(path, f"CallSid={call.sid}"), now)
        reference = session.scalar(text("SELECT reference FROM enquiry WHERE id = :id"), {"id": call.enquiry_id})
        return offer.id, str(reference)


def test_a_therapist_goes_on_duty_and_off_again(therapist: Visit, owner: Engine) -> None:
    shown = therapist.get("/duty").text
    assert re.search(r'name="phone"[^>]*value="07700 900150"', shown)
    assert therapist.send("/duty/on", {"phone": "01632 960999"}, token=therapist.token("/duty")).status_code == 303
    assert "You are on duty until today at 2:30pm. We ring 01632 960999" in therapist.get("/duty").text
    therapist.send("/duty/off", token=therapist.token("/duty"))
    assert "On duty: nobody" in therapist.get("/duty").text
    with owner.connect() as connection:
        done = connection.scalars(text("SELECT action FROM audit WHERE action LIKE '%duty' ORDER BY id")).all()
    assert done == ["on duty", "off duty"]


@pytest.mark.parametrize("phone", ["", "999", "01702 372250"])
def test_a_phone_that_cannot_be_rung_is_said_to_be_so(therapist: Visit, phone: str) -> None:
    refused = therapist.send("/duty/on", {"phone": phone}, token=therapist.token("/duty"))
    assert refused.status_code == 422
    assert "There is a problem" in refused.text


def test_nobody_goes_on_duty_while_the_line_is_closed(therapist: Visit, clock: Clock) -> None:
    clock.at += timedelta(hours=2)
    therapist.sign_in()
    assert "The line is closed" in therapist.get("/duty").text
    assert therapist.send("/duty/on", {"phone": "07700 900150"}, token=therapist.token("/duty")).status_code == 409


def test_the_end_of_the_window_ends_the_duty(therapist: Visit, clock: Clock) -> None:
    therapist.send("/duty/on", {"phone": "07700 900150"}, token=therapist.token("/duty"))
    clock.at += timedelta(hours=23, minutes=45)
    therapist.sign_in()
    assert "On duty: nobody" in therapist.get("/duty").text
    assert therapist.send("/duty/on", {"phone": "07700 900150"}, token=therapist.token("/duty")).status_code == 303
    assert "On duty: Kim Model" in therapist.get("/duty").text


def test_who_answers_lands_on_the_enquiry_with_the_earlier_ones_beside_it(
    therapist: Visit, owner: Engine, eput: Service, kim: Therapist, clock: Clock
) -> None:
    therapist.send("/duty/on", {"phone": "07700 900150"}, token=therapist.token("/duty"))
    with db.transaction(owner, eput.id) as session:
        earlier = factories.an_enquiry(session, eput, clock() - timedelta(days=9), number=factories.MOBILE).reference
        session.execute(text("UPDATE enquiry SET status='closed', closed_at=now(), closing_reason='wrong_number'"))
    offer, reference = answers_a_call(owner, eput, kim, clock())
    page = therapist.get("/duty?seen=0").text
    assert "You are speaking with a caller" in page
    assert f"/duty?seen={offer}" in page
    landed = therapist.get("/duty?seen=0", **{"HX-Request": "true"})
    assert landed.headers["HX-Redirect"] == f"/enquiries/{reference}"
    assert "HX-Redirect" not in therapist.get(f"/duty?seen={offer}", **{"HX-Request": "true"}).headers
    enquiry = therapist.get(f"/enquiries/{reference}").text
    assert "Earlier from this number" in enquiry
    assert earlier in enquiry
    assert "You are connected" in enquiry


def test_a_service_without_a_live_line_has_no_such_page(visit: Visit, owner: Engine, clock: Clock) -> None:
    factories.a_service(owner, clock(), rota=[])
    with db.transaction(owner, None) as session:
        staff.add_person(
            session, "sam@example.nhs.uk", "Sam", [Grant("herts_cot", "therapist")], clock(), password=makers.PASSWORD
        )
    visit.sign_in()
    assert visit.get("/duty").status_code == 404
    assert "Live line" not in visit.get("/callbacks").text
