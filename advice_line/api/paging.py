"""Lists in pages: `limit` and an opaque `cursor` that says where the next page begins."""

import base64
from typing import Annotated

from fastapi import Query

from advice_line.errors import Fault, Malformed

MOST = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at the most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


def cursor(*place: str) -> str:
    """An opaque cursor for a place in a list."""
    return base64.urlsafe_b64encode("\n".join(place).encode()).decode().rstrip("=")


def place(given: str, parts: int) -> list[str]:
    """The place that a cursor of ours stands for. Raises Malformed for anybody else's."""
    try:
        padded = given + "=" * (-len(given) % 4)
        found = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\n")
    except ValueError:  # no base64, or no text in it
        found = []
    if len(found) != parts:
        raise Malformed([Fault("cursor", "Send the next_cursor of the page before, unchanged.")])
    return found
