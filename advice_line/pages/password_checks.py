"""Password checks: only a few at once, because each costs 64 MiB, a tenth of a second, a thread and a connection."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

AT_ONCE = 4


async def one_of_few(request: Request) -> AsyncIterator[None]:
    """A place among those whose password is being checked; the rest wait without holding anything."""
    async with request.app.state.password_checks:
        yield


# Named before the session in a signature: whoever waits must not hold a connection meanwhile.
OneOfFew = Annotated[None, Depends(one_of_few, scope="function")]


def address_of(request: Request) -> str:
    """The network address that tries are counted against."""
    return request.client.host if request.client else ""
