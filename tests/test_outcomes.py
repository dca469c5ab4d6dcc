"""The end of an enquiry: an outcome rests on a conversation, and everything else ends with a reason."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from advice_line import outcomes, referrals, taxonomy
from advice_line.audit import Actor
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import calling
from advice_line.callbacks.calling import NextWindow, Result
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Conflict, Malformed
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.outcomes import Given, Outcome
from tests import factories
from tests.scene import Scene

HOUR = timedelta(hours=1)
AGREED = {"route": "herts_school_age", "who_will_send": "senco", "phase": "school_age", "agreement": True}


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now)


@pytest.fixture
def actor(scene: Scene) -> Actor:
    return Actor(person_id=scene.sam_as_person.id)


def tried(session: Session, herts: Service, enquiry: Enquiry, result: str, at: datetime) -> int:
    """The therapist rang by themselves, with this result; returns the attempt's id."""
    attempt = calling.log_own_call(session, enquiry, None, at, factories.TESTER, at)
    window = NextWindow(at + HOUR, at + 2 * HOUR) if result == "not_convenient_rebooked" else None
    calling.finish(session, herts, enquiry, attempt, Result(result, "", window), factories.TESTER, at)
    return attempt.id


def given(session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime, **facts: Any) -> Outcome:
    said = Given.model_validate({"outcome": "advice_given", **facts})
    return outcomes.give(session, herts, enquiry, said, actor, now)


def test_an_outcome_finishes_the_live_attempt_as_spoken_to(
    session: Session, herts: Service, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    live = calling.ring_back(session, enquiry, sam, actor, now)
    outcome = given(session, herts, enquiry, actor, now + HOUR)
    assert (live.state, live.result, live.finished_at) == ("finished", "spoke_to_caller", now + HOUR)
    assert (outcome.attempt_id, outcome.person_id, outcome.at) == (live.id, actor.person_id, now + HOUR)
    assert (enquiry.status, enquiry.outcome, enquiry.closed_at) == ("closed", "advice_given", now + HOUR)
    callback = callbacks.latest_for(session, enquiry)
    assert callback
    assert callback.state == "kept"


def test_an_outcome_rests_on_the_last_contact_made(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    tried(session, herts, enquiry, "not_convenient_rebooked", now)
    last = tried(session, herts, enquiry, "spoke_to_caller", now + HOUR)
    tried(session, herts, enquiry, "no_answer", now + 2 * HOUR)
    assert given(session, herts, enquiry, actor, now + 3 * HOUR).attempt_id == last


@pytest.mark.parametrize("result", [None, "no_answer", "voicemail_message_left", "engaged"])
def test_without_a_conversation_there_is_no_outcome(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime, result: str | None
) -> None:
    if result:
        tried(session, herts, enquiry, result, now)
    with pytest.raises(Conflict, match="needs a conversation"):
        given(session, herts, enquiry, actor, now)
    assert (enquiry.outcome, enquiry.is_open) == (None, True)


def test_an_agreed_written_reply_is_an_outcome_too(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    outcome = given(session, herts, enquiry, actor, now, by_writing=True, advice_details=["written_advice_sent"])
    assert (outcome.by_writing, outcome.attempt_id) == (True, None)
    assert callbacks.open_for(session, enquiry) is None


def test_everything_that_an_outcome_keeps(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    tried(session, herts, enquiry, "spoke_to_caller", now)
    said = {"advice_details": ["strategies", "reassurance", "strategies"], "topics": ["self_care", "fine_motor"]}
    given(session, herts, enquiry, actor, now, **said, tier="targeted", note="  Tried\nlaces. ")
    outcome = outcomes.for_enquiry(session, enquiry)
    assert outcome
    assert (outcome.advice_details, outcome.tier) == (["strategies", "reassurance"], "targeted")
    assert (outcome.note, enquiry.topics) == ("Tried\nlaces.", ["self_care", "fine_motor"])


def test_topics_that_are_left_out_stay(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    enquiry.topics = ["equipment"]
    tried(session, herts, enquiry, "spoke_to_caller", now)
    given(session, herts, enquiry, actor, now)
    assert enquiry.topics == ["equipment"]


def test_a_second_outcome_is_refused(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    given(session, herts, enquiry, actor, now, by_writing=True)
    with pytest.raises(Conflict, match="has its outcome already"):
        given(session, herts, enquiry, actor, now, by_writing=True)


def test_an_enquiry_that_ended_without_advice_has_no_outcome_later(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    outcomes.close(session, enquiry, "caller_withdrew", "", actor, now)
    with pytest.raises(Conflict, match="closed without an outcome"):
        given(session, herts, enquiry, actor, now, by_writing=True)


def test_converting_starts_a_referral(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    tried(session, herts, enquiry, "spoke_to_caller", now)
    given(session, herts, enquiry, actor, now, outcome="convert_to_referral", referral=AGREED)
    referral = referrals.for_enquiry(session, enquiry)
    assert referral
    assert (referral.stage, referral.route, referral.agreed_at) == ("agreed", "herts_school_age", now)
    assert enquiry.outcome == "convert_to_referral"


@pytest.mark.parametrize("facts", [{"outcome": "convert_to_referral"}, {"outcome": "advice_given", "referral": AGREED}])
def test_a_referral_goes_with_a_conversion_and_with_nothing_else(
    session: Session, herts: Service, enquiry: Enquiry, actor: Actor, now: datetime, facts: dict[str, Any]
) -> None:
    with pytest.raises(Malformed) as refused:
        given(session, herts, enquiry, actor, now, by_writing=True, **facts)
    assert [fault.field for fault in refused.value.faults] == ["referral"]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"outcome": "cured"}, "outcome"),
        ({"advice_details": ["magic"]}, "advice_details.0"),
        ({"topics": ["self_care", "magic"]}, "topics.1"),
        ({"tier": "royal"}, "tier"),
        ({"note": "x" * 10_001}, "note"),
        ({"note": "nul \x00"}, "note"),
        ({"referral": {**AGREED, "route": "pigeon"}}, "referral.route"),
        ({"referral": {**AGREED, "who_will_send": "nobody"}}, "referral.who_will_send"),
        ({"referral": {**AGREED, "phase": "unborn"}}, "referral.phase"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_what_cannot_be_true_is_refused_and_its_field_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Given.model_validate({"outcome": "advice_given", **facts})
    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [field]


@pytest.mark.parametrize("reason", sorted(taxonomy.CLOSING_REASONS))
def test_an_enquiry_ends_without_advice_for_a_reason(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime, reason: str
) -> None:
    outcomes.close(session, enquiry, reason, "Said so twice.", actor, now)
    assert (enquiry.status, enquiry.closing_reason, enquiry.outcome) == ("closed", reason, None)
    assert (callbacks.open_for(session, enquiry), enquiry.closed_at) == (None, now)
    last = enquiries.history(session, enquiry)[-1]
    assert (last.what, last.detail, last.person_id) == ("closing_note", "Said so twice.", actor.person_id)


def test_nobody_closes_what_is_being_rung(
    session: Session, enquiry: Enquiry, sam: Therapist, actor: Actor, now: datetime
) -> None:
    live = calling.ring_back(session, enquiry, sam, actor, now)
    with pytest.raises(Conflict, match="being rung"):
        outcomes.close(session, enquiry, "caller_withdrew", "", actor, now)
    attempts.move(session, live, "abandoned", finished_at=now)
    outcomes.close(session, enquiry, "caller_withdrew", "", actor, now)


@pytest.mark.parametrize("reason", sorted(set(taxonomy.CLOSING_REASONS) - {"passed_safeguarding"}))
def test_an_open_safeguarding_flag_is_closed_by_safeguarding_action_alone(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime, reason: str
) -> None:
    enquiry.flags = ["complaint", "possible_safeguarding"]
    with pytest.raises(Conflict, match="safeguarding action taken"):
        outcomes.close(session, enquiry, reason, "", actor, now)
    assert enquiry.is_open


def test_closing_twice_or_for_no_reason_is_refused(
    session: Session, enquiry: Enquiry, actor: Actor, now: datetime
) -> None:
    with pytest.raises(Malformed, match="Choose why"):
        outcomes.close(session, enquiry, "tired", "", actor, now)
    outcomes.close(session, enquiry, "passed_safeguarding", "", actor, now)
    with pytest.raises(Conflict, match="closed already"):
        outcomes.close(session, enquiry, "caller_withdrew", "", actor, now)
