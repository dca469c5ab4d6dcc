"""Stopping: a call that its therapist gave up while their phone rang is ended, as long as nobody has picked up."""

import structlog

from advice_line.callbacks import cut_short
from advice_line.callbacks.attempt import Attempt
from advice_line.lines.directory import Service
from scheduler.workshop import Workshop

log = structlog.get_logger()


def stop(workshop: Workshop, service: Service) -> int:
    """Stop the calls that therapists gave up while their phone rang; returns how many. Asking twice does no harm."""
    with workshop.transaction(service) as session:
        unwanted = [(attempt.id, attempt.call_sid or "") for attempt in cut_short.to_stop(session, service.id)]
    for attempt_id, sid in unwanted:
        workshop.telephone(service).stop_ringing(sid)
        with workshop.transaction(service) as session:
            session.get_one(Attempt, (service.id, attempt_id), with_for_update=True).to_stop = False
        log.info("attempt_stopped", attempt_id=attempt_id)
    return len(unwanted)
