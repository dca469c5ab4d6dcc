"""Working time: when a line works, and by when a promise falls due. Pure: no database, no network, no `now`.

Read in this order. `bank_holidays` are the nation's days off. `working_days` are Mondays to Fridays less those and
less the service's own closures: the Calendar. `windows` are the hours of a week on London's wall clock. `intervals`
are stretches of real time, in UTC. `hours` puts windows on a calendar and counts working time. `due` says when a
promise falls due. `words` and `spoken` say all this to staff and to callers.
"""

from advice_line.working_time.bank_holidays import Nation, bank_holidays
from advice_line.working_time.due import due, due_same_day
from advice_line.working_time.hours import Hours, NoOpeningHours
from advice_line.working_time.intervals import Interval, merged, shared, total, without
from advice_line.working_time.spoken import closure_to_announce, spoken_day, spoken_days
from advice_line.working_time.windows import MONDAY_TO_FRIDAY, Weekday, Window, WindowError
from advice_line.working_time.words import in_words, time_left, time_of_day
from advice_line.working_time.working_days import Calendar, NoWorkingDays

__all__ = [
    "MONDAY_TO_FRIDAY",
    "Calendar",
    "Hours",
    "Interval",
    "Nation",
    "NoOpeningHours",
    "NoWorkingDays",
    "Weekday",
    "Window",
    "WindowError",
    "bank_holidays",
    "closure_to_announce",
    "due",
    "due_same_day",
    "in_words",
    "merged",
    "shared",
    "spoken_day",
    "spoken_days",
    "time_left",
    "time_of_day",
    "total",
    "without",
]
