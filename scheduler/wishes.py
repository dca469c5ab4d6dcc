"""Wishes: when a caller can be rung, as they told us, put on the service's working days. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time

from advice_line.taxonomy import CONTACT_PREFERENCES
from advice_line.working_time import MONDAY_TO_FRIDAY, Calendar, Hours, Interval, Weekday, Window

Wish = str | Mapping[str, object]
ANY_TIME = "pref_any_time"
START_OF_DAY, END_OF_DAY = time(0, 0), time(23, 59)


def wished(wishes: Iterable[Wish], calendar: Calendar, start: datetime, end: datetime) -> list[Interval] | None:
    """The time from `start` up to `end` in which the caller can talk; None for any time.

    A wish is a key of contact preferences, or {from, to, days} on London's clocks. Several widen one another. One that
    names no hours (“on certain days only”, “in term time only”) is for the therapist to read.
    """
    wishes = list(wishes)
    windows = tuple(dict.fromkeys(window for wish in wishes for window in _windows(wish)))
    if ANY_TIME in wishes or not windows:
        return None
    return Hours(calendar, windows).intervals(start, end)


def _windows(wish: Wish) -> Iterator[Window]:
    if isinstance(wish, Mapping):
        days = _days(wish.get("days"))
        yield Window(days, time.fromisoformat(str(wish["from"])), time.fromisoformat(str(wish["to"])))
        return
    preference = CONTACT_PREFERENCES.get(wish)
    if preference is not None and (preference.start or preference.end):
        yield Window(MONDAY_TO_FRIDAY, preference.start or START_OF_DAY, preference.end or END_OF_DAY)


def _days(days: object) -> frozenset[Weekday]:
    return frozenset(Weekday(day) for day in days) if isinstance(days, list) and days else MONDAY_TO_FRIDAY
