"""`report`: figures of a period on the terminal or as CSV."""

import csv
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from advice_line import clock, db
from advice_line.cli.databases import databases
from advice_line.lines.directory import Directory
from advice_line.reports import measures, volume
from advice_line.reports.period import Period
from advice_line.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("report")(report)


def report(
    service: Annotated[str, typer.Option(help="The service's key.")],
    from_: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first London day.")],
    to: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last London day, included.")],
    by: Annotated[volume.By, typer.Option(help="How volume is broken down.")] = "week",
    format_: Annotated[Literal["table", "csv"], typer.Option("--format", help="How it is printed.")] = "table",
) -> None:
    """Volume and measures of one service and period."""
    settings = Settings.load()
    period = Period(from_.date(), to.date())
    with databases(settings) as found, found.as_serving() as engine:
        with db.transaction(engine, None) as session:
            chosen = Directory.load(session).service(service)
        with db.transaction(engine, chosen.id) as session:
            counted = volume.volume(session, chosen.id, period, by)
            measured = measures.measures(session, chosen, period, clock.now())
    _print(format_, "Volume", ["key", "label", "calls", "messages", "enquiries"], [_cells(row) for row in counted])
    names = ["key", "label", "numerator", "denominator", "value", "unit"]
    rows = [
        [str(getattr(each, name) if getattr(each, name) is not None else "") for name in names] for each in measured
    ]
    _print(format_, "Measures", names, rows)


def _cells(row: volume.Row) -> list[str]:
    return [row.key, row.label, str(row.calls), str(row.messages), str(row.enquiries)]


def _print(format_: str, title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if format_ == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["section", *names])
        writer.writerows([title.lower(), *row] for row in rows)
        return
    table = Table(*names, title=title)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
