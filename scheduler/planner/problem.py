"""The question put to the planner: whom to ring back, who can ring, and when the line rings back.

Every time is an aware UTC datetime. Ids are the caller's own; the planner knows no names, numbers or words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scheduler.planner.words import Reason

PRIORITIES = 4
"""0 safeguarding, 1 urgent, 2 soon, 3 routine."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The time from `start` up to, not including, `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        _aware(self.start, self.end)
        if self.end <= self.start:
            raise ValueError("A span ends after it starts.")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One callback, given to one therapist at one time, and why."""

    callback: int
    therapist: int
    start: datetime
    end: datetime
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        _aware(self.start, self.end)
        if self.end <= self.start:
            raise ValueError("A planned call ends after it starts.")


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """How often a caller is tried, on how many days at least, how far apart, and whether at another time of day."""

    most: int = 3
    days: int = 2
    gap_minutes: int = 120
    other_time: bool = True


@dataclass(frozen=True, slots=True)
class Callback:
    """One promise to ring back.

    `minutes` is talk and writing up together (25 by default; an interpreter doubles the talk: 40). `windows` are the
    times when the caller can talk, None for any time. A therapist who speaks `language` is preferred, and needed when
    `language_required`. `topic` is a skill that is preferred. `tried` are the earlier attempts. `current` is the place
    that the last plan gave; `promised` says that the caller was told that time.
    """

    id: int
    received: datetime
    due: datetime
    priority: int = 3
    minutes: int = 25
    windows: tuple[Span, ...] | None = None
    language: str | None = None
    language_required: bool = False
    topic: str | None = None
    named: int | None = None
    not_before: datetime | None = None
    tried: tuple[datetime, ...] = ()
    current: Assignment | None = None
    promised: bool = False

    def __post_init__(self) -> None:
        _aware(self.received, self.due, *self.tried)
        if self.not_before is not None:
            _aware(self.not_before)
        if not 0 <= self.priority < PRIORITIES:
            raise ValueError(f"A priority is 0 to {PRIORITIES - 1}, not {self.priority}.")
        if self.minutes <= 0:
            raise ValueError("A callback needs at least one minute.")


@dataclass(frozen=True, slots=True)
class Therapist:
    """One person on the rota.

    `sessions` are already cut to working days and cover the whole planning time, the part that is over included, so
    that a share of them can be told. `minutes_done` are the minutes of them already used, outside this problem's
    callbacks.
    """

    id: int
    sessions: tuple[Span, ...]
    absences: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    minutes_done: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """All that one plan is made from. `windows` are the line's callback windows."""

    now: datetime
    callbacks: tuple[Callback, ...]
    therapists: tuple[Therapist, ...]
    windows: tuple[Span, ...]
    grid_minutes: int = 5
    policy: AttemptPolicy = AttemptPolicy()

    def __post_init__(self) -> None:
        _aware(self.now)
        if self.grid_minutes <= 0:
            raise ValueError("The grid is at least one minute.")
        _once("callback", (callback.id for callback in self.callbacks))
        _once("therapist", (therapist.id for therapist in self.therapists))


def _aware(*moments: datetime) -> None:
    if any(moment.utcoffset() is None for moment in moments):
        raise ValueError("The planner needs times that know their zone.")


def _once(noun: str, ids: Iterable[int]) -> None:
    seen: set[int] = set()
    for one in ids:
        if one in seen:
            raise ValueError(f"The {noun} {one} is there twice.")
        seen.add(one)
