"""The command `advice-line`: everything an operator does. One sentence on stderr and a non-zero exit when it fails."""

import sys
from importlib import import_module

import typer

from advice_line.errors import AdviceLineError

# Which file each command is in. Only the one that is asked for is read: a practice call need not wait for the planner.
COMMANDS = {
    "serve": "serving",
    "migrate": "serving",
    "configure": "configuring",
    "user": "people",
    "token": "people",
    "exchange": "practice",
    "ring": "practice",
    "reconcile": "reconciling",
    "report": "reporting",
    "doctor": "doctor",
    "demo": "demo",
}


def main() -> None:
    """Run the command; turn every error into one sentence."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    app = typer.Typer(
        name="advice-line",
        help="Run and look after a telephone advice line.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # With a single command typer would leave its name out; a callback keeps it.
    app.callback()(_about)
    for module in [COMMANDS[asked]] if asked in COMMANDS else sorted(set(COMMANDS.values())):
        import_module(f"advice_line.cli.{module}").add_to(app)
    try:
        sys.exit(app(standalone_mode=False))
    except AdviceLineError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
    except typer.TyperException as misspelt:
        # Standing alone, typer would frame it in a box, wrapped, under two lines on how to get help.
        sys.stderr.write(_sentence(misspelt.format_message()))
        raise SystemExit(misspelt.exit_code) from None


def _sentence(message: str) -> str:
    """What typer says, as one line; nothing where it has shown its help already."""
    said = message.replace("Value error, ", "").rstrip(".")
    return f"{said}.\n" if said else ""


def _about() -> None:
    """Run and look after a telephone advice line."""
