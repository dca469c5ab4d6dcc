"""Moments as the NHS writes them, in London time: Tuesday 24 November 2026, 9:30am, midday."""

from datetime import date, datetime, time, timedelta

from advice_line.clock import london_date, to_london
from advice_line.working_time import time_of_day


def day(moment: datetime | date) -> str:
    """For example: Tuesday 24 November 2026."""
    on = _date(moment)
    return f"{on:%A} {short_day(on)}"


def short_day(moment: datetime | date) -> str:
    """For example: 24 November 2026."""
    on = _date(moment)
    return f"{on.day} {on:%B} {on.year}"


def clock_time(moment: datetime) -> str:
    """For example: 9:30am, 5pm, midday, midnight."""
    return time_of_day(to_london(moment).time())


def near(moment: datetime, now: datetime) -> str:
    """For example: today at 9:30am, tomorrow at midday, Thursday 26 November at 5pm; the year when it is another."""
    on, today = london_date(moment), london_date(now)
    names = {today - timedelta(1): "yesterday", today: "today", today + timedelta(1): "tomorrow"}
    year = "" if on.year == today.year else f" {on.year}"
    return f"{names.get(on) or f'{on:%A} {on.day} {on:%B}{year}'} at {clock_time(moment)}"


def until(moment: datetime, now: datetime) -> str:
    """Up to when something lasts. Midnight is the end of the day before: "the end of today", "today at 5pm"."""
    if to_london(moment).time() != time.min:
        return near(moment, now)
    return f"the end of {near(moment - timedelta(microseconds=1), now).rpartition(' at ')[0]}"


def _date(moment: datetime | date) -> date:
    return london_date(moment) if isinstance(moment, datetime) else moment
