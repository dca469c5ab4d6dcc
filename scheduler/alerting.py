"""Alerting: duty leads are told of flags that nobody took yet, by letters and texts, each sent once.

A letter or a text says that an enquiry needs somebody, and where to sign in: no reference, no name, no number.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from advice_line import mail
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
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)
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
    """A notice that is ours to send for a while."""

    notice_id: int
    channel: str
    tries: int
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
    with workshop.transaction(service) as session:
        notice = notices.claim(session, service.id, workshop.now())
        if notice is None:
            return None
        line = next(iter(service.lines))
        return Claim(notice.id, notice.channel, notice.tries, line, notice.recipient)


def _sent(workshop: Workshop, service: Service, claim: Claim) -> bool:
    try:
        if claim.channel == "text":
            _text(workshop, service, claim)
        else:
            mail.send(workshop.settings, _letter(workshop, service, claim), workshop.now())
    except Unanswered:
        return _end(workshop, service, claim, "unknown", NEVER_KNOWN)
    except OptedOut:
        return _end(workshop, service, claim, "failed", OPTED_OUT)
    except Misconfigured as failure:
        return _end(workshop, service, claim, "failed", str(failure))
    except OutsideFailed as failure:
        return _not_sent(workshop, service, claim, failure)
    return _end(workshop, service, claim, "sent", None)


def _text(workshop: Workshop, service: Service, claim: Claim) -> None:
    url = workshop.settings.public_url
    workshop.telephone(service).text(
        claim.recipient,
        service.line(claim.line_key).number,
        WORDS.format(address=url),
        status_url=f"{url}/webhooks/message-status?line={claim.line_key}{TRY_AGAIN}",
        valid_seconds=round(VALID.total_seconds()),
    )


def _letter(workshop: Workshop, service: Service, claim: Claim) -> Letter:
    text = LETTER.format(service=service.name, address=workshop.settings.public_url)
    return Letter(f"alert-{service.id}-{claim.notice_id}", [claim.recipient], SUBJECT, text)


def _not_sent(workshop: Workshop, service: Service, claim: Claim, failure: OutsideFailed) -> bool:
    """A letter, or a text that certainly was not sent, is tried again, ever more slowly."""
    again = claim.channel == "email" or isinstance(failure, NotNow)
    if failure.permanent or not again or claim.tries >= MOST_TRIES:
        return _end(workshop, service, claim, "failed", str(failure))
    pause = min(FIRST_PAUSE * 2 ** (claim.tries - 1), LONGEST_PAUSE)
    now = workshop.now()
    with workshop.transaction(service) as session:
        notice = session.get_one(AlertNotice, (service.id, claim.notice_id), with_for_update=True)
        notices.move(session, notice, "to_send", now, send_after=now + pause, problem=str(failure))
    log.warning("alert_notice_waits", service=service.key, notice_id=claim.notice_id, problem=str(failure))
    return False


def _end(workshop: Workshop, service: Service, claim: Claim, state: str, problem: str | None) -> bool:
    with workshop.transaction(service) as session:
        notice = session.get_one(AlertNotice, (service.id, claim.notice_id), with_for_update=True)
        notices.move(session, notice, state, workshop.now(), problem=problem)
    if problem is None:
        log.info("alert_notice_sent", service=service.key, notice_id=claim.notice_id, channel=claim.channel)
    else:
        log.warning("alert_notice_not_sent", service=service.key, notice_id=claim.notice_id, problem=problem)
    return problem is None
