"""Telling: every alarm is told once, in a letter to the service's leads; a letter of which nobody knows whether it went
is sent again, and says so.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from advice_line import alarms, mail, staff
from advice_line.alarms import Alarm
from advice_line.errors import NotFound, OutsideFailed, Unanswered
from advice_line.lines.directory import Service
from advice_line.mail import Letter
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 20
NOBODY = "This service has no lead to write to: add one with `advice-line user add`."


@dataclass(frozen=True)
class Claim:
    """An alarm that is ours to tell for a while from `at` on, and to whom."""

    alarm_id: int
    at: datetime
    letter: Letter


def tell(workshop: Workshop, service: Service) -> int:
    """Send the letters that wait; returns how many were sent."""
    done = 0
    for _ in range(AT_A_TIME):
        claim = None if workshop.stopping.is_set() else _claim(workshop, service)
        if claim is None:
            break
        done += _told(workshop, service, claim)
    return done


def _claim(workshop: Workshop, service: Service) -> Claim | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        alarm = alarms.claim_to_tell(session, service.id, workshop.worker, now)
        if alarm is None:
            return None
        leads = staff.addresses_of_leads(session, service.id)
        return Claim(alarm.id, now, _letter(workshop.settings.public_url, service, alarm, leads))


def _told(workshop: Workshop, service: Service, claim: Claim) -> bool:
    if not workshop.still_holds(claim.at):
        log.warning("letter_left_alone", service=service.key, alarm_id=claim.alarm_id)
        return False
    failure = None if claim.letter.to else OutsideFailed(NOBODY)
    try:
        if claim.letter.to:
            mail.send(workshop.settings, claim.letter, workshop.now())
    except OutsideFailed as failed:
        if failed.permanent:  # it went to the others, who need not hear of it twice
            log.warning("letter_partly_refused", service=service.key, alarm_id=claim.alarm_id, problem=str(failed))
        else:
            failure = failed
    _write_down(workshop, service, claim, failure)
    return failure is None


def _write_down(workshop: Workshop, service: Service, claim: Claim, failure: OutsideFailed | None) -> None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        alarm = session.get_one(Alarm, (service.id, claim.alarm_id), with_for_update=True)
        if failure is None:
            alarms.told(alarm, now)
        elif alarms.is_claimed(alarm, workshop.worker, claim.at):  # otherwise another worker is at it
            alarms.not_told(alarm, str(failure), now, perhaps_sent=isinstance(failure, Unanswered))
    if failure is None:
        log.info("alarm_told", service=service.key, alarm_id=claim.alarm_id)
    else:
        log.warning("alarm_not_told", service=service.key, alarm_id=claim.alarm_id, problem=str(failure))


def _letter(public_url: str, service: Service, alarm: Alarm, leads: list[str]) -> Letter:
    about = [f"Line: {_label(service, alarm.subject)}"] if alarm.subject else []
    over = ["It is over by now."] if alarm.ended_at else []
    text = "\n".join(
        [
            f"{alarm.words.title}.",
            "",
            f"Service: {service.name}",
            *about,
            *([f"How many: {alarm.count}"] if not alarm.subject else []),
            *over,
            "",
            alarm.words.advice,
            "",
            f"{public_url}/reports",
        ]
    )
    name, subject = f"alarm-{service.id}-{alarm.id}", f"Advice Line: {alarm.words.title}"
    return Letter(name, leads, subject, text + "\n", perhaps_again=alarm.mail_perhaps_sent)


def _label(service: Service, key: str) -> str:
    try:
        return service.line(key).label
    except NotFound:
        return key  # it was taken out of the configuration since
