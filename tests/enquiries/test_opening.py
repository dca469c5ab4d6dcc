"""A message opens an enquiry, or joins the one that its caller has open: a number is an identity only if it is one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line import messages
from advice_line.callbacks import callback as callbacks
from advice_line.calls import Call
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import opening
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.messages import Message
from tests import factories
from tests.factories import MOBILE, TESTER
from tests.scene import Stage, planning_wanted

LATER = timedelta(hours=2)
SWITCHBOARD = "+441632960200"


def of(session: Session, message: Message) -> Enquiry:
    assert message.enquiry_id is not None
    return enquiries.by_id(session, message.service_id, message.enquiry_id)


def what_happened(session: Session, enquiry: Enquiry) -> list[str]:
    return [event.what for event in enquiries.history(session, enquiry)]


def test_a_message_opens_an_enquiry(session: Session, herts: Service, now: datetime) -> None:
    enquiry = of(session, factories.a_message(session, herts, now, number=MOBILE))
    assert (enquiry.status, enquiry.priority, enquiry.flags) == ("new", "routine", [])
    assert (enquiry.line_key, enquiry.received_at, enquiry.heard_at) == ("herts_advice_line", now, None)
    assert (enquiry.caller_number, enquiry.caller_withheld) == (MOBILE, False)
    assert enquiry.reference == f"H-{enquiry.id:06d}"
    assert what_happened(session, enquiry) == ["opened"]


def test_three_messages_of_one_caller_are_one_enquiry_with_the_first_due_time(
    session: Session, herts: Service, now: datetime
) -> None:
    three = [factories.a_message(session, herts, now + i * LATER, number=MOBILE) for i in range(3)]
    assert len({message.enquiry_id for message in three}) == 1
    enquiry = of(session, three[0])
    assert len(messages.of_enquiry(session, herts.id, enquiry.id)) == 3
    assert len({message.call_id for message in three}) == 3
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert callback.due_at == herts.line("herts_advice_line").due(now)
    assert enquiry.received_at == now


def test_the_third_contact_raises_the_priority_and_asks_for_a_new_plan(
    session: Session, herts: Service, now: datetime
) -> None:
    priorities, wanted = [], []
    for i in range(4):
        enquiry = of(session, factories.a_message(session, herts, now + i * LATER, number=MOBILE))
        priorities.append(enquiry.priority)
        wanted.append(planning_wanted(session))
        session.expire_all()
    assert priorities == ["routine", "routine", "soon", "soon"]
    assert wanted[2] == now + 2 * LATER
    assert what_happened(session, enquiry) == ["opened", *["called_again"] * 2, "priority_raised", "called_again"]


def test_a_third_contact_never_lowers_a_priority(session: Session, herts: Service, now: datetime) -> None:
    factories.a_message(session, herts, now, number=MOBILE)
    enquiry = session.scalars(select(Enquiry)).one()
    enquiry.priority = "urgent"
    for _ in range(2):
        factories.a_message(session, herts, now + LATER, number=MOBILE)
    assert enquiry.priority == "urgent"


def test_an_enquiry_that_was_heard_is_unheard_again_when_its_caller_rings_again(
    session: Session, herts: Service, now: datetime
) -> None:
    enquiry = factories.a_heard_enquiry(session, herts, now, number=MOBILE)
    assert enquiry.heard_at == now
    factories.a_message(session, herts, now + LATER, number=MOBILE)
    assert enquiry.status == "triaged"
    assert enquiries.not_heard(session, herts.id) == [enquiry]


@pytest.mark.parametrize("number", [None, SWITCHBOARD])
def test_a_number_that_stands_for_nobody_is_never_grouped(
    session: Session, herts: Service, now: datetime, number: str | None
) -> None:
    one, two = (of(session, factories.a_message(session, herts, now, number=number)) for _ in range(2))
    assert one.id != two.id
    assert one.caller_number is None
    assert (one.caller_withheld, one.flags) == ((True, ["withheld_number"]) if number is None else (False, []))


def test_a_closed_enquiry_is_not_joined(session: Session, herts: Service, now: datetime) -> None:
    first = of(session, factories.a_message(session, herts, now, number=MOBILE))
    end = {"closing_reason": "caller_withdrew", "closed_at": now}
    enquiries.move(session, first, "closed", TESTER, now, **end)
    second = of(session, factories.a_message(session, herts, now + LATER, number=MOBILE))
    assert second.id != first.id
    assert (first.heard_at, first.status) == (None, "closed")


def test_two_numbers_are_two_callers(session: Session, herts: Service, now: datetime) -> None:
    factories.a_message(session, herts, now, number="+447700900123")
    factories.a_message(session, herts, now, number="+447700900124")
    assert len(session.scalars(select(Enquiry)).all()) == 2


def test_a_caller_of_two_services_is_known_to_each_alone(stage: Stage, now: datetime) -> None:
    references = []
    for service in (stage.scene.herts, stage.scene.eput):
        with stage.story(service) as session:
            references.append(of(session, factories.a_message(session, service, now, number=MOBILE)).reference)
    assert [reference[0] for reference in references] == ["H", "E"]


def test_two_messages_in_the_same_moment_are_one_enquiry(stage: Stage, now: datetime) -> None:
    herts, together = stage.scene.herts, Barrier(6)

    def leave(_: int) -> int | None:
        with stage.story() as session:
            together.wait(20)
            return factories.a_message(session, herts, now, number=MOBILE).enquiry_id

    with ThreadPoolExecutor(6) as callers:
        assert len(set(callers.map(leave, range(6)))) == 1
    with stage.story() as session:
        assert len(session.scalars(select(Enquiry)).all()) == 1
        assert len(callbacks.all_open(session, herts.id)) == 1


def test_opening_twice_for_one_message_is_opening_once(session: Session, herts: Service, now: datetime) -> None:
    message = factories.a_message(session, herts, now, number=MOBILE)
    call = session.get_one(Call, (herts.id, message.call_id))
    again = opening.open_or_join(
        session, call, message, reference=herts.configuration.reference, shared_numbers=(), now=now
    )
    assert again == (of(session, message), False)
    assert what_happened(session, again[0]) == ["opened"]


def test_a_caller_who_rings_after_they_were_spoken_to_is_owed_a_new_call(
    session: Session, herts: Service, now: datetime
) -> None:
    enquiry = of(session, factories.a_message(session, herts, now - timedelta(days=20), number=MOBILE))
    kept = callbacks.open_for(session, enquiry)
    assert kept
    callbacks.move(session, kept, "kept", now)
    factories.a_message(session, herts, now, number=MOBILE)
    owed = callbacks.open_for(session, enquiry)
    assert owed
    assert (owed.id != kept.id, owed.due_at) == (True, herts.line("herts_advice_line").due(now))
