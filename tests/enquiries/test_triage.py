"""Listening and triage: what is noted down stays as it was written, and a flag goes up by one press."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from advice_line import messages
from advice_line.audit import Actor
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import triage as triaging
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.errors import Conflict, Malformed
from advice_line.lines.directory import Service
from tests import factories
from tests.factories import MOBILE
from tests.scene import Scene

LATER = timedelta(minutes=5)


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now, number=MOBILE)


@pytest.fixture
def actor(scene: Scene) -> Actor:
    return Actor(person_id=scene.sam_as_person.id)


def noted(session: Session, enquiry: Enquiry, actor: Actor, now: datetime, **given: Any) -> Enquiry:
    triaging.triage(session, enquiry, Triage.model_validate(given), actor, now)
    session.flush()
    session.refresh(enquiry)
    return enquiry


def test_everything_that_can_be_noted_down(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    caller = {"name": " Jo  Bloggs ", "role": "parent_carer", "number": "01632 960123", "language": "pl"}
    child = {"name": "Ash", "date_of_birth": "2019-03-27", "school": "Example Primary", "postcode": "SG1 1AA"}
    span = {"from": "15:15", "to": "16:00", "days": ["mon"]}
    noted(
        session, enquiry, actor, now, caller={**caller, "needs": ["bsl"]},
        child={**child, "nhs_number": "999 000 0018", "agreement": True}, topics=["fine_motor", "self_care"],
        setting="primary_school", priority="soon", flags=["complaint"], contact_times=["pref_lunch", span],
    )  # fmt: skip
    assert (enquiry.caller_name, enquiry.caller_role, enquiry.caller_number) == (
        "Jo  Bloggs",
        "parent_carer",
        "+441632960123",
    )
    assert (enquiry.caller_language, enquiry.caller_needs) == ("pl", ["bsl"])
    assert (enquiry.child_name, enquiry.child_date_of_birth) == ("Ash", date(2019, 3, 27))
    assert (enquiry.child_nhs_number, enquiry.child_agreement) == ("9990000018", True)
    assert (enquiry.topics, enquiry.setting, enquiry.priority) == (
        ["fine_motor", "self_care"],
        "primary_school",
        "soon",
    )
    assert (enquiry.flags, enquiry.contact_times) == (["complaint"], ["pref_lunch", span])


def test_what_is_left_out_stays_and_null_or_nothing_empties(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    noted(session, enquiry, actor, now, caller={"name": "Jo", "role": "teacher"}, topics=["self_care"], setting="home")
    noted(session, enquiry, actor, now, caller={"role": None}, setting=None)
    assert (enquiry.caller_name, enquiry.caller_role, enquiry.setting) == ("Jo", None, None)
    assert enquiry.topics == ["self_care"]
    noted(session, enquiry, actor, now, caller={"name": " ", "number": ""}, topics=None)
    assert (enquiry.caller_name, enquiry.caller_number, enquiry.topics) == (None, None, [])


def test_a_number_that_was_withheld_is_known_once_it_is_noted(
    session: Session, herts: Service, actor: Actor, now: datetime
) -> None:
    enquiry = factories.an_enquiry(session, herts, now, number=None)
    noted(session, enquiry, actor, now, caller={"number": "07700 900123"})
    assert (enquiry.caller_number, enquiry.caller_withheld) == ("+447700900123", False)


def test_noting_down_counts_as_listening(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    noted(session, enquiry, actor, now + LATER)
    (message,) = messages.of_enquiry(session, enquiry.service_id, enquiry.id)
    assert (message.heard_at, message.heard_by) == (now + LATER, actor.person_id)
    assert (enquiry.heard_at, enquiry.status) == (now + LATER, "triaged")
    noted(session, enquiry, actor, now + 2 * LATER)
    assert (message.heard_at, enquiry.heard_at) == (now + LATER, now + LATER)


def test_history_says_what_was_noted_and_by_whom(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    noted(session, enquiry, actor, now, caller={"name": "Jo Bloggs"}, topics=["self_care"], flags=["complaint"])
    told = [(event.what, event.detail, event.person_id) for event in enquiries.history(session, enquiry)][1:]
    assert told == [
        ("flagged", "complaint", actor.person_id),
        ("triaged", "caller name, topics", actor.person_id),
        ("heard", None, actor.person_id),
        ("moved", None, actor.person_id),
    ]


def test_an_enquiry_with_a_therapist_is_assigned_once_heard(
    session: Session, herts: Service, scene: Scene, actor: Actor, now: datetime
) -> None:
    enquiry = factories.an_enquiry(session, herts, now, therapist_id=scene.sam.id)
    triaging.heard(session, enquiry, actor, now)
    assert enquiry.status == "assigned"


@pytest.mark.parametrize(
    ("flag", "priority"),
    [
        ("possible_safeguarding", "safeguarding"),
        ("emergency_content", "safeguarding"),
        ("child_caller", "urgent"),
        ("complaint", "routine"),
    ],
)
def test_a_flag_raises_what_it_must_by_one_press(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime, flag: str, priority: str
) -> None:
    for _ in range(2):
        triaging.flag(session, enquiry, flag, actor, now)
    assert (enquiry.flags, enquiry.priority, enquiry.heard_at) == ([flag], priority, None)
    assert [event.what for event in enquiries.history(session, enquiry)] == ["opened", "flagged"]


def test_a_safeguarding_flag_is_never_taken_off_by_a_form(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    triaging.flag(session, enquiry, "possible_safeguarding", actor, now)
    with pytest.raises(Conflict, match="safeguarding action taken"):
        noted(session, enquiry, actor, now, flags=["complaint"])
    assert enquiry.flags == ["possible_safeguarding"]
    noted(session, enquiry, actor, now, flags=["complaint", "possible_safeguarding"])
    assert enquiry.flags == ["complaint", "possible_safeguarding"]


def test_an_open_safeguarding_flag_keeps_the_enquiry_at_the_top(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    noted(session, enquiry, actor, now, priority="routine", flags=["possible_safeguarding"])
    assert enquiry.priority == "safeguarding"
    with pytest.raises(Conflict, match="safeguarding"):
        noted(session, enquiry, actor, now, priority="routine")


def test_a_person_may_lower_a_priority(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    triaging.make_urgent(session, enquiry, actor, now)
    triaging.make_urgent(session, enquiry, actor, now)
    assert enquiry.priority == "urgent"
    assert [event.what for event in enquiries.history(session, enquiry)] == ["opened", "priority_raised"]
    assert noted(session, enquiry, actor, now, priority="soon").priority == "soon"
    assert noted(session, enquiry, actor, now, priority=None).priority == "soon"


def test_a_flag_that_is_taken_off_leaves_its_trace(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    triaging.flag(session, enquiry, "emergency_content", actor, now)
    noted(session, enquiry, actor, now, flags=[])
    told = [(event.what, event.detail) for event in enquiries.history(session, enquiry)]
    assert ("flag_removed", "emergency_content") in told


def test_an_unknown_flag_is_refused(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    with pytest.raises(Malformed, match="Choose one of the flags"):
        triaging.flag(session, enquiry, "bad_hair_day", actor, now)


def test_a_closed_record_is_not_changed(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    end = {"closing_reason": "caller_withdrew", "closed_at": now}
    enquiries.move(session, enquiry, "closed", actor, now, **end)
    for change in (
        lambda: noted(session, enquiry, actor, now),
        lambda: triaging.heard(session, enquiry, actor, now),
        lambda: triaging.flag(session, enquiry, "complaint", actor, now),
        lambda: triaging.make_urgent(session, enquiry, actor, now),
    ):
        with pytest.raises(Conflict, match="closed"):
            change()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"caller": {"name": "x" * 201}}, "caller.name"),
        ({"caller": {"name": "a\x00b"}}, "caller.name"),
        ({"caller": {"role": "wizard"}}, "caller.role"),
        ({"caller": {"number": "hello"}}, "caller.number"),
        ({"caller": {"number": "0906 123 4567"}}, "caller.number"),
        ({"caller": {"number": "+33 1 23 45 67 89"}}, "caller.number"),
        ({"caller": {"language": "xx"}}, "caller.language"),
        ({"caller": {"needs": ["wings"]}}, "caller.needs.0"),
        ({"caller": {"shoe_size": 7}}, "caller.shoe_size"),
        ({"child": {"nhs_number": "123"}}, "child.nhs_number"),
        ({"child": {"nhs_number": "9990000019"}}, "child.nhs_number"),
        ({"child": {"date_of_birth": "yesterday"}}, "child.date_of_birth"),
        ({"child": {"postcode": "\x1b[31m"}}, "child.postcode"),
        ({"topics": ["magic"]}, "topics.0"),
        ({"setting": "moon"}, "setting"),
        ({"priority": "highest"}, "priority"),
        ({"flags": ["bad_hair_day"]}, "flags.0"),
        ({"reference": "H-1"}, "reference"),
    ],
)
def test_what_cannot_be_true_is_refused_and_its_field_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Triage.model_validate(given)
    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [field]


@pytest.mark.parametrize(
    "span",
    [
        {"from": "16:00", "to": "15:00"},
        {"from": "15:00", "to": "15:00"},
        {"from": "9:00", "to": "10:00"},
        {"from": "15:00", "to": "24:00"},
        {"from": "15:00"},
        {"days": []},
        {"from": "15:00", "to": "16:00", "days": ["sun"]},
        "pref_never",
    ],
)
def test_a_contact_time_must_be_possible(span: object) -> None:
    with pytest.raises(ValidationError):
        Triage.model_validate({"contact_times": [span]})


def test_days_alone_are_a_contact_time_and_the_first_day_lies_within_a_year(
    session: Session, herts: Service, now: datetime
) -> None:
    given = Triage.model_validate({"contact_times": [{"days": ["mon", "wed"]}], "not_before": "2026-11-30"})
    one = factories.an_enquiry(session, herts, now)
    triaging.triage(session, one, given, factories.TESTER, now)
    assert one.contact_times == [{"from": None, "to": None, "days": ["mon", "wed"]}]
    assert one.not_before == date(2026, 11, 30)
    with pytest.raises(Malformed, match="within a year"):
        triaging.triage(session, one, Triage(not_before=date(2062, 11, 30)), factories.TESTER, now)
