"""A take: one run of the recorder, as the addresses of a call carry it from step to step."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from webhooks.post import Post

Why = Literal["first", "again", "more", "last", "number", "call", "rescue"]
REASONS: tuple[Why, ...] = get_args(Why)


@dataclass(frozen=True, slots=True)
class Take:
    """What the recorder runs for: the `first` time, `again` after silence, for `more`, for the `last` words before the
    limit, for a `number`, or as the `rescue` when something went wrong. At `call` it does not run: the caller asked to
    be called, and gives a number.

    `part` counts the recorders of a call from 1, and `longest` are the seconds after which this one stops.
    """

    why: Why
    part: int
    longest: int

    @classmethod
    def of(cls, post: Post) -> Self:
        """The take that an address of ours carries; of any other address, one after which nothing more is recorded."""
        why: Why = next((reason for reason in REASONS if reason == post.query.get("as")), "last")
        return cls(why, max(1, post.count("part")), post.count("max"))

    def next(self, why: Why, longest: int) -> "Take":
        """The recorder runs once more."""
        return Take(why, self.part + 1, longest)

    def __str__(self) -> str:
        return f"part={self.part}&as={self.why}&max={self.longest}"
