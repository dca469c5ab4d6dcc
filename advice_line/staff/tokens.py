"""Tokens: what a program shows instead of a password, for one service and one role, perhaps as one person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import audit
from advice_line.audit import Actor
from advice_line.db import Base, Id, Moment
from advice_line.errors import Conflict, NotFound, NotSignedIn
from advice_line.staff import random_token
from advice_line.staff.people import OPERATOR, Person, PersonRole, by_email, check_role, service_of

PREFIX = "al_"  # lets a scanner for leaked secrets know one when it sees it


class Token(Base):
    __tablename__ = "token"

    id: Mapped[Id]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"))
    role: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    created_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]


@dataclass(frozen=True)
class Bearer:
    """Who showed a token: a program, or a program that acts as a person."""

    token_id: int
    service_id: int
    role: str
    person_id: int | None

    @property
    def actor(self) -> Actor:
        """The same as the audit trail names them: always with the token."""
        if self.person_id is None:
            return Actor(system="program", token_id=self.token_id)
        return Actor(person_id=self.person_id, token_id=self.token_id)


def add_token(session: Session, name: str, role: str, service: str, for_email: str | None, now: datetime) -> str:
    """Make a token and return it, this once: only its digest is kept. `service` is the service's key.

    With `for_email` it acts as that person, who must hold the role in the service (else Conflict).
    """
    check_role(role)
    service_id = service_of(session, service)
    person = _holder(session, for_email, service_id, role) if for_email else None
    token = PREFIX + random_token.new()
    token_id = session.execute(
        insert(Token)
        .values(
            digest=random_token.digest(token),
            name=name.strip(),
            service_id=service_id,
            role=role,
            person_id=person.id if person else None,
            created_at=now,
        )
        .returning(Token.id)
    ).scalar_one()
    detail = {"role": role, "person": person.id if person else None}
    audit.record(session, OPERATOR, "token_added", f"token {token_id}", now, service_id=service_id, detail=detail)
    return token


def person_with_token(session: Session, bearer: str) -> Bearer:
    """Who shows this token. NotSignedIn when it is unknown or revoked, or when its person lost the role."""
    row = session.execute(
        select(Token, Person, PersonRole)
        .outerjoin(Person, Person.id == Token.person_id)
        .outerjoin(
            PersonRole,
            (PersonRole.person_id == Token.person_id)
            & (PersonRole.service_id == Token.service_id)
            & (PersonRole.role == Token.role),
        )
        .where(
            Token.digest == random_token.digest(bearer),
            Token.revoked_at.is_(None),
            or_(Token.person_id.is_(None), Person.disabled_at.is_(None) & PersonRole.role.is_not(None)),
        )
    ).one_or_none()
    if row is None:
        raise NotSignedIn("The token is not known here, or is no longer good. Ask for a new one.")
    token, _, _ = row
    return Bearer(token.id, token.service_id, token.role, token.person_id)


def _holder(session: Session, email: str, service_id: int, role: str) -> Person:
    person = by_email(session, email)
    if person is None or person.disabled_at is not None:
        raise NotFound("There is nobody with that email address: add the person first.")
    held = session.scalar(
        select(PersonRole.role).where(
            PersonRole.person_id == person.id, PersonRole.service_id == service_id, PersonRole.role == role
        )
    )
    if held is None:
        raise Conflict(f"That person is no {role} in that service: add the role to them first.")
    return person
