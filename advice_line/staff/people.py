"""People: those who may sign in, and the roles they hold in services.

People and roles are added by an operator (`advice-line user add`) as the owner of the database; the serving role may
read them, and change a password. Read next: sign_in.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Text, column, func, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import audit
from advice_line.audit import Actor
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.errors import Conflict, Fault, Malformed, NotFound
from advice_line.staff import passwords

ROLES = ("therapist", "lead", "admin")
RESERVED_ROLES = ("auditor", "integration", "organisation")
OPERATOR = Actor.part("operator")
EMAIL = re.compile(r"[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+")

# Only what is asked of it here: the services themselves are configured in `lines`, which is no part of this noun.
SERVICE = table("service", column("id"), column("key", Text), column("name", Text))


class Person(Base):
    __tablename__ = "person"

    id: Mapped[Id]
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[Moment]
    disabled_at: Mapped[Moment | None]


class PersonRole(Base):
    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True)
    service_id: Mapped[ServiceId]
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[Moment]


@dataclass(frozen=True)
class Grant:
    """A role to be given in a service, by the service's key."""

    service: str
    role: str


@dataclass(frozen=True)
class Membership:
    """The roles a person holds in one service."""

    service_id: int
    service_name: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Colleague:
    """A person as the others of a service see them: no password, and the roles of that service alone."""

    name: str
    email: str
    roles: tuple[str, ...]
    since: datetime
    disabled_at: datetime | None


def add_person(
    session: Session, email: str, name: str, grants: Iterable[Grant], now: datetime, *, password: str | None = None
) -> str:
    """Add a person with their roles and return the password to hand over: the one given, else one made up.

    Malformed for an address or password that cannot serve, Conflict when the person is there already.
    """
    email, name = email.strip(), name.strip()
    if not EMAIL.fullmatch(email):
        raise Malformed([Fault("email", "Enter an email address in the right form, like name@example.nhs.uk")])
    first_password = password or passwords.made_up()
    person = session.scalars(
        insert(Person)
        .values(email=email, name=name, password_hash=passwords.hashed(first_password, email), created_at=now)
        .on_conflict_do_nothing()
        .returning(Person)
    ).one_or_none()
    if person is None:
        raise Conflict("That person is there already: add the role to them instead.")
    audit.record(session, OPERATOR, "person_added", f"person {person.id}", now, service_id=None)
    for grant in grants:
        add_role(session, person, grant, now)
    return first_password


def add_role(session: Session, person: Person, grant: Grant, now: datetime) -> None:
    """Give a person a role in a service; safe to repeat. Refuses roles and services that are not there."""
    check_role(grant.role)
    service_id = service_of(session, grant.service)
    given = session.execute(
        insert(PersonRole)
        .values(person_id=person.id, service_id=service_id, role=grant.role, granted_at=now)
        .on_conflict_do_nothing()
        .returning(PersonRole.role)
    ).one_or_none()
    if given:
        detail = {"role": grant.role}
        audit.record(session, OPERATOR, "role_added", f"person {person.id}", now, service_id=service_id, detail=detail)


def by_email(session: Session, email: str) -> Person | None:
    """The person with this e-mail address, capitals or not; also one who may no longer sign in."""
    return session.scalars(select(Person).where(func.lower(Person.email) == email.strip().lower())).one_or_none()


def memberships(session: Session, person: Person) -> tuple[Membership, ...]:
    """The services a person belongs to, by name, with the roles held in each."""
    rows = session.execute(
        select(PersonRole.service_id, SERVICE.c.name, PersonRole.role)
        .join(SERVICE, SERVICE.c.id == PersonRole.service_id)
        .where(PersonRole.person_id == person.id)
        .order_by(SERVICE.c.name.collate("C"), PersonRole.service_id)
    )
    roles: dict[tuple[int, str], set[str]] = defaultdict(set)
    for service_id, name, role in rows:
        roles[service_id, name].add(role)
    return tuple(Membership(service_id, name, frozenset(held)) for (service_id, name), held in roles.items())


def of_service(session: Session, service_id: int) -> Sequence[Colleague]:
    """Everybody who holds a role in a service, by name."""
    rows = session.execute(
        select(Person, func.array_agg(PersonRole.role), func.min(PersonRole.granted_at))
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.service_id == service_id)
        .group_by(Person.id)
        .order_by(func.lower(Person.name).collate("C"), Person.id)
    )
    return [
        Colleague(person.name, person.email, tuple(sorted(roles, key=ROLES.index)), since, person.disabled_at)
        for person, roles, since in rows
    ]


def addresses_of_leads(session: Session, service_id: int) -> list[str]:
    """The e-mail addresses of a service's leads who may still sign in."""
    return list(
        session.scalars(
            select(Person.email)
            .join(PersonRole, PersonRole.person_id == Person.id)
            .where(PersonRole.service_id == service_id, PersonRole.role == "lead", Person.disabled_at.is_(None))
            .order_by(Person.id)
        )
    )


def names(session: Session, person_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of these people, as colleagues read them, by id."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return dict(found.all())


def check_role(role: str) -> None:
    """Malformed unless this is a role that can be given today."""
    if role in RESERVED_ROLES:
        raise Malformed([Fault("role", f"The role {role} is not built yet: choose one of {', '.join(ROLES)}.")])
    if role not in ROLES:
        raise Malformed([Fault("role", f"There is no role {role!r}: choose one of {', '.join(ROLES)}.")])


def service_of(session: Session, key: str) -> int:
    """The id of the service with this key; NotFound when it is not configured."""
    found: int | None = session.scalar(select(SERVICE.c.id).where(SERVICE.c.key == key))
    if found is None:
        raise NotFound(f"There is no service {key!r}: configure it first.")
    return found
