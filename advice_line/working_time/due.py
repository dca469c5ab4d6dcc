"""Due times: by when a promise made at a moment must be kept."""

from datetime import datetime

from advice_line.clock import london_date, start_of_day
from advice_line.working_time.hours import Hours
from advice_line.working_time.working_days import ONE_DAY


def due(received: datetime, working_days: int, hours: Hours) -> datetime:
    """When something due in so many working days (1 or more) falls due, in UTC.

    Working day 1 is the first working day after the London date of receipt, whatever the hour; due is the end of that
    day's last window (the NHS complaints rule R19 counts in the same way). When the due day has no window, as on a
    line open on Wednesdays and Thursdays alone, it moves on to the next working day that has one; E15 is the Friday
    before a bank holiday. NoWorkingDays or NoOpeningHours when a year brings none.
    """
    day = hours.calendar.working_day_after(london_date(received), working_days)
    return _end_of_first_day(start_of_day(day), hours)


def due_same_day(received: datetime, hours: Hours) -> datetime:
    """When something urgent falls due, in UTC: the end of the same working day, or of the next if the day is over.

    What arrives before opening, or in a break between windows, is that day's work. Pass the service's office hours:
    urgent clocks never run in callback windows. NoOpeningHours when a year brings none.
    """
    return _end_of_first_day(received, hours)


def _end_of_first_day(moment: datetime, hours: Hours) -> datetime:
    """The end of the last window on the first day that is open at some time from `moment` on."""
    day = london_date(hours.next_opening(moment))
    return hours.intervals(start_of_day(day), start_of_day(day + ONE_DAY))[-1].end
