"""Who asks: the bearer of a token, the service it belongs to, and the transaction the request runs in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from advice_line import db, staff
from advice_line.audit import Actor
from advice_line.door import Door
from advice_line.errors import Forbidden, NotFound, NotSignedIn
from advice_line.lines.directory import Directory, Service

bearer = HTTPBearer(auto_error=False, description="A token made with `advice-line token add`.")
CLINICAL = frozenset({"therapist", "lead"})
FIGURES = frozenset({"lead", "admin"})
ANYBODY = frozenset({"therapist", "lead", "admin"})


@dataclass(frozen=True)
class Asker:
    """A program, perhaps on behalf of a person, within one service and one role."""

    service: Service
    directory: Directory
    role: str
    token_id: int
    person_id: int | None
    actor: Actor


def door(request: Request) -> Door:
    """The parts behind this door."""
    given: Door = request.app.state.door
    return given


Parts = Annotated[Door, Depends(door)]


def asker(
    parts: Parts,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    service: Annotated[str | None, Query(description="Your token's own service, or nothing.")] = None,
) -> Asker:
    """The bearer of the token. Raises NotSignedIn, or NotFound for another service's anything."""
    if credentials is None:
        raise NotSignedIn("Send a token in the header: Authorization: Bearer TOKEN.")
    with db.transaction(parts.engine, None) as session:
        held = staff.person_with_token(session, credentials.credentials)
    directory = parts.directory()
    own = directory.service_by_id(held.service_id)
    if service is not None and service != own.key:
        raise NotFound("There is no such service for this token.")
    return Asker(own, directory, held.role, held.token_id, held.person_id, held.actor)


def may(roles: frozenset[str]) -> Callable[[Asker], Asker]:
    """A dependency that lets only these roles in."""

    def let_in(who: Annotated[Asker, Depends(asker)]) -> Asker:
        if who.role not in roles:
            raise Forbidden("This token's role may not do this.")
        return who

    return let_in


Clinician = Annotated[Asker, Depends(may(CLINICAL))]
FigureReader = Annotated[Asker, Depends(may(FIGURES))]
AnyAsker = Annotated[Asker, Depends(may(ANYBODY))]


def _session(parts: Parts, who: Annotated[Asker, Depends(asker)]) -> Iterator[Session]:
    with db.transaction(parts.engine, who.service.id) as session:
        yield session


def _reports_session(parts: Parts, who: Annotated[Asker, Depends(asker)]) -> Iterator[Session]:
    with db.transaction(parts.reports_engine, who.service.id) as session:
        yield session


# scope="function": the commit comes before the answer is sent, so that nothing is called saved that was not.
InService = Annotated[Session, Depends(_session, scope="function")]
ForReports = Annotated[Session, Depends(_reports_session, scope="function")]
