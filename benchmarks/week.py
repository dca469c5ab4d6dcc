"""A made-up week for the planner: what is open on a Monday morning, and the rota."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from scheduler.planner import Callback, Problem, Span, Therapist

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
SLOTS_A_SESSION = 7
LANGUAGES = ("pl", "ro", "ur", "bn", "so")
TOPICS = ("sensory", "handwriting", "seating", "feeding", "equipment")
MORNINGS, AFTERNOONS = (0, 0, 0, 30, 60), (240, 270, 300, 300)
BEFORE_NOON, LUNCH, AFTER_SCHOOL = (0, 180), (180, 300), (375, 480)


def week(callbacks: int, therapists: int, *, long_share: float = 0.0, seed: int = 2027) -> Problem:
    """A believable week, the same for the same arguments: what is open on a Monday, and the rota.

    Two sessions a therapist, as small services have; more where that is less than 1.25 of the callbacks' time.
    """
    random = Random(seed)
    sessions = max(2.0, callbacks * 1.25 / therapists / SLOTS_A_SESSION)
    return Problem(
        now=MONDAY,
        callbacks=tuple(_callback(random, one, therapists, long_share) for one in range(1, callbacks + 1)),
        therapists=tuple(_therapist(random, one, sessions) for one in range(1, therapists + 1)),
        windows=tuple(_span(day, (0, 480)) for day in range(5)),
    )


def _therapist(random: Random, one: int, sessions: float) -> Therapist:
    halves = [(day, half) for day in range(5) for half in (MORNINGS, AFTERNOONS)]
    count = max(1, min(len(halves), round(random.gauss(sessions, 0.6))))
    starts = [(day, random.choice(half)) for day, half in random.sample(halves, count)]
    return Therapist(
        id=one,
        sessions=tuple(_span(day, (start, min(start + 180, 480))) for day, start in starts),
        languages=frozenset(random.sample(LANGUAGES, random.choice((0, 0, 0, 1)))),
        skills=frozenset(random.sample(TOPICS, 2)),
    )


def _callback(random: Random, one: int, therapists: int, long_share: float) -> Callback:
    """Received today or on one of the last two working days; due, by priority, today or up to four days on."""
    priority = random.choices((1, 2, 3), (8, 20, 72))[0]
    age = random.choice((0, 1, 1, 2)) if priority > 1 else 0
    due_day = max(0, priority + random.choice((0, 0, 1)) - age)
    weekend = 2 if age else 0
    return Callback(
        id=one,
        received=MONDAY - timedelta(days=age + weekend, minutes=random.randrange(30, 480)),
        due=MONDAY + timedelta(days=due_day, minutes=480),
        priority=priority,
        minutes=40 if random.random() < long_share else 25,
        windows=_windows(random),
        language=random.choice(LANGUAGES) if random.random() < 0.1 else None,
        topic=random.choice(TOPICS) if random.random() < 0.6 else None,
        named=random.randint(1, therapists) if random.random() < 0.25 else None,
    )


def _windows(random: Random) -> tuple[Span, ...] | None:
    hours = random.choices((None, BEFORE_NOON, LUNCH, AFTER_SCHOOL), (60, 15, 8, 17))[0]
    if hours is None:
        return None
    days = range(5) if random.random() < 0.8 else random.sample(range(5), 2)
    return tuple(_span(day, hours) for day in days)


def _span(day: int, minutes: tuple[int, int]) -> Span:
    start, end = (MONDAY + timedelta(days=day, minutes=one) for one in minutes)
    return Span(start, end)
