"""The door that a request came through, and whether people reach it by https."""

from typing import Annotated

from fastapi import Depends, Request

from advice_line.door import Door


def door_of(request: Request) -> Door:
    """The door that a request came through."""
    door: Door = request.app.state.door
    return door


def is_secure(door: Door) -> bool:
    """Whether people reach us by https, so that cookies may be bound to it."""
    return door.settings.public_url.startswith("https://")


InDoor = Annotated[Door, Depends(door_of)]
