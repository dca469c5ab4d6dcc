"""What the planner says to people: why a call is where it is, why it moved, why it has no place, what can be done.

Each is one plain sentence without names, so that it may be stored, shown and logged.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a callback has its therapist and its time."""

    UNDER_WAY = "This call is under way."
    PROMISED = "Kept at the time that was promised or set."
    COVERED = "Another therapist covers the promised time."
    KEPT = "Kept where it was."
    FIRST = "Safeguarding and urgent calls come first."
    EARLIEST = "Earliest free time on the rota before it is due."
    IN_TIME = "On the rota then, and before it is due."
    LATE = "Earliest free time on the rota, though it is after the due time."
    LATE_FREE = "On the rota then, though it is after the due time."
    NAMED = "Named therapist."
    NOT_NAMED = "The named therapist has no time that suits as well."
    LANGUAGE = "Speaks the caller's language."
    SKILL = "Knows this topic."
    OTHER_TIME = "Another time of day than the earlier attempt."
    OTHER_DAY = "Another day than the last attempt."
    FAIR = "This therapist has used less of their rota time."
    HELD = "An earlier time stays with a call that was already planned there."
    ONLY_PLACE = "An earlier time went to a call that cannot be rung at this one."
    BREACHED = "An earlier time went to a call that is late already."
    SPARES_LATE = "An earlier time went to a call that would be late at this one."
    TOGETHER = "An earlier time went to another call because callers are served better that way together."


class Move(StrEnum):
    """Why a callback is not where it was."""

    THERAPIST_AWAY = "The therapist is not free at that time any more."
    LINE_SHUT = "The line does not ring back at that time any more."
    CALLER_AWAY = "The caller cannot talk at that time."
    TOO_LONG = "The call needs more time than was planned."
    NO_LANGUAGE = "The therapist does not speak the language that is needed."
    PASSED = "The planned time has passed."
    AFTER_ATTEMPT = "That time is too soon after the last attempt."
    CLASH = "Another call holds that time."
    SOONER = "It can be rung sooner."
    MADE_ROOM = "It made room for another call."


class Obstacle(StrEnum):
    """Why a callback has no place."""

    PROMISE_PASSED = "The promised time has passed."
    PROMISE_IMPOSSIBLE = "The promised time is no longer possible."
    NO_THERAPIST = "No therapist is on the rota."
    NO_LINE_WINDOW = "No callback window of the line is left in this plan."
    NO_ROTA_IN_WINDOW = "No therapist is on the rota in the line's callback windows."
    CALLER_OUTSIDE_LINE = "The caller's times never meet the line's callback windows."
    CALLER_TOO_SHORT = "The time in which the caller can talk is too short for this call."
    NOT_BEFORE = "The caller can only be rung later than this plan reaches."
    AFTER_ATTEMPT = "No rota time is left long enough after the last attempt, or on another day."
    NO_LANGUAGE = "No therapist on the rota speaks the caller's language."
    NO_ROTA_FOR_CALLER = "No therapist is on the rota when the caller can talk."
    NO_ROOM_FOR_LENGTH = "No rota session has a free stretch that is long enough for this call."
    ALL_FULL = "All rota sessions in which it could be rung are full."
    ROTA_TAKEN = "Other work takes the rota time in which it could be rung."

    @property
    def choice(self) -> str:
        """What the lead could do about it."""
        return _CHOICES[self]


_CHOICES = {
    Obstacle.PROMISE_PASSED: "Ring now or agree a new time with the caller.",
    Obstacle.PROMISE_IMPOSSIBLE: "Find cover for that time or agree a new time with the caller.",
    Obstacle.NO_THERAPIST: "Add a rota session.",
    Obstacle.NO_LINE_WINDOW: "Open a callback window or plan further ahead.",
    Obstacle.NO_ROTA_IN_WINDOW: "Add a rota session in the callback windows.",
    Obstacle.CALLER_OUTSIDE_LINE: "Offer a late window or ask the caller for other times.",
    Obstacle.CALLER_TOO_SHORT: "Ask the caller for a longer time.",
    Obstacle.NOT_BEFORE: "Nothing to do now: it is planned when the rota reaches that day.",
    Obstacle.AFTER_ATTEMPT: "Add a rota session on another day.",
    Obstacle.NO_LANGUAGE: "Book an interpreter or borrow a therapist who speaks it.",
    Obstacle.NO_ROTA_FOR_CALLER: "Add a rota session at that time or ask the caller for other times.",
    Obstacle.NO_ROOM_FOR_LENGTH: "Book a longer session for it.",
    Obstacle.ALL_FULL: "Borrow a therapist, extend a session or move a call.",
    Obstacle.ROTA_TAKEN: "Free some rota time or borrow a therapist.",
}
