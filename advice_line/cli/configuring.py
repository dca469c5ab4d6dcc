"""`configure`: reading a service's configuration file into the database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from advice_line import clock, db
from advice_line.cli.databases import databases
from advice_line.lines import configure as applying
from advice_line.lines import reading
from advice_line.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("configure")(configure)


def configure(
    file: Annotated[Path, typer.Argument(help="The configuration file of one service (YAML).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,  # noqa: FBT002
) -> None:
    """Check a service's file and load it. Doing it twice changes nothing more."""
    settings = Settings.load()
    # Against the real network, the numbers that are kept for examples are faults too: they ring nobody.
    read = reading.read(file, example_numbers=not settings.rings_for_real)
    with databases(settings) as found, found.as_owner() as owner, db.transaction(owner, None) as session:
        changes = applying.apply(session, read, clock.now(), dry_run=dry_run)
    lines = [str(change) for change in changes] or ["Nothing to change."]
    sys.stdout.write("\n".join(lines) + "\n")
