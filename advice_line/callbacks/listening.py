"""Listening and triage as a person does them: what was noted down, and what that does to the promise."""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line.audit import Actor
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import interpreting
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import triage as triaging
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.triage import Triage
from advice_line.lines.directory import Service


def triage(session: Session, service: Service, enquiry: Enquiry, given: Triage, actor: Actor, now: datetime) -> None:
    """Note down what was heard, and bring the callback into line with it."""
    flags, priority = tuple(enquiry.flags), enquiry.priority
    triaging.triage(session, enquiry, given, actor, now)
    callbacks.reconsider(session, service, enquiry, now)
    interpreting.see_to(session, enquiry, now)
    _alert(session, service, enquiry, alerts.kind_of(enquiry, flags, priority), actor, now)


def heard(session: Session, service: Service, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """Everything the caller left has been listened to."""
    triaging.heard(session, enquiry, actor, now)
    callbacks.reconsider(session, service, enquiry, now)


def flag(session: Session, service: Service, enquiry: Enquiry, key: str, actor: Actor, now: datetime) -> None:
    """Raise one flag by one press; `urgent` raises the priority instead. What is grave alerts the duty lead."""
    flags, priority = tuple(enquiry.flags), enquiry.priority
    if key == "urgent":
        triaging.make_urgent(session, enquiry, actor, now)
    else:
        triaging.flag(session, enquiry, key, actor, now)
    callbacks.reconsider(session, service, enquiry, now)
    interpreting.see_to(session, enquiry, now)
    _alert(session, service, enquiry, alerts.kind_of(enquiry, flags, priority), actor, now)


def _alert(session: Session, service: Service, enquiry: Enquiry, kind: str | None, actor: Actor, now: datetime) -> None:
    if kind is not None:
        alerts.raise_one(session, service, enquiry, kind, actor, now)
