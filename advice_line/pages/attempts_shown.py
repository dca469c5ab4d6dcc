"""How attempts are shown: where a live call is, and what came of the others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks import cut_short, neutral, unreached
from advice_line.callbacks import ending as endings
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.neutral import Neutral
from advice_line.callbacks.policy import RUNG_BACK_AT_ONCE
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota
from advice_line.lines.directory import Service

WHERE = {
    "to_place": "We are about to ring your phone.",
    "placing": "We are ringing your phone.",
    "unknown": "We are checking whether your phone is being rung.",
    "ringing_therapist": "Your phone is ringing. Press 1 when you have answered.",
    "ringing_caller": "We are ringing the caller.",
    "talking": "You are connected.",
    "call_over": "The call is over. Say what came of it.",
}
MAY_MEET_VOICEMAIL = frozenset({"ringing_caller", "talking"})
DOES_NOT_COUNT = "You ended it before anybody answered? It does not count"


def live(attempt: Attempt | None) -> dict[str, Any] | None:
    """The live call; None when nobody is calling."""
    if attempt is None:
        return None
    ending = endings.of(attempt)
    return {
        "where": ending.sentence if ending else WHERE.get(attempt.state, ""),
        "at": attempt.at,
        "is_moving": attempt.state != "call_over",
        "may_be_cut_off": ending is not None and (ending.was_answered or not ending.suggested),
        "stop": _stop(attempt),
        "likely": (ending.likely if ending else None) or "",
        "may_meet_voicemail": attempt.state in MAY_MEET_VOICEMAIL,
    }


def newest(tried: Sequence[Attempt]) -> dict[str, Any] | None:
    """The last call while nothing was done about it: not made at all, or cut off and to be rung again at once."""
    last = tried[-1] if tried else None
    if last is None or last.is_live or not (last.state == "abandoned" or last.result == RUNG_BACK_AT_ONCE):
        return None
    return {"problem": last.problem or "", "is_cut_off": last.result is not None, "therapist": last.therapist_id}


def to_leave(session: Session, service: Service, one: Enquiry, tried: Sequence[Attempt], now: datetime) -> Neutral:
    """The words that may be left on this caller's voicemail now."""
    live = next((attempt for attempt in tried if attempt.is_live), None)
    therapist = rota.by_id(session, service.id, live.therapist_id) if live and live.therapist_id else None
    is_last = unreached.would_be_last(session, service, one, now)
    name = therapist.name if therapist else None
    return neutral.words(service.line(one.line_key), one, tried, name, is_last=is_last)


def _stop(attempt: Attempt) -> str:
    if not cut_short.may_stop(attempt):
        return ""
    return DOES_NOT_COUNT if attempt.state == "call_over" else "Stop the call"


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
