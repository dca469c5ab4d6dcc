"""A post: one request of the telephone network, read leniently. New, blank, repeated and unknown fields are welcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope

from webhooks.signature import Pairs

LONGEST_BODY = 64 * 1024
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class TooLong(Exception):
    """More was sent than the network ever sends."""


@dataclass(frozen=True, slots=True)
class Post:
    """`target` is the raw path and query, as it was signed; `ways` are the parts of the path that have a name."""

    target: str
    body: str
    pairs: Pairs
    form: Mapping[str, str]
    ways: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    async def read(cls, scope: Scope, receive: Receive) -> "Post":
        """Read a request to its end. Raises TooLong, as soon as it is known."""
        _refuse_announced(scope)
        body = (await _body(receive)).decode("utf-8", "surrogateescape")
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1")
        pairs = fields(body)
        return cls(
            target=f"{path}?{query}" if query else path,
            body=body,
            pairs=pairs,
            form=dict(reversed(pairs)),
            ways=scope.get("path_params", {}),
            query=dict(parse_qsl(query)) if query else {},
        )

    def field(self, name: str) -> str:
        """The first value of a posted field; empty when there is none."""
        return self.form.get(name, "")

    @property
    def line(self) -> str:
        """The key of the line that the address names; empty when it names none."""
        return self.ways.get("line") or self.query.get("line", "")

    @property
    def node(self) -> str:
        """The key of the menu's node that the address names; empty when it names none."""
        return self.ways.get("node", "")

    def count(self, name: str) -> int:
        """A small number in the query, which we counted up ourselves; nought for anything else."""
        return _number(self.query.get(name, ""), digits=4)

    @property
    def attempt(self) -> int:
        """The id of the attempt that the address names; nought, which none has, for anything else."""
        return _number(self.ways.get("attempt", ""), digits=18)

    @property
    def offer(self) -> int:
        """The id of the offer that the address names; nought, which none has, for anything else."""
        return _number(self.ways.get("offer", ""), digits=18)

    @property
    def over(self) -> bool:
        """Whether the call has ended, so that nobody hears what we answer."""
        return self.field("CallStatus") in OVER


def fields(body: str) -> Pairs:
    """The fields of a form, blank ones too, in order. As `parse_qsl` reads it, in half the time."""
    parts = [part.partition("=") for part in body.split("&") if part]
    return [(_decoded(name), _decoded(value)) for name, _, value in parts]


def _decoded(text: str) -> str:
    text = text.replace("+", " ")
    return unquote(text, errors="surrogateescape") if "%" in text else text


def _refuse_announced(scope: Scope) -> None:
    """Turn down what says itself that it is too long, before any of it is read."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if announced.isdigit() and int(announced) > LONGEST_BODY:
        raise TooLong


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        part: bytes = message.get("body", b"")
        length += len(part)
        if length > LONGEST_BODY:
            raise TooLong
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _number(text: str, *, digits: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else 0
