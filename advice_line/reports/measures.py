"""The measures a service lead reports, with their definitions and denominators (domain measures k01 to k15).

Working time is time inside the line's callback windows on working days. The period of a measure is the London date on
which the call, message or enquiry was received. Open and overdue enquiries count as failures of the standard.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.lines.directory import Service
from advice_line.reports.period import Period

# Never anybody's wish for a call: no fair measure of how fast we ring back (measure k09).
NOT_A_WISH = ("silent_or_blank", "nuisance", "wrong_number", "merged_duplicate")


@dataclass(frozen=True)
class Measure:
    """One figure with what it was worked out from; `value` is None when there is nothing to work it out from."""

    key: str
    label: str
    definition: str
    numerator: int | None
    denominator: int | None
    value: float | None
    unit: str


@dataclass(frozen=True)
class Wished:
    """An enquiry whose caller wished for a call: when it was received, due and first attempted."""

    line_key: str
    received_at: datetime
    due_at: datetime | None
    first_attempt_at: datetime | None


def measures(session: Session, service: Service, period: Period, now: datetime) -> list[Measure]:
    """Every measure of one service and period, in the order of their keys."""
    counts = _counts(session, service.id, period)
    wished = _wished(session, service.id, period)
    hours = _working_hours_to_first_attempt(service, wished)
    judged = [one for one in wished if _can_be_judged(one, now)]
    kept = sum(1 for one in judged if _within_standard(one))
    return [
        _count("k01", "Calls offered", "Every call that reached the line, hang-ups included.", counts.calls),
        _count("k02", "Messages left", "Recordings with at least 2 seconds of sound.", counts.messages),
        _count("k03", "Enquiries opened", "New enquiries after repeat calls were joined to them.", counts.enquiries),
        *_silent(counts.before_message, counts.silent, counts.calls),
        *_first_attempt(hours, len(wished)),
        _share(
            "k09",
            "First attempt within the standard",
            "Enquiries first attempted at or before their due time, out of those whose due time has passed or that "
            "were attempted early. Open and overdue enquiries count against the standard. Blank, nuisance, "
            "wrong-number and merged ones are left out.",
            kept,
            len(judged),
        ),
        _share(
            "k14",
            "Settled by advice, at closing",
            "Enquiries with the outcome “advice given”, out of all with an outcome.",
            counts.advice,
            counts.outcomes,
        ),
        _share(
            "k15",
            "Converted to referral",
            "Enquiries with the outcome “convert to referral”, out of all with an outcome. Not a target.",
            counts.referrals,
            counts.outcomes,
        ),
    ]


def _counts(session: Session, service_id: int, period: Period) -> Row[tuple[int, int, int, int, int, int, int, int]]:
    statement = text(
        "SELECT (SELECT count(*) FROM call WHERE service_id = :service AND started_at >= :start AND started_at < :end)"
        " AS calls, (SELECT count(*) FROM call WHERE service_id = :service AND end_state = 'hung_up_tone'"
        " AND started_at >= :start AND started_at < :end) AS silent,"
        " (SELECT count(*) FROM call WHERE service_id = :service AND end_state IN ('hung_up_greeting', 'hung_up_tone')"
        " AND started_at >= :start AND started_at < :end) AS before_message,"
        " (SELECT count(*) FROM message WHERE service_id = :service AND enquiry_id IS NOT NULL"
        " AND direction = 'inbound' AND at >= :start AND at < :end) AS messages,"
        " count(*) AS enquiries, count(outcome) AS outcomes,"
        " count(*) FILTER (WHERE outcome = 'advice_given') AS advice,"
        " count(*) FILTER (WHERE outcome = 'convert_to_referral') AS referrals"
        " FROM enquiry WHERE service_id = :service AND received_at >= :start AND received_at < :end"
    )
    return session.execute(statement, {"service": service_id, "start": period.start, "end": period.end}).one()


def _wished(session: Session, service_id: int, period: Period) -> Sequence[Wished]:
    statement = text(
        "SELECT q.line_key, q.received_at,"
        " (SELECT c.due_at FROM callback c WHERE c.service_id = q.service_id AND c.enquiry_id = q.id"
        "  ORDER BY c.id LIMIT 1) AS due_at,"
        " (SELECT min(a.at) FROM attempt a WHERE a.service_id = q.service_id AND a.enquiry_id = q.id"
        "  AND a.result = ANY(:counting)) AS first_attempt_at"
        " FROM enquiry q WHERE q.service_id = :service AND q.received_at >= :start AND q.received_at < :end"
        " AND (q.closing_reason IS NULL OR q.closing_reason <> ALL(:not_a_wish))"
    )
    counting = [key for key, result in taxonomy.ATTEMPT_RESULTS.items() if result.counts_as_attempt]
    given = {"service": service_id, "start": period.start, "end": period.end}
    found = session.execute(statement, {**given, "counting": counting, "not_a_wish": list(NOT_A_WISH)})
    return [Wished(*row) for row in found]


def _working_hours_to_first_attempt(service: Service, wished: Sequence[Wished]) -> list[float]:
    return sorted(
        service.line(one.line_key).callback_hours.working_between(one.received_at, one.first_attempt_at).total_seconds()
        / 3600
        for one in wished
        if one.first_attempt_at is not None
    )


def _can_be_judged(one: Wished, now: datetime) -> bool:
    return one.due_at is not None and (one.due_at < now or one.first_attempt_at is not None)


def _within_standard(one: Wished) -> bool:
    return one.due_at is not None and one.first_attempt_at is not None and one.first_attempt_at <= one.due_at


def _first_attempt(hours: list[float], wished: int) -> list[Measure]:
    definition = (
        "Working time from receipt to the first counted attempt (an engaged tone does not count): {} of those "
        "attempted. The denominator is every enquiry that wished for a call, attempted or not."
    )
    figures: list[tuple[str, str, str, Callable[[list[float]], float]]] = [
        ("k08", "Working time to first attempt, median", "the middle value", median),
        ("k08_p90", "Working time to first attempt, 90th percentile", "nine in ten were at least this fast", _p90),
    ]
    return [
        Measure(
            key,
            label,
            definition.format(which),
            len(hours),
            wished,
            round(figure(hours), 2) if hours else None,
            "working_hours",
        )
        for key, label, which, figure in figures
    ]


def _p90(hours: list[float]) -> float:
    return hours[0] if len(hours) == 1 else quantiles(hours, n=10, method="inclusive")[-1]


def _silent(before_message: int, silent: int, calls: int) -> list[Measure]:
    """Who hung up before there was a message (the third figure of measure k05), and who of them had heard the tone."""
    without = "without a message and without asking to be called, out of all calls."
    return [
        _share("k05c", "Hung up at or before the tone", f"Calls that ended there {without}", before_message, calls),
        _share("k05c_tone", "Heard the tone and left nothing", f"Calls that ended after it {without}", silent, calls),
    ]


def _count(key: str, label: str, definition: str, many: int) -> Measure:
    return Measure(key, label, definition, many, None, float(many), "count")


def _share(key: str, label: str, definition: str, numerator: int, denominator: int) -> Measure:
    value = round(100 * numerator / denominator, 1) if denominator else None
    return Measure(key, label, definition, numerator, denominator, value, "percent")
