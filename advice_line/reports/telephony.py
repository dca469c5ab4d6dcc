"""The nine national telephony measures, counted from the calls of a period, and the ways on which callers left us.

The national figures take a call for handled when it was answered or its caller asked to be rung back; a call that went
to a recorder counts as missed. On an advice line the message is the service, so both views are given.
Times are a median and a 95th percentile, never a mean alone. The period of a call is the London date on which it began.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from advice_line.reports.period import Period

# Every end state of a call (contract), in the order of a caller's way.
EXITS: Mapping[str, str] = {
    "answered_live": "Answered by a therapist",
    "callback_requested": "Kept their place to be rung back",
    "message": "Left a message",
    "transferred": "Put through to another service",
    "hung_up_menu": "Hung up in the menu",
    "hung_up_queue": "Hung up while waiting in the queue",
    "hung_up_greeting": "Hung up before or at the tone, nothing known of a recording",
    "hung_up_tone": "Hung up at the tone, nothing said",
    "refused": "Refused",
    "failed": "Never connected",
    "in_progress": "Still on the line",
}
COUNTS = (
    "SELECT count(*) AS received,"
    " count(*) FILTER (WHERE end_state = 'answered_live') AS answered,"
    " count(*) FILTER (WHERE end_state = 'hung_up_menu') AS abandoned_menu,"
    " count(*) FILTER (WHERE end_state = 'hung_up_queue') AS abandoned_queue,"
    " count(*) FILTER (WHERE end_state IN ('hung_up_greeting', 'hung_up_tone')) AS abandoned_tone,"
    " count(*) FILTER (WHERE end_state = 'message') AS messages,"
    " count(*) FILTER (WHERE end_state NOT IN ('answered_live', 'callback_requested', 'in_progress')) AS missed,"
    " count(*) FILTER (WHERE callback_requested_at IS NOT NULL) AS callbacks_asked,"
    " count(*) FILTER (WHERE EXISTS (SELECT FROM attempt a"
    "  WHERE a.service_id = c.service_id AND a.enquiry_id = c.enquiry_id"
    "  AND a.at >= c.callback_requested_at"
    "  AND a.result IS NOT NULL)) AS callbacks_made"
    " FROM call c WHERE service_id = :service AND started_at >= :start AND started_at < :end"
)
TIMES = (
    "WITH lasted AS (SELECT"
    " CASE WHEN end_state = 'answered_live' THEN answered_at - queued_at END AS to_answer,"
    " CASE WHEN end_state IN ('hung_up_menu', 'hung_up_queue') THEN ended_at - started_at END AS to_abandon,"
    " CASE WHEN ended_at IS NOT NULL THEN coalesce(make_interval(secs => seconds), ended_at - started_at) END AS length"
    " FROM call WHERE service_id = :service AND started_at >= :start AND started_at < :end),"
    " told AS (SELECT extract(epoch FROM to_answer)::float AS to_answer,"
    " extract(epoch FROM to_abandon)::float AS to_abandon, extract(epoch FROM length)::float AS length FROM lasted)"
    " SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY to_answer) AS to_answer,"
    " percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY to_abandon) AS to_abandon,"
    " percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY length) AS length FROM told"
)
BY_EXIT = (
    "SELECT end_state, count(*) FROM call WHERE service_id = :service AND started_at >= :start AND started_at < :end"
    " GROUP BY end_state"
)


@dataclass(frozen=True)
class Figure:
    """One figure: a count, or seconds; `value` is None when there is nothing to work it out from."""

    key: str
    label: str
    definition: str
    value: float | None
    unit: Literal["calls", "seconds"]


@dataclass(frozen=True)
class Exit:
    """How many calls ended in one way; all ways together are the calls received."""

    end_state: str
    label: str
    calls: int


@dataclass(frozen=True)
class Telephony:
    """The national measures of a period, and the exits of its calls."""

    figures: tuple[Figure, ...]
    exits: tuple[Exit, ...]


def telephony(session: Session, service_id: int, period: Period) -> Telephony:
    """The nine national measures of one service and period, with the parts that they are made of."""
    given = {"service": service_id, "start": period.start, "end": period.end}
    counts = session.execute(text(COUNTS), given).mappings().one()
    times = session.execute(text(TIMES), given).mappings().one()
    ended = {str(end_state): int(many) for end_state, many in session.execute(text(BY_EXIT), given)}
    exits = tuple(Exit(key, label, ended.get(key, 0)) for key, label in EXITS.items())
    return Telephony((*_counts(counts), *_times(times)), exits)


def _counts(counts: RowMapping) -> tuple[Figure, ...]:
    abandoned = counts["abandoned_menu"] + counts["abandoned_queue"]
    handled = counts["answered"] + counts["callbacks_asked"]
    return (
        _count("received", "Calls received", "Every call that reached the line.", counts["received"]),
        _count("answered", "Calls answered", "Answered by a therapist on duty.", counts["answered"]),
        _count("abandoned", "Calls abandoned", "Hung up in the menu or in the queue.", abandoned),
        _count("abandoned_menu", "… in the menu", "Hung up before waiting or the tone.", counts["abandoned_menu"]),
        _count("abandoned_queue", "… in the queue", "Hung up while waiting.", counts["abandoned_queue"]),
        _count("abandoned_tone", "Hung up at the tone", "Not part of the national figure.", counts["abandoned_tone"]),
        _count(
            "missed",
            "Calls missed, national view",
            "Neither answered nor to be rung back: messages count as missed.",
            counts["missed"],
        ),
        _count("handled", "Calls handled, national view", "Answered, or to be rung back.", handled),
        _count(
            "handled_here", "Calls handled, advice-line view", "The same, and messages.", handled + counts["messages"]
        ),
        _count(
            "callbacks_asked",
            "Callbacks asked for",
            "Kept their place in the queue, or asked at the tone to be called.",
            counts["callbacks_asked"],
        ),
        _count("callbacks_made", "Callbacks made", "Of those, rung back at least once.", counts["callbacks_made"]),
    )


def _times(times: RowMapping) -> tuple[Figure, ...]:
    asked = (
        ("to_answer", "Time to answer", "From the queue to the therapist, of calls answered"),
        ("to_abandon", "Wait before abandoning", "From ringing to hanging up, of calls abandoned in menu or queue"),
        ("length", "Call length", "From ringing to the end, of all calls that are over"),
    )
    return tuple(
        Figure(f"{key}_{nth}", f"{label}, {which}", f"{definition}.", _rounded(times[key], place), "seconds")
        for key, label, definition in asked
        for place, (nth, which) in enumerate((("median", "median"), ("p95", "95th percentile")))
    )


def _rounded(both: list[float | None] | None, place: int) -> float | None:
    value = both[place] if both else None
    return None if value is None else round(value, 1)


def _count(key: str, label: str, definition: str, many: int) -> Figure:
    return Figure(key, label, definition, float(many), "calls")
