"""`reconcile`: comparing what the telephone network lists with what is stored, from a day on."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from advice_line import log
from advice_line.clock import start_of_day
from advice_line.errors import AdviceLineError, Fault, Malformed, OutsideFailed
from advice_line.inbox.missed import Found
from advice_line.lines.directory import Service
from advice_line.reports import ledger
from advice_line.settings import Settings
from scheduler import reconciling
from scheduler.workshop import Workshop, opened


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("reconcile")(reconcile)


def reconcile(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first London day to look at.")],
    service: Annotated[str | None, typer.Option(help="The key of one service; all of them if left out.")] = None,
) -> None:
    """Add the calls and recordings that the telephone network lists and no webhook told us of. Safe to repeat."""
    settings = Settings.load()
    log.configure(settings.log_format)
    logging.getLogger().setLevel(logging.WARNING)  # what went well is said in one line at the end
    start = start_of_day(since.date())
    with opened(settings) as workshop:
        if start > workshop.now():
            raise Malformed([Fault("since", "That day has not come yet: give one that has.")])
        directory = workshop.directory
        chosen = [directory.service(service)] if service else list(directory.services.values())
        found, problems = _all(workshop, chosen, start)
        missing = sum(_missing(workshop, each) for each in chosen)
    sys.stdout.write(_summary(found, since.date(), missing))
    if problems:
        raise OutsideFailed("\n".join(problems))


def _all(workshop: Workshop, services: list[Service], start: datetime) -> tuple[Found, list[str]]:
    """What was found, and a sentence for each service in which it could not be looked."""
    found, problems = Found(), []
    with _progress(len(services) * len(list(reconciling.days(start, workshop.now())))) as step:
        for service in services:
            try:
                found += reconciling.reconcile_since(workshop, service, start, step)
            except AdviceLineError as failure:
                problems.append(f"{service.key}: {failure}")
    return found, problems


@contextmanager
def _progress(days: int) -> Iterator[Callable[[date], None]]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Comparing", total=days)
        yield lambda _day: progress.advance(task)


def _missing(workshop: Workshop, service: Service) -> int:
    with workshop.transaction(service) as session:
        return len(ledger.unaccounted(session, service.id, workshop.now()))


def _summary(found: Found, since: date, missing: int) -> str:
    return (
        f"Since {since.isoformat()} the telephone network lists: calls {found.calls_listed}, recordings"
        f" {found.recordings_listed}. Added: calls {found.calls}, recordings {found.recordings}."
        f" Unaccounted for: {missing}.\n"
    )
