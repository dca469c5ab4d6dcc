"""`doctor`: looks at everything the product needs, and says what to do about what is wrong. It changes nothing."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from advice_line import db
from advice_line.cli.databases import databases
from advice_line.cli.doctor import account, database, machine, public_address
from advice_line.cli.doctor.finding import Finding, fault
from advice_line.errors import AdviceLineError, NotFound
from advice_line.lines.directory import Directory
from advice_line.settings import Settings
from webhooks.fallback import page_of


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("doctor")(doctor)


def doctor(
    fallback: Annotated[
        str | None, typer.Option(help="Print the page that takes messages of this line while our servers are away.")
    ] = None,
) -> None:
    """Check settings, database, clock, recordings, telephone accounts and numbers. Exit 1 when something is wrong."""
    settings = Settings.load()
    if fallback is not None:
        sys.stdout.write(page_of_line(settings, fallback) + "\n")
        return
    faults = 0
    for finding in findings(settings):
        sys.stdout.write(f"{finding}\n")
        sys.stdout.flush()
        faults += not finding.is_well
    if faults:
        raise SystemExit(1)


def findings(settings: Settings) -> Iterator[Finding]:
    """Everything that was looked at, one after the other."""
    yield from machine.findings(settings)
    directory = None
    try:
        with databases(settings) as found:
            seen = database.Examination(found, settings)
            yield from seen.findings()
            directory = seen.directory
    except AdviceLineError as error:
        yield fault(str(error))
    yield from account.findings(settings, directory)
    yield from public_address.of_links(settings, directory)
    yield from public_address.findings(settings)


def page_of_line(settings: Settings, key: str) -> str:
    """The fallback page of a line. Raises NotFound."""
    with databases(settings) as found, found.as_serving() as engine, db.transaction(engine, None) as session:
        line = Directory.load(session).lines.get(key)
    if line is None:
        raise NotFound(f"There is no line called {key}: give the key that its service's file has.")
    return page_of(line, settings.public_url)
