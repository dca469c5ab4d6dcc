"""Reconciling: every quarter of an hour the network's own lists of calls and recordings are compared with ours.

A day is read whole before anything of it is kept, and kept in one transaction: a list that breaks off changes nothing.
What is added goes through the inbox, so that reading twice, or two readers at once, add nothing twice.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import structlog

from advice_line import inbox
from advice_line.errors import Misconfigured, NotNow, OutsideFailed
from advice_line.inbox import reconciliation
from advice_line.inbox.missed import Found, Listing
from advice_line.lines.directory import Service
from scheduler import events
from scheduler.workshop import Workshop

log = structlog.get_logger()

Progress = Callable[[date], None]


def reconcile(workshop: Workshop, service: Service) -> int:
    """Read the lists if it is time; returns how many calls and recordings were added that no webhook had told us of."""
    began = workshop.now()
    with workshop.transaction(service) as session:
        since = reconciliation.claim(session, service.id, began)
    if since is None:
        return 0
    try:
        found = reconcile_since(workshop, service, since)
    except (OutsideFailed, Misconfigured) as failure:
        log.warning("not_reconciled", service=service.key, problem=str(failure))
        after = failure.after if isinstance(failure, NotNow) else None
        with workshop.transaction(service) as session:
            reconciliation.failed(session, service.id, str(failure), workshop.now(), after)
        return 0
    return found.calls + found.recordings


def reconcile_since(
    workshop: Workshop, service: Service, since: datetime, progress: Progress = lambda _day: None
) -> Found:
    """Compare everything since a moment, day by day in GMT, and apply what was missed. Raises OutsideFailed.

    `progress` is told of every day that is done. Days before a failure stay compared.
    """
    began, found = workshop.now(), Found()
    for day in days(since, began):
        if workshop.stopping.is_set():
            return found
        found += _compared(workshop, service, day)
        progress(day)
    with workshop.transaction(service) as session:
        reconciliation.done(session, service.id, since, began)
    log.info(
        "reconciled", service=service.key, listed=found.calls_listed + found.recordings_listed,
        calls_added=found.calls, recordings_added=found.recordings,
    )  # fmt: skip
    return found


def days(since: datetime, until: datetime) -> Iterator[date]:
    """Every day in GMT that has a part of the time between two moments."""
    day, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _compared(workshop: Workshop, service: Service, day: date) -> Found:
    telephone = workshop.telephone(service)
    listing = Listing(
        calls={line.key: telephone.calls_of(line.number, day) for line in service.lines.values()},
        recordings=telephone.recordings_on(day),
    )
    events.apply(workshop, service)  # what was told in the meantime is no longer missed
    with workshop.transaction(service) as session:
        found = inbox.add_missed(session, service, listing, workshop.now())
    events.apply(workshop, service)
    return found
