"""Standards on the lead's page: what is close to breaking one, or has broken it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import escalation, waits
from advice_line.callbacks.clock import LABELS
from advice_line.lines.directory import Service

MOST_LISTED = 20
NO_REASON = "No reason is noted"


@dataclass(frozen=True)
class Counted:
    """How much of one standard is close to breaking, and how much has broken it."""

    label: str
    close: int
    late: int


@dataclass(frozen=True)
class Listed:
    """One of them, with its words."""

    reference: str
    path: str
    label: str
    due_at: datetime
    words: str


@dataclass(frozen=True)
class CloseToBreaking:
    """Counts by standard, those that come first (`more` are not listed), and how many are late by why they wait."""

    counts: list[Counted]
    listed: list[Listed]
    more: int
    late_by_reason: list[tuple[str, int]]


def close_to_breaking(session: Session, service: Service, now: datetime) -> CloseToBreaking:
    """What a lead sees of a service's standards just now."""
    close = escalation.on_leads_page(escalation.close_ones(session, service, now))
    counts = []
    for key, label in LABELS.items():
        are_late = [one.is_late for one in close if one.clock.standard == key]
        if are_late:
            counts.append(Counted(label, are_late.count(False), are_late.count(True)))
    listed = [
        Listed(
            one.enquiry.reference,
            f"/enquiries/{one.enquiry.reference}",
            one.clock.label,
            one.clock.due_at,
            one.clock.words(now),
        )
        for one in close[:MOST_LISTED]
    ]
    late = waits.late_by_reason(session, service.id, close, callbacks.all_open(session, service.id), now)
    by_reason = [
        (NO_REASON if key is None else taxonomy.label("pause_reasons", key), late[key]) for key in _in_order(late)
    ]
    return CloseToBreaking(counts, listed, len(close) - len(listed), by_reason)


def _in_order(late: Mapping[str | None, int]) -> list[str | None]:
    return [key for key in (*taxonomy.PAUSE_REASONS, None) if late.get(key)]
