"""`user add` and `token add`: who may come in."""

import sys
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from advice_line import clock, db, staff
from advice_line.cli.databases import databases
from advice_line.errors import Misconfigured, NotFound
from advice_line.lines.directory import Directory
from advice_line.lines.roster import link_person
from advice_line.settings import Settings

RoleOption = Annotated[list[str], typer.Option(help="therapist, lead or admin. Repeat it together with --service.")]
ServiceOption = Annotated[list[str], typer.Option(help="The key of the service. Repeat it together with --role.")]

users = typer.Typer(help="People who sign in.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens for programs.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(users, name="user")
    app.add_typer(tokens, name="token")


@users.callback()
def _users() -> None:
    """People who sign in."""


@tokens.callback()
def _tokens() -> None:
    """Tokens for programs."""


@users.command("add")
def add_user(
    email: str,
    role: RoleOption,
    service: ServiceOption,
    name: Annotated[str, typer.Option(help="The person's name as colleagues read it.")] = "",
) -> None:
    """Add a person, or give one who is there another role. Prints the first password of a new person, this once."""
    grants = [staff.Grant(service=key, role=each) for key, each in _pairs(role, service)]
    with databases(Settings.load()) as found, found.as_owner() as owner, db.transaction(owner, None) as session:
        known = staff.by_email(session, email)
        password = None if known else staff.add_person(session, email, name or email.partition("@")[0], [], clock.now())
        for grant in grants:
            add_role(session, email, grant)
    said = f"First password: {password}" if password else "This person was there already: the roles were added."
    sys.stdout.write(f"{said}\n")


def add_role(session: Session, email: str, grant: staff.Grant) -> None:
    """Give a person a role, and tie them to the therapist of that address in the service's rota."""
    person = staff.by_email(session, email)
    if person is None:
        raise NotFound("There is nobody with that email address: add the person first.")
    staff.add_role(session, person, grant, clock.now())
    service = Directory.load(session).service(grant.service)
    link_person(session, service.id, person.id, person.email)


@tokens.command("add")
def add_token(
    name: str,
    role: Annotated[str, typer.Option(help="therapist, lead or admin.")],
    service: Annotated[str, typer.Option(help="The key of the service.")],
    for_: Annotated[str | None, typer.Option("--for", help="The e-mail of the person it acts as.")] = None,
) -> None:
    """Make a token and print it, this once."""
    with databases(Settings.load()) as found, found.as_owner() as owner, db.transaction(owner, None) as session:
        token = staff.add_token(session, name, role, service, for_, clock.now())
    sys.stdout.write(f"{token}\n")


def _pairs(roles: list[str], services: list[str]) -> list[tuple[str, str]]:
    """Role and service, pair by pair; one of either goes with all of the other."""
    if len(services) == 1:
        return [(services[0], role) for role in roles]
    if len(roles) == 1:
        return [(service, roles[0]) for service in services]
    if len(roles) != len(services):
        raise Misconfigured("Give as many --service as --role, or one of either for all of the other.")
    return list(zip(services, roles, strict=True))
