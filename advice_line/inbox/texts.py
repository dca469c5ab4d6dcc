"""What the network tells of texts: one that came in, and what became of one to a caller or to a duty lead."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from advice_line.enquiries import alert_notice as notices
from advice_line.inbox.event import ProviderEvent
from advice_line.lines.directory import Service
from advice_line.lines.texts import Texts
from advice_line.telephone.texting import why_not_delivered
from advice_line.telephone.told_text import ToldText, read
from advice_line.texting import arriving
from advice_line.texts import text as texts

log = structlog.get_logger()

NOT_DELIVERED = frozenset({"undelivered", "failed"})


def follow(session: Session, service: Service, event: ProviderEvent, now: datetime) -> None:
    """Bring the story to where this event says that a text is."""
    told = read(event.path, event.body)
    if told.notice_id is not None:
        _of_notice(session, service, told.notice_id, told, now)
        return
    configured = service.configuration.texts
    if configured is None or event.line_key is None:
        log.warning("text_not_wanted", event_id=event.id)
        return
    MEANING[event.kind](session, service, configured, event, told, now)


def _arrived(
    session: Session, service: Service, configured: Texts, event: ProviderEvent, told: ToldText, now: datetime
) -> None:
    """Somebody wrote to a line."""
    arriving.arrive(session, service.line(event.line_key or ""), configured, told, event.received_at, now)


def _status(
    session: Session, service: Service, _configured: Texts, _event: ProviderEvent, told: ToldText, now: datetime
) -> None:
    """A text of ours got further, or ended."""
    text = _told_of(session, service, told)
    if text is None or told.state is None or told.sid is None:
        return
    if text.sid is None:
        text.sid = told.sid
    problem = why_not_delivered(told.error_code) if told.state in NOT_DELIVERED else None
    texts.forward(session, text, told.state, now, problem=problem)


def _of_notice(session: Session, service: Service, notice_id: int, told: ToldText, now: datetime) -> None:
    """A text to a duty lead got further, or ended: also where callers are not texted."""
    why = why_not_delivered(told.error_code)
    if notices.told(session, service.id, notice_id, told.state, now, why=why) and told.state in NOT_DELIVERED:
        log.warning("alert_text_not_delivered", service=service.key, notice_id=notice_id, problem=why)


def _told_of(session: Session, service: Service, told: ToldText) -> texts.TextMessage | None:
    """The address that we handed out has our own id: we know it even if we never learnt the network's."""
    text = texts.by_id(session, service.id, told.text_id) if told.text_id else None
    if text is None or (text.sid is not None and text.sid != told.sid):
        return texts.by_sid(session, service.id, told.sid) if told.sid else None
    return text


MEANING = {"text": _arrived, "text_status": _status}
