"""Working time in words, for staff screens: how long is left, or by how much a promise is overdue."""

from datetime import datetime, time, timedelta

from advice_line.clock import london_date
from advice_line.working_time.hours import Hours

ONE_MINUTE = timedelta(minutes=1)
ONE_HOUR = timedelta(hours=1)
MIDDAY = time(12)


def in_words(amount: timedelta) -> str:
    """An amount in hours and whole minutes, rounded down: "1 hour 20 minutes".

    Never in days: how many hours a working day has differs from line to line.
    """
    if amount < ONE_MINUTE:
        return "less than a minute"
    hours, rest = divmod(amount, ONE_HOUR)
    units = ((hours, "hour"), (rest // ONE_MINUTE, "minute"))
    return " ".join(counted(n, noun) for n, noun in units if n)


def time_left(due: datetime, now: datetime, hours: Hours) -> str:
    """What is left until `due`, counted in the hours whose clock it runs on.

    "3 working days left" while two or more working days lie ahead, then "1 hour 20 minutes of working time left";
    afterwards "overdue by 2 working hours".
    """
    if now > due:
        return _overdue(due, now, hours)
    days = hours.calendar.working_days_between(london_date(now), london_date(due))
    if days >= 2:
        return f"{counted(days, 'working day')} left"
    amount = hours.working_between(now, due)
    return f"{in_words(amount)} of working time left" if amount else "no working time left"


def counted(n: int, noun: str) -> str:
    """A number and its noun in the right number: "1 hour", "2 hours"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def time_of_day(at: time) -> str:
    """A time on London's clocks as people say it: "9:30am", "5pm", "midday", "midnight"."""
    if (at.hour, at.minute) in ((0, 0), (12, 0)):
        return "midday" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at < MIDDAY else 'pm'}"


def _overdue(due: datetime, now: datetime, hours: Hours) -> str:
    """Overdue in the largest whole unit that fits; plain "overdue" until a working minute has passed."""
    days = hours.calendar.working_days_between(london_date(due), london_date(now))
    amount = hours.working_between(due, now)
    if days >= 2:
        return f"overdue by {counted(days, 'working day')}"
    if amount >= ONE_HOUR:
        return f"overdue by {counted(amount // ONE_HOUR, 'working hour')}"
    if amount >= ONE_MINUTE:
        return f"overdue by {counted(amount // ONE_MINUTE, 'working minute')}"
    return "overdue"
