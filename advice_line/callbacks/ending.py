"""Ending: how the call of an attempt ended, as far as the network can tell, in words for the therapist.

An ending suggests results and never decides one: whether somebody was spoken to is the therapist's word alone. A
caller's voicemail, too, is a call that was answered (edge case E18); no machine is asked to tell the two apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from advice_line.callbacks.attempt import Attempt

# Why a caller's phone was not answered: the network's own words, and two that are worked out of its codes.
NOT_IN_USE, REFUSED = "not-in-use", "refused"
SIP_NOT_IN_USE = frozenset({"404", "410", "484", "604"})
SIP_REFUSED = frozenset({"403", "433", "603", "607", "608"})

# The therapist's own phone: nobody else was rung then, and nothing is to be written down.
NOT_ANSWERED = "Your phone was not answered, so the caller was not rung."
PHONE_ENGAGED = "Your phone was engaged, so the caller was not rung."
PHONE_OUT_OF_REACH = "Your phone could not be reached, so the caller was not rung. Check its number on the rota."
RING_STOPPED = "The call was stopped while your phone rang, so the caller was not rung."
NO_KEY = "Your phone was answered, but 1 was not pressed, so the caller was not rung. Perhaps your voicemail picked up."
OTHER_KEY = "Another key than 1 was pressed, so the caller was not rung."
HUNG_UP_FIRST = (
    "Your phone was answered and hung up before 1 was pressed, so the caller was not rung. "
    "Perhaps your voicemail picked up."
)
STOPPED = "You stopped this call before the caller answered. It does not count."
OF_THERAPISTS_PHONE = {
    "busy": PHONE_ENGAGED,
    "no-answer": NOT_ANSWERED,
    "failed": PHONE_OUT_OF_REACH,
    "canceled": RING_STOPPED,
    "completed": HUNG_UP_FIRST,
}


@dataclass(frozen=True)
class Ending:
    """What the therapist is told, and the results that fit, the likeliest first. `was_answered`: somebody, or a
    machine, picked up."""

    sentence: str
    suggested: tuple[str, ...]
    was_answered: bool = False

    @property
    def likely(self) -> str | None:
        """The one result that fits; None where only the therapist can know."""
        return self.suggested[0] if len(self.suggested) == 1 else None


ANSWERED = Ending(
    "The call is over. Only you know who answered: say what came of it.",
    (
        "spoke_to_caller",
        "dropped_before_outcome",
        "voicemail_message_left",
        "voicemail_no_message",
        "spoke_wrong_person",
        "not_convenient_rebooked",
        "interpreter_failed",
    ),
    was_answered=True,
)
UNTOLD = Ending("The call is over. We were not told whether the caller answered: say what came of it.", ())
NOT_REACHED: Mapping[str, Ending] = {
    "busy": Ending("The caller’s line was engaged, or they declined the call.", ("engaged",)),
    "no-answer": Ending("The caller did not answer.", ("no_answer",)),
    "failed": Ending("The caller’s number could not be reached.", ("number_not_valid", "rejected_by_network")),
    "canceled": Ending("The call ended before the caller answered.", ("no_answer",)),
    NOT_IN_USE: Ending("The caller’s number is not in use. Check it in the details.", ("number_not_valid",)),
    REFUSED: Ending(
        "The caller’s phone or network refused the call. Some refuse calls from numbers that they do not know.",
        ("rejected_by_network",),
    ),
}


def of(attempt: Attempt) -> Ending | None:
    """How the call of a live attempt ended; None while it goes on, and of a call that the therapist dialled."""
    if attempt.state != "call_over" or attempt.self_dialled:
        return None
    if attempt.answered_at is not None:
        return ANSWERED
    return NOT_REACHED.get(attempt.problem or "", UNTOLD)


def why_not_answered(status: str | None, sip_code: str | None) -> str | None:
    """Why a caller's phone was not answered, from the status of its call; None of any other status."""
    if status == "failed" and sip_code in SIP_NOT_IN_USE:
        return NOT_IN_USE
    if status in {"failed", "busy"} and sip_code in SIP_REFUSED:
        return REFUSED
    return status if status in {"busy", "no-answer", "failed", "canceled"} else None
