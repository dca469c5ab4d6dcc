"""How attempts are shown: where a live call is, and what came of the others."""

from collections.abc import Mapping, Sequence
from typing import Any

from advice_line import taxonomy
from advice_line.callbacks.attempt import Attempt

WHERE = {
    "to_place": "We are about to ring your phone.",
    "placing": "We are ringing your phone.",
    "unknown": "We are checking whether your phone is being rung.",
    "ringing_therapist": "Your phone is ringing. Press 1 when you have answered.",
    "ringing_caller": "We are ringing the caller.",
    "talking": "You are connected.",
    "call_over": "The call is over. Say what came of it.",
}
PROBLEMS = {
    "busy": "The caller's line was busy.",
    "no-answer": "The caller did not answer.",
    "failed": "The caller's number could not be reached.",
    "canceled": "The call was cancelled before it was answered.",
}


def live(attempt: Attempt | None) -> dict[str, Any] | None:
    """The live call; None when nobody is calling."""
    if attempt is None:
        return None
    return {
        "where": WHERE.get(attempt.state, ""),
        "problem": PROBLEMS.get(attempt.problem or "", ""),
        "at": attempt.at,
        "is_moving": attempt.state != "call_over",
    }


def finished(tried: Sequence[Attempt], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The attempts that are over, newest first."""
    return [
        {
            "at": attempt.at,
            "by": names.get(attempt.opened_by or 0) or "Advice Line",
            "result": taxonomy.label("attempt_results", attempt.result) if attempt.result else "Not made",
            "note": attempt.note or attempt.problem or "",
        }
        for attempt in reversed(tried)
        if not attempt.is_live
    ]
