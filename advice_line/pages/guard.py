"""The guard: every route declares who may use it, in its signature. One that does not keeps the product from starting.

    def show(who: Therapist, ...)                   a therapist of the service they work in
    def show(who: Annotated[SignedIn, only("therapist", "lead")], ...)
    def show(who: Staff, ...)                       any role in the service
    def show(who: SomebodySignedIn, ...)            also before a service is chosen
    def show(visitor: Anybody, ...)                 also people who are not signed in
    def show(_holder: LinkHolder, ...)              whoever has the secret address, signed in or not (`caller_page`)

Each guard but the last also checks that a changing request came from our own form (`csrf`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from advice_line.errors import Forbidden, NotFound, NotSignedIn
from advice_line.pages import csrf
from advice_line.pages.csrf import Posted
from advice_line.pages.door import door_of
from advice_line.pages.visitor import Visitor
from advice_line.staff import ROLES, SignedIn

SIGN_IN_FIRST = "Sign in to see this page."
OTHER_ROLE = "This page is for another role than yours. Ask your service's administrator if you should have it."


@dataclass(frozen=True)
class Guard:
    """What all guards share: a request that is ours and whole."""

    def admit(self, request: Request, who: SignedIn | None, form: Posted) -> None:
        # PostgreSQL cannot hold this character in a text, so nothing of ours has it in its address.
        if "\x00" in request.url.path or b"%00" in request.scope["query_string"]:
            raise NotFound("There is no page with this address.")
        csrf.check(request, door_of(request), who, form)


class ForAnybody(Guard):
    """Lets everybody in; a form must still be ours."""

    def __call__(self, request: Request, visitor: Visitor, form: Posted) -> SignedIn | None:
        self.admit(request, visitor, form)
        return visitor


class ForSignedIn(Guard):
    """Lets in whoever is signed in, also before a service is chosen."""

    def __call__(self, request: Request, visitor: Visitor, form: Posted) -> SignedIn:
        if visitor is None:
            raise NotSignedIn(SIGN_IN_FIRST)
        self.admit(request, visitor, form)
        return visitor


class ForLinkHolder(Guard):
    """Leaves it to the page to judge the secret in its address. Looks at no cookie, so there is none to be misused."""

    def __call__(self) -> None:
        """Nothing but the address counts."""


@dataclass(frozen=True)
class ForRoles(Guard):
    """Lets in who holds one of the roles in the service they are working in."""

    roles: frozenset[str]

    def __call__(self, request: Request, visitor: Visitor, form: Posted) -> SignedIn:
        who = working(visitor)
        self.admit(request, who, form)
        if not who.roles & self.roles:
            raise Forbidden(OTHER_ROLE)
        return who


def only(*roles: str) -> params.Depends:
    """A guard for these roles; to be used in `Annotated[SignedIn, only(...)]`."""
    if not roles or not set(roles) <= set(ROLES):
        raise ValueError(f"A guard is for one or more of {', '.join(ROLES)}.")
    guard: params.Depends = Depends(ForRoles(frozenset(roles)))
    return guard


Anybody = Annotated[SignedIn | None, Depends(ForAnybody())]
LinkHolder = Annotated[None, Depends(ForLinkHolder())]
SomebodySignedIn = Annotated[SignedIn, Depends(ForSignedIn())]
Staff = Annotated[SignedIn, only(*ROLES)]
Clinician = Annotated[SignedIn, only("therapist", "lead")]
Therapist = Annotated[SignedIn, only("therapist")]
Lead = Annotated[SignedIn, only("lead")]
Admin = Annotated[SignedIn, only("admin")]


def working(visitor: SignedIn | None) -> SignedIn:
    """The visitor, signed in and working in a service; else the refusal that leads there."""
    if visitor is None:
        raise NotSignedIn(SIGN_IN_FIRST)
    _ = visitor.service_id  # raises what leads to the choice of a service
    return visitor


def unguarded(router: APIRouter) -> list[str]:
    """The routes of a router that do not say who may use them."""
    return [
        f"{getattr(route, 'path', '?')} ({getattr(route, 'name', '?')})"
        for route in router.routes
        if not (isinstance(route, APIRoute) and any(_guards(route.dependant)))
    ]


def _guards(dependant: Dependant) -> Iterator[Guard]:
    for needed in dependant.dependencies:
        call: object = needed.call
        if isinstance(call, Guard):
            yield call
