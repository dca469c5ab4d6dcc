"""The command `advice-line`: everything an operator does. One sentence on stderr and a non-zero exit when it fails."""

import sys

import typer

from advice_line.cli import configuring, demo, people, practice, reporting, serving
from advice_line.errors import AdviceLineError

app = typer.Typer(
    name="advice-line",
    help="Run and look after a telephone advice line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
serving.add_to(app)
configuring.add_to(app)
people.add_to(app)
practice.add_to(app)
reporting.add_to(app)
demo.add_to(app)


def main() -> None:
    """Run the command; turn our own errors into one sentence."""
    try:
        app()
    except AdviceLineError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
