"""Events: what the telephone network told us is applied to the story."""

from advice_line import inbox
from advice_line.lines.directory import Service
from scheduler.workshop import Workshop

BATCH = 50


def apply(workshop: Workshop, service: Service) -> int:
    """Apply what waits in the inbox of a service, batch by batch, each in one transaction."""
    done = 0
    while not workshop.stopping.is_set():
        with workshop.transaction(service) as session:
            applied = inbox.apply_waiting(session, service, workshop.now(), BATCH)
        done += applied
        if applied < BATCH:
            break
    return done
