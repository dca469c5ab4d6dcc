"""A referral is agreed with whoever may agree to it, and says who will send it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from advice_line import referrals
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Malformed
from advice_line.lines.directory import Service
from advice_line.referrals import Agreement, Referral
from tests import factories
from tests.factories import TESTER

AGREED = Agreement(route="herts_preschool", who_will_send="health_visitor", phase="pre_school", agreement=True)
NOT_AGREED = AGREED.model_copy(update={"agreement": False})


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now)


def test_what_was_agreed_is_kept(session: Session, enquiry: Enquiry, now: datetime) -> None:
    referrals.agree(session, enquiry, AGREED, TESTER, now)
    session.expire_all()
    referral = referrals.for_enquiry(session, enquiry)
    assert referral
    assert (referral.stage, referral.route, referral.who_will_send) == ("agreed", "herts_preschool", "health_visitor")
    assert (referral.phase, referral.agreement, referral.agreed_at) == ("pre_school", True, now)


def test_a_referral_needs_the_parents_agreement(session: Session, enquiry: Enquiry, now: datetime) -> None:
    with pytest.raises(Malformed, match="parent's agreement") as refused:
        referrals.agree(session, enquiry, NOT_AGREED, TESTER, now)
    assert refused.value.faults[0].field == "referral.agreement"
    assert referrals.for_enquiry(session, enquiry) is None


def test_where_a_child_may_be_at_risk_nobody_has_to_agree(session: Session, enquiry: Enquiry, now: datetime) -> None:
    enquiry.flags = ["possible_safeguarding"]
    assert referrals.agree(session, enquiry, NOT_AGREED, TESTER, now).agreement is False


def test_the_newest_comes_first(session: Session, herts: Service, now: datetime) -> None:
    made: list[Referral] = []
    for days in (1, 3, 0):
        enquiry = factories.an_enquiry(session, herts, now)
        made.append(referrals.agree(session, enquiry, AGREED, TESTER, now - timedelta(days=days)))
    assert [referral for referral, _ in referrals.all_of(session, herts.id)] == [made[2], made[0], made[1]]
    assert all(enquiry.id == referral.enquiry_id for referral, enquiry in referrals.all_of(session, herts.id))
