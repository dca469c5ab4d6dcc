"""Makers and lookers for tests about texts."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.texts import Texts
from advice_line.telephone.told_text import read
from advice_line.texting import arriving
from advice_line.texts.text import TextMessage
from tests import factories

LINE = "herts_advice_line"


def texts_of(service: Service) -> Texts:
    """The service's words."""
    texts = service.configuration.texts
    assert texts
    return texts


def an_agreed_enquiry(session: Session, service: Service, now: datetime, **changes: Any) -> Enquiry:
    """An enquiry that was listened to, whose caller wants texts at their mobile."""
    return factories.a_heard_enquiry(session, service, now, None, **{"caller_texts": True, **changes})


def writes(
    session: Session, service: Service, words: str, now: datetime, *, number: str = factories.MOBILE, sid: str = ""
) -> None:
    """Somebody sends a text to the line."""
    body = urlencode({"MessageSid": sid or factories.a_sid("SM"), "From": number, "Body": words})
    told = read("/webhooks/sms", body)
    arriving.arrive(session, service.line(LINE), texts_of(service), told, now, now)
    session.flush()


def all_texts(session: Session) -> list[TextMessage]:
    """Every text of the service, oldest first."""
    query = select(TextMessage).order_by(TextMessage.id).execution_options(populate_existing=True)
    return list(session.scalars(query))


def outgoing(session: Session) -> list[tuple[str, str]]:
    """What each text to a caller is for, and its state."""
    return [(text.purpose, text.state) for text in all_texts(session) if text.purpose]
