"""Alerting: duty leads are told of flags that nobody took yet, by letters and texts, each sent once; a letter of which
nobody knows whether it went is sent again, and says so.

A letter or a text says that an enquiry needs somebody, and where to sign in: no reference, no name, no number.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from advice_line import mail
from advice_line.backoff import Backoff
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import alert_notice as notices
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.alert_notice import NEVER_KNOWN, AlertNotice
from advice_line.errors import Misconfigured, NotNow, OptedOut, OutsideFailed, Unanswered
from advice_line.lines.directory import Service
from advice_line.mail import Letter
from advice_line.telephone.calling import TRY_AGAIN
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 50
BACKOFF = Backoff(timedelta(seconds=15), timedelta(minutes=10))
MOST_TRIES = 8
# A text that comes later than this is no help: the next round has come by then.
VALID = timedelta(hours=1)
OPTED_OUT = "A duty lead’s mobile wrote STOP to the line: it must write START before it can be told by text again."
SUBJECT = "Advice Line: an enquiry needs you now"
WORDS = "An enquiry needs you now. Please sign in: {address}"
LETTER = """An enquiry needs you now.

Somebody pressed “possible safeguarding” or “urgent”, and nobody has said yet that they are dealing with it.

Service: {service}

Sign in, look at it, and choose “I am dealing with this”. Until somebody does, you and others are told again.

{address}
"""


@dataclass(frozen=True)
class Claim:
    """A notice that is ours to send for a while from `at` on."""

    notice_id: int
    at: datetime
    channel: str
    tries: int
    perhaps_again: bool
    line_key: str
    recipient: str = field(repr=False)


def alert(workshop: Workshop, service: Service) -> int:
    """Begin the rounds that are due, and send the notices that wait; returns how many were sent."""
    with workshop.transaction(service) as session:
        due = alerts.to_tell(session, service.id, workshop.now())
    for alert_id, enquiry_id in due:
        _begin(workshop, service, alert_id, enquiry_id)
    done = 0
    for _ in range(AT_A_TIME):
        claim = None if workshop.stopping.is_set() else _claim(workshop, service)
        if claim is None:
            break
        done += _sent(workshop, service, claim)
    return done


def _begin(workshop: Workshop, service: Service, alert_id: int, enquiry_id: int) -> None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        enquiries.by_id(session, service.id, enquiry_id, lock=True)  # enquiries first, as everybody does
        found = alerts.held(session, service.id, alert_id, now)
        if found is None:
            return
        wanted = notices.begin_round(session, service, *found, now)
        log.warning("alert_round", service=service.key, alert_id=alert_id, round=found[0].rounds, notices=wanted)


def _claim(workshop: Workshop, service: Service) -> Claim | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        notice = notices.claim(session, service.id, workshop.worker, now)
        if notice is None:
            return None
        line = next(iter(service.lines))
        return Claim(notice.id, now, notice.channel, notice.tries, notice.perhaps_sent, line, notice.recipient)


def _sent(workshop: Workshop, service: Service, claim: Claim) -> bool:
    if not workshop.still_holds(claim.at):
        log.warning("alert_notice_left_alone", service=service.key, notice_id=claim.notice_id)
        return False
    try:
        if claim.channel == "text":
            _text(workshop, service, claim)
        else:
            mail.send(workshop.settings, _letter(workshop, service, claim), workshop.now())
    except OptedOut:
        return _end(workshop, service, claim, "failed", OPTED_OUT)
    except Misconfigured as failure:
        return _end(workshop, service, claim, "failed", str(failure))
    except OutsideFailed as failure:
        return _not_sent(workshop, service, claim, failure)
    return _end(workshop, service, claim, "sent", None)


def _text(workshop: Workshop, service: Service, claim: Claim) -> None:
    url = workshop.settings.public_url
    sid = workshop.telephone(service).text(
        claim.recipient,
        service.line(claim.line_key).number,
        WORDS.format(address=url),
        status_url=f"{url}/webhooks/message-status?line={claim.line_key}&notice={claim.notice_id}{TRY_AGAIN}",
        valid_seconds=round(VALID.total_seconds()),
    )
    log.info("alert_text_sent", service=service.key, notice_id=claim.notice_id, message_sid=sid)


def _letter(workshop: Workshop, service: Service, claim: Claim) -> Letter:
    text = LETTER.format(service=service.name, address=workshop.settings.public_url)
    name = f"alert-{service.id}-{claim.notice_id}"
    return Letter(name, [claim.recipient], SUBJECT, text, perhaps_again=claim.perhaps_again)


def _not_sent(workshop: Workshop, service: Service, claim: Claim, failure: OutsideFailed) -> bool:
    """A letter, or a text that certainly was not sent, is tried again, ever more slowly."""
    unanswered = isinstance(failure, Unanswered)
    if unanswered and claim.channel == "text":
        return _end(workshop, service, claim, "unknown", NEVER_KNOWN)
    again = claim.channel == "email" or isinstance(failure, NotNow)
    if failure.permanent or not again or claim.tries >= MOST_TRIES:
        return _end(workshop, service, claim, "failed", str(failure))
    now = workshop.now()
    later = {"send_after": now + BACKOFF.after(claim.tries), "perhaps_sent": claim.perhaps_again or unanswered}
    with workshop.transaction(service) as session:
        notice = session.get_one(AlertNotice, (service.id, claim.notice_id), with_for_update=True)
        if notices.is_claimed(notice, workshop.worker, claim.at):  # otherwise another worker is at it
            notices.move(session, notice, "to_send", now, problem=str(failure), **later)
    log.warning("alert_notice_waits", service=service.key, notice_id=claim.notice_id, problem=str(failure))
    return False


def _end(workshop: Workshop, service: Service, claim: Claim, state: str, problem: str | None) -> bool:
    with workshop.transaction(service) as session:
        notice = session.get_one(AlertNotice, (service.id, claim.notice_id), with_for_update=True)
        if problem is None or notices.is_claimed(notice, workshop.worker, claim.at):
            notices.move(session, notice, state, workshop.now(), problem=problem)
    if problem is None:
        log.info("alert_notice_sent", service=service.key, notice_id=claim.notice_id, channel=claim.channel)
    else:
        log.warning("alert_notice_not_sent", service=service.key, notice_id=claim.notice_id, problem=problem)
    return problem is None
