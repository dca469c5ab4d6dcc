"""Policy: how often a caller is tried before we write that they could not be reached, and when the next try may be.

So many attempts, on so many days, so far apart (attempt policy). Engaged lines, cut-off calls and what is our own fault
use none up; who gets in touch again is tried afresh.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from advice_line.callbacks.attempt import Attempt
from advice_line.clock import london_date, start_of_day
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.configuration import Attempts

RUNG_BACK_AT_ONCE = "dropped_before_outcome"


def since_last_word(enquiry: Enquiry, tried: Sequence[Attempt]) -> list[Attempt]:
    """Those of an enquiry's attempts that were made after its caller last got in touch."""
    last_word = enquiry.last_word_at
    return [attempt for attempt in tried if last_word is None or attempt.at >= last_word]


def used_up(policy: Attempts, tried: Sequence[Attempt]) -> bool:
    """Whether these attempts are all that the policy asks for, on as many days as it asks for."""
    days = _days(tried)
    return len(_counting(tried)) >= policy.max_attempts and len(days) >= policy.min_days


def is_last(policy: Attempts, tried: Sequence[Attempt], at: datetime) -> bool:
    """Whether one more attempt, made at `at`, would use them up if it counts."""
    enough = len(_counting(tried)) + 1 >= policy.max_attempts
    return enough and len(_days(tried) | {london_date(at)}) >= policy.min_days


def not_before(policy: Attempts, tried: Sequence[Attempt], last: Attempt) -> datetime | None:
    """The earliest time for the attempt after `last`, which is among `tried`; None for at once (edge case E17)."""
    if last.result == RUNG_BACK_AT_ONCE:
        return None
    pause = policy.min_gap_minutes if last.counts else policy.retry_engaged_minutes
    earliest = last.at + timedelta(minutes=pause)
    days, left = _days(tried), policy.max_attempts - len(_counting(tried))
    today = london_date(earliest)
    if policy.min_days - len(days) >= max(left, 1) and today in days:
        # What is left of the attempts has to fall on days of its own.
        return start_of_day(today + timedelta(days=1))
    return earliest


def _counting(tried: Sequence[Attempt]) -> list[Attempt]:
    return [attempt for attempt in tried if attempt.counts]


def _days(tried: Sequence[Attempt]) -> set[date]:
    return {london_date(attempt.at) for attempt in _counting(tried)}
