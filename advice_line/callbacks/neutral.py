"""Neutral: the words that may be left on a caller's voicemail, and when none may be left.

Anybody may hear them. So they tell neither of a child nor of therapy, only that the NHS rang and how to ring back
(domain rule R21), and they are left once and after the last attempt, not every time (edge case E18).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Line
from advice_line.lines.menu import Menu, MenuNode, VoicemailNode

# Flags with which nothing is left on a voicemail, not even these words (edge cases E08, E25, E28).
SILENT = frozenset({"do_not_leave_message", "possible_safeguarding", "emergency_content", "child_caller"})
LEFT = "voicemail_message_left"

DO_NOT = "Do not leave a message: a flag on this enquiry says that it might do harm. Hang up, and try another time."
LEFT_BEFORE = "A message was left before, so leave none this time. Hang up, and try another time of day."


@dataclass(frozen=True)
class Neutral:
    """The words to say, or, where there are none, why nothing may be left."""

    words: str | None
    why_not: str | None = None


def words(line: Line, enquiry: Enquiry, tried: Sequence[Attempt], therapist: str | None, *, is_last: bool) -> Neutral:
    """What the therapist may leave on the caller's voicemail now. `therapist` is their name, if it is known."""
    if SILENT.intersection(enquiry.flags) or enquiry.priority == "safeguarding":
        return Neutral(None, DO_NOT)
    number = f"{line.display}{_choosing(line.menu)}"
    if is_last:
        return Neutral(
            "Hello, this is the NHS, returning your call. We have tried to reach you several times. "
            f"You can ring us at any time on {number}. Thank you."
        )
    if any(attempt.result == LEFT for attempt in tried):
        return Neutral(None, LEFT_BEFORE)
    speaker = therapist.split()[0] if therapist and therapist.strip() else "a colleague"
    call = f"a call from {enquiry.caller_name}" if enquiry.caller_name else "your call"
    return Neutral(
        f"Hello, this is {speaker} from the NHS, returning {call}. "
        f"You can ring us on {number}. I will also try again. Thank you."
    )


def _choosing(menu: Menu) -> str:
    """The keys that lead to the first recorder of a menu, as one says them: " and choose 3, then 1"."""
    ways = [(menu.entry, "")]
    seen = {menu.entry}
    for node_key, keys in ways:
        node = menu.nodes[node_key]
        if isinstance(node, VoicemailNode):
            return f" and choose {', then '.join(keys)}" if keys else ""
        onward = node.options if isinstance(node, MenuNode) else {}
        new = [(target, keys + key) for key, target in onward.items() if target not in seen]
        seen.update(target for target, _ in new)
        ways += new
    return ""
