"""Days: the first and the last on which it is of use to ring a caller, as they told us. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from advice_line.clock import start_of_day
from advice_line.working_time import Interval, shared


def on_days(
    times: Sequence[Interval] | None, first: date | None, last: date | None, start: datetime, end: datetime
) -> list[Interval] | None:
    """Those times from `start` up to `end` that are on the caller's days; None for any time, given or found.

    Both days are London's, and included. A last day that is over binds nobody: to ring late is better than never.
    """
    after = start_of_day(first) if first else start
    before = start_of_day(last + timedelta(days=1)) if last else end
    if before <= start:
        before = end
    if after <= start and before >= end:
        return None if times is None else list(times)
    whole = [Interval(max(after, start), min(before, end))] if max(after, start) < min(before, end) else []
    return whole if times is None else shared(times, whole)
