"""Wishes: when a caller can be rung, as they told us, put on the service's working days. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time

from advice_line.taxonomy import CONTACT_PREFERENCES
from advice_line.working_time import MONDAY_TO_FRIDAY, Calendar, Hours, Interval, Weekday, Window

Wish = str | Mapping[str, object]
ANY_TIME = "pref_any_time"
START_OF_DAY, END_OF_DAY = time(0, 0), time(23, 59)


def wished(wishes: Iterable[Wish], calendar: Calendar, start: datetime, end: datetime) -> list[Interval] | None:
    """The time from `start` up to `end` in which the caller can talk; None for any time.

    A wish is a key of contact preferences, or {from, to, days} on London's clocks. Several widen one another. Days
    without hours narrow those wishes that name no days of their own; alone they mean these days at any hour.
    """
    wishes = list(wishes)
    only = _only_on(wishes)
    windows = list(dict.fromkeys(window for wish in wishes for window in _windows(wish, only)))
    if ANY_TIME in wishes or not windows:
        if only == MONDAY_TO_FRIDAY:
            return None
        windows.append(Window(only, START_OF_DAY, END_OF_DAY))
    return Hours(calendar, tuple(windows)).intervals(start, end)


def _windows(wish: Wish, only: frozenset[Weekday]) -> Iterator[Window]:
    if isinstance(wish, Mapping):
        if wish.get("from"):
            days = _days(wish.get("days")) or only
            yield Window(days, time.fromisoformat(str(wish["from"])), time.fromisoformat(str(wish["to"])))
        return
    preference = CONTACT_PREFERENCES.get(wish)
    if preference is not None and (preference.start or preference.end):
        yield Window(only, preference.start or START_OF_DAY, preference.end or END_OF_DAY)


def _only_on(wishes: Sequence[Wish]) -> frozenset[Weekday]:
    """The days on which alone they can talk; every working day when they named none."""
    named = (_days(wish.get("days")) for wish in wishes if isinstance(wish, Mapping) and not wish.get("from"))
    return frozenset().union(*named) or MONDAY_TO_FRIDAY


def _days(days: object) -> frozenset[Weekday]:
    return frozenset(Weekday(day) for day in days) if isinstance(days, list) else frozenset()
