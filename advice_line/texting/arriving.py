"""Arriving: what a caller's text means. It joins the caller's open enquiry or opens one, and wants to be answered.

STOP and START are orders to us, and open nothing. HELP may be more than an order: somebody reads it, too.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.db import notify
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import opening
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.opening import Contact
from advice_line.lines.directory import Line
from advice_line.lines.texts import Texts
from advice_line.telephone import numbers
from advice_line.telephone.told_text import ToldText
from advice_line.texting import owed
from advice_line.texting.owed import TEXTER
from advice_line.texts import text as texts


def arrive(session: Session, line: Line, configured: Texts, told: ToldText, at: datetime, now: datetime) -> None:
    """Take in a text that came at `at` to a line of a service with these texts. Repeating it changes nothing."""
    service = line.service
    if told.sid is None or texts.by_sid(session, service.id, told.sid) is not None:
        return
    if told.number is not None and _obeyed(session, service.id, told.number, told, at, now):
        return
    shared = told.number in service.configuration.switchboard_numbers
    number = None if shared else told.number
    contact = Contact(service.id, line.key, at, number, withheld=told.number is None)
    enquiry, opened = opening.open_or_join_by_text(session, contact, reference=service.configuration.reference, now=now)
    text = texts.received(session, line, enquiry.id, told, at)
    _agree(session, enquiry, now)
    if told.asks_for_help:
        owed.help_with(session, configured, text, enquiry, now)
    callbacks.promise(session, line, enquiry, at, now)
    if not opened:
        callbacks.reconsider(session, service, enquiry, now)
    notify(session, "text")


def _obeyed(session: Session, service_id: int, number: str, told: ToldText, at: datetime, now: datetime) -> bool:
    """Whether the text was STOP or START, and nothing else."""
    starts = told.starts(stopped=texts.has_stopped(session, service_id, number))
    if not (told.stops or starts):
        return False
    texts.stop(session, service_id, number, at, stopped=told.stops)
    enquiry = opening.open_enquiry_of(session, service_id, number)
    if enquiry is not None:
        enquiries.note(session, enquiry, "texts_stopped" if told.stops else "texts_started", TEXTER, now)
    return True


def _agree(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """Who texts us wants texts, unless somebody wrote down that they do not."""
    if enquiry.caller_texts is None and numbers.can_be_texted(enquiry.caller_number):
        enquiry.caller_texts = True
        enquiries.note(session, enquiry, "texts_asked_for", TEXTER, now)
