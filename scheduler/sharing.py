"""Sharing: whose turn it is to listen on each of the next working days, kept in step with the rota and what waits."""

import structlog

from advice_line.callbacks import turn as turns
from advice_line.lines.directory import Service
from scheduler.workshop import Workshop

log = structlog.get_logger()


def share(workshop: Workshop, service: Service) -> int:
    """Share out the turns to listen; returns how many changed."""
    with workshop.transaction(service) as session:
        changed = turns.share_out(session, service, workshop.now())
    if changed:
        log.info("listening_shared_out", service=service.key, changed=changed)
    return changed
