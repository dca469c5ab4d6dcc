"""Alerts: flags that nobody took yet, as they stand on the lead's page and on the enquiry, and the press that takes
one. Whoever takes it is named in the enquiry's history, and nobody is told any more.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from advice_line.enquiries import alert as alerts
from advice_line.enquiries import alert_notice as notices
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.alert import Alert
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService

pages = APIRouter()
TITLES = {"safeguarding": "Possible safeguarding", "urgent": "Urgent"}


@dataclass(frozen=True)
class Untaken:
    """One alert with its words; `rounds` is how often the duty leads were told, `problems` why some were not."""

    title: str
    reference: str
    path: str
    at: datetime
    rounds: int
    tell_after: datetime
    problems: list[str]


@pages.post("/enquiries/{reference}/alert")
def take(reference: str, who: Clinician, session: InService, door: InDoor) -> Response:
    one = enquiries.by_reference(session, who.service_id, reference, lock=True)
    alerts.take(session, one, who.actor, door.now())
    return RedirectResponse(f"/enquiries/{reference}", 303)


def standing(session: Session, service: Service) -> list[Untaken]:
    """Every alert of a service that nobody took, the gravest first."""
    return [_shown(session, alert, enquiry) for alert, enquiry in alerts.standing(session, service.id)]


def of_enquiry(session: Session, one: Enquiry) -> Untaken | None:
    """The alert of one enquiry, if nobody took it."""
    alert = alerts.of_enquiry(session, one)
    return _shown(session, alert, one) if alert else None


def _shown(session: Session, alert: Alert, one: Enquiry) -> Untaken:
    return Untaken(
        title=TITLES[alert.kind],
        reference=one.reference,
        path=f"/enquiries/{one.reference}",
        at=alert.at,
        rounds=alert.rounds,
        tell_after=alert.tell_after,
        problems=notices.problems(session, alert.service_id, alert.id),
    )
