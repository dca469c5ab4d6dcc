"""Which press is an alert, and which is not."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from advice_line.callbacks import listening
from advice_line.enquiries import alert as alerts
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from tests import factories
from tests.factories import TESTER


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.an_enquiry(session, herts, now)


def kinds(session: Session, herts: Service) -> list[str]:
    session.flush()
    return [alert.kind for alert, _ in alerts.standing(session, herts.id)]


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        ({"flags": ["possible_safeguarding"]}, ["safeguarding"]),
        ({"flags": ["emergency_content", "child_caller"]}, ["safeguarding"]),
        ({"flags": ["child_caller"]}, ["urgent"]),
        ({"priority": "urgent"}, ["urgent"]),
        ({"priority": "soon"}, []),
        ({"flags": ["complaint"]}, []),
    ],
)
def test_what_is_grave_is_an_alert_however_it_is_noted(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime, given: dict[str, object], raised: list[str]
) -> None:
    listening.triage(session, herts, enquiry, Triage.model_validate(given), TESTER, now)
    assert kinds(session, herts) == raised


def test_a_second_press_of_the_same_is_no_second_alert_and_a_graver_one_goes_first(
    session: Session, herts: Service, enquiry: Enquiry, now: datetime
) -> None:
    for key in ("urgent", "urgent", "possible_safeguarding", "possible_safeguarding"):
        listening.flag(session, herts, enquiry, key, TESTER, now)
    assert kinds(session, herts) == ["safeguarding", "urgent"]
    alerts.take(session, enquiry, TESTER, now)
    assert kinds(session, herts) == []
    with pytest.raises(Conflict, match="Somebody else"):
        alerts.take(session, enquiry, TESTER, now)
