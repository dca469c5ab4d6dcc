"""Texts with their words, as the pages show them beside recordings."""

from collections.abc import Sequence
from typing import Any

from advice_line.texts import text as texts
from advice_line.texts.text import TextMessage

PURPOSES = {
    "confirmation": "confirmation with the reference",
    "before_callback": "word before the planned call",
    "after_missed_call": "word after a call that did not reach them",
    "unable_to_contact": "last word, as nobody could be reached",
    "help": "what this number is for",
    "delay": "word that we are still going to ring",
}
STATES = {
    "to_send": "Waits to be sent.",
    "sending": "Is being sent.",
    "unknown": "The network did not answer: we are finding out whether it was sent.",
    "queued": "The network has it.",
    "sent": "Sent.",
    "delivered": "Delivered.",
    "undelivered": "Not delivered.",
    "failed": "Not delivered.",
    "refused": "Not sent.",
    "dropped": "Not sent.",
}


def written(found: Sequence[TextMessage]) -> list[dict[str, Any]]:
    """Texts for the list of messages, in and out."""
    return [
        {
            "id": text.id,
            "at": text.at,
            "is_text": True,
            "is_ours": text.direction == "outbound",
            "is_from_page": texts.is_from_page(text),
            "words": texts.readable(text),
            "state": " ".join(filter(None, (STATES.get(text.state), text.problem))),
            "needs_reply": text.needs_reply,
            "heard_at": text.heard_at,
        }
        for text in found
    ]
