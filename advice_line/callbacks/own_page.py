"""The caller's own page: what is said on it, and what that does to the promise. The planner is asked at once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from advice_line.audit import record
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import interpreting
from advice_line.enquiries import said as saying
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.said import CALLER, Said
from advice_line.errors import Fault, Malformed, TooMany
from advice_line.lines.directory import Service

OFTEN = "You have told us something many times today. Ring us if there is more to say"
OURS = "We cannot ring that number. Give the number of a phone that you answer yourself"


def told(
    session: Session, service: Service, enquiry: Enquiry, said: Said, our_lines: Collection[str], now: datetime
) -> None:
    """Write down what the caller told us, and bring the callback into line with it.

    Malformed for a number that is one of `our_lines` or stands for many people (edge case E05b); TooMany after
    `said.MOST_A_DAY` times within 24 hours. Nothing is changed then.
    """
    if said.number in {*our_lines, *service.configuration.switchboard_numbers}:
        raise Malformed([Fault("number", OURS)])
    if saying.times_today(session, enquiry, now) >= saying.MOST_A_DAY:
        raise TooMany(OFTEN)
    if not saying.write(session, enquiry, said, now):
        return
    if said.contact_times is not None or said.days is not None:
        _forget_wanted(session, enquiry)
    _keep_in_line(session, service, enquiry, "caller told", now)


def told_sorted(session: Session, service: Service, enquiry: Enquiry, now: datetime) -> None:
    """The caller says that it is sorted: it stays on somebody's list, for as long as it takes to look and to close."""
    if saying.write_sorted(session, enquiry, now):
        _keep_in_line(session, service, enquiry, "caller sorted", now)


def looked_at(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """Somebody who has the link opened the page. Only the audit trail knows: a phone looks by itself, too."""
    record(session, CALLER, "caller page seen", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)


def _keep_in_line(session: Session, service: Service, enquiry: Enquiry, what: str, now: datetime) -> None:
    callbacks.reconsider(session, service, enquiry, now)
    interpreting.see_to(session, enquiry, now)
    record(session, CALLER, what, f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)


def _forget_wanted(session: Session, enquiry: Enquiry) -> None:
    """Their newer word on when to ring goes before a time agreed in an earlier call; never before one promised."""
    callback = callbacks.open_for(session, enquiry)
    if callback is not None and not callback.promised:
        callback.wanted_from = callback.wanted_to = None
