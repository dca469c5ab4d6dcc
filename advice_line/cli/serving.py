"""`serve` and `migrate`: running the product on one machine, or one role of it."""

import os
import socket
import sys
from collections.abc import Mapping
from typing import Annotated, Literal

import typer
from sqlalchemy.exc import OperationalError

from advice_line import db, log, schema
from advice_line.cli.databases import Databases, databases
from advice_line.cli.process_tree import ProcessTree
from advice_line.errors import Misconfigured, OutsideFailed
from advice_line.settings import Settings

Role = Literal["web", "webhooks", "scheduler"]
HostOption = Annotated[str, typer.Option(help="The address to listen on.")]
PortOption = Annotated[int, typer.Option(help="The port to listen on.")]
LOCK_NOT_AVAILABLE = "55P03"
BUSY = (
    "Nothing was migrated: another migration is at work, or somebody uses a table that must change, and no caller "
    "shall wait behind us. Try again in a minute; if that does not help, stop the product for as long as it migrates."
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("serve")(serve)
    app.command("migrate")(migrate)


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    only: Annotated[Role | None, typer.Option(help="Serve one role alone, on a machine of its own.")] = None,
) -> None:
    """Run the product until Ctrl-C: pages, the telephone's webhooks and the scheduler."""
    settings = Settings.load()
    log.configure(settings.log_format)
    settings.refuse_half_a_network()
    with databases(settings) as found:
        if settings.database_url is None:
            bring_up_to_date(found)
        check_database(found)
        if only != "scheduler":
            refuse_taken_ports(host, port)
        tree = ProcessTree()
        tree.stop_on_signals()
        environment = environment_for(found)
        try:
            start_roles(tree, environment, host, port, only)
            tree.watch()
        finally:
            tree.stop()


def migrate() -> None:
    """Bring the database to this version's tables and rights."""
    settings = Settings.load()
    with databases(settings) as found:
        applied = bring_up_to_date(found)
    sys.stdout.write(f"Applied: {', '.join(applied)}.\n" if applied else "The database was up to date.\n")


def bring_up_to_date(found: Databases) -> list[str]:
    """Apply what is missing; returns the revisions applied."""
    with found.as_owner() as owner:
        try:
            return schema.migrate(owner, found.serving_role)
        except OperationalError as error:
            if db.sqlstate(error) != LOCK_NOT_AVAILABLE:
                raise
            raise OutsideFailed(BUSY) from None


def check_database(found: Databases) -> None:
    """Refuse to serve with too mighty a role, or a database of another version."""
    with found.as_serving() as engine:
        db.refuse_unsafe_role(engine)
        if not schema.is_current(engine):
            raise Misconfigured("The database is not at this version: run `advice-line migrate` first.")


def environment_for(found: Databases) -> dict[str, str]:
    """This process's environment with the address of the database, for its children."""
    # A child is given the serving role alone: it never sees the owner's password.
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}  # noqa: TID251
    return {**environment, "DATABASE_URL": found.serving_url}


def refuse_taken_ports(host: str, *ports: int) -> None:
    """Raise Misconfigured when somebody else listens there already."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                raise Misconfigured(
                    f"Port {port} is in use: stop what listens there (another Advice Line, perhaps) and try again."
                ) from None


def start_roles(
    tree: ProcessTree, environment: Mapping[str, str], host: str, port: int, only: Role | None = None
) -> None:
    """Start the web process (with the webhooks in it, unless they are served alone) and the scheduler."""
    listen = ["--host", host, "--port", str(port), "--no-access-log", "--no-server-header", "--log-level", "warning"]
    factories = {
        None: "advice_line.main:create_app",
        "web": "advice_line.main:create_web",
        "webhooks": "advice_line.main:create_telephone",
    }
    if only in factories:
        # uvicorn: forwarded headers are not trusted, since signatures are checked against PUBLIC_URL alone.
        tree.add(only or "web", ["uvicorn", "--factory", factories[only], *listen, "--no-proxy-headers"], environment)
    if only in {None, "scheduler"}:
        tree.add("scheduler", ["scheduler"], environment)
