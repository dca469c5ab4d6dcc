"""Telling: every alarm is told once, in a letter to the service's leads."""

from dataclasses import dataclass

import structlog

from advice_line import alarms, mail, staff
from advice_line.alarms import Alarm
from advice_line.errors import NotFound, OutsideFailed
from advice_line.lines.directory import Service
from advice_line.mail import Letter
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 20
NOBODY = "This service has no lead to write to: add one with `advice-line user add`."


@dataclass(frozen=True)
class Claim:
    """An alarm that is ours to tell for a while, and to whom."""

    alarm_id: int
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
    with workshop.transaction(service) as session:
        alarm = alarms.claim_to_tell(session, service.id, workshop.now())
        if alarm is None:
            return None
        leads = staff.addresses_of_leads(session, service.id)
        return Claim(alarm.id, _letter(workshop.settings.public_url, service, alarm, leads))


def _told(workshop: Workshop, service: Service, claim: Claim) -> bool:
    problem = None if claim.letter.to else NOBODY
    try:
        if claim.letter.to:
            mail.send(workshop.settings, claim.letter, workshop.now())
    except OutsideFailed as failure:
        problem = str(failure)
        if failure.permanent:  # it went to the others, who need not hear of it twice
            log.warning("letter_partly_refused", service=service.key, alarm_id=claim.alarm_id, problem=problem)
            problem = None
    with workshop.transaction(service) as session:
        alarm = session.get_one(Alarm, (service.id, claim.alarm_id), with_for_update=True)
        if problem is None:
            alarms.told(alarm, workshop.now())
            log.info("alarm_told", service=service.key, alarm_id=claim.alarm_id)
        else:
            alarms.not_told(alarm, problem, workshop.now())
            log.warning("alarm_not_told", service=service.key, alarm_id=claim.alarm_id, problem=problem)
    return problem is None


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
    return Letter(f"alarm-{service.id}-{alarm.id}", leads, f"Advice Line: {alarm.words.title}", text + "\n")


def _label(service: Service, key: str) -> str:
    try:
        return service.line(key).label
    except NotFound:
        return key  # it was taken out of the configuration since
