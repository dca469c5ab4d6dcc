"""Rhythm: whether a line has been quiet for longer than it ever is.

The line is compared with itself: with the longest stretch of office hours without a call in the four weeks before its
last call. Twice that, and at least two hours, is too long. With little history there is no rhythm, and no alarm.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.lines.directory import Line
from advice_line.working_time import Hours

LOOK_BACK = timedelta(weeks=4)
LEAST_SPAN = timedelta(weeks=2)
FEWEST_CALLS = 20
TOO_LONG = 2  # times the longest stretch
SHORTEST = timedelta(hours=2)


def is_silent(session: Session, line: Line, now: datetime) -> bool:
    """Whether no webhook told of a call for too long. Calls that were only found later do not count: none told us."""
    told = text(
        "SELECT started_at FROM call WHERE service_id = :service AND line_key = :line AND found_at IS NULL"
        " AND started_at > (SELECT max(started_at) FROM call WHERE service_id = :service AND line_key = :line"
        "  AND found_at IS NULL) - :look_back"
        " ORDER BY started_at"
    )
    asked = {"service": line.service.id, "line": line.key, "look_back": LOOK_BACK}
    return too_quiet(session.scalars(told, asked).all(), line.service.office_hours, now)


def too_quiet(calls: Sequence[datetime], hours: Hours, now: datetime) -> bool:
    """The rule itself, for the moments at which calls began, in order."""
    if len(calls) < FEWEST_CALLS or calls[-1] - calls[0] < LEAST_SPAN:
        return False
    longest = max(hours.working_between(one, next_) for one, next_ in pairwise(calls))
    return hours.working_between(calls[-1], now) > max(TOO_LONG * longest, SHORTEST)
