"""Lists in pages: `limit` and an opaque `cursor` that says where the next page begins.

A cursor names the last item that was sent, by what the list is ordered by: so a row that comes or goes between two
pages shifts no other.
"""

import base64
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Query

from advice_line.errors import Fault, Malformed

T = TypeVar("T")
Key = tuple[int, int, int]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = 10**18
NUMBER = re.compile(r"-?[0-9]{1,19}")
MOST = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at the most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


def page(items: Iterable[T], limit: int, given: str | None, key: Callable[[T], Key]) -> tuple[list[T], str | None]:
    """The items after the cursor, in the order of their keys, and the cursor of the next page."""
    ordered = sorted(items, key=key)
    if given is not None:
        last = _key(given)
        ordered = [item for item in ordered if key(item) > last]
    found = ordered[:limit]
    return found, cursor(*map(str, key(found[-1]))) if len(ordered) > limit else None


def moment(at: datetime | None) -> int:
    """A moment as part of a key; None comes after all others."""
    return (at - EPOCH) // timedelta(microseconds=1) if at else LAST


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
        raise not_ours()
    return found


def not_ours() -> Malformed:
    """The refusal of a cursor that we never gave."""
    return Malformed([Fault("cursor", "Send the next_cursor of the page before, unchanged.")])


def _key(given: str) -> Key:
    first, second, third = place(given, 3)
    if not all(NUMBER.fullmatch(part) for part in (first, second, third)):
        raise not_ours()
    return int(first), int(second), int(third)
