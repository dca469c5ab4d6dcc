"""Reachable: when one caller can be rung, from their own wishes and, on a school's phone, from the school's terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from advice_line.clock import london_date, start_of_day
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.wishes import ANY_TIME, wished
from advice_line.lines import terms
from advice_line.lines.directory import Service
from advice_line.lines.terms import TermCalendar
from advice_line.working_time import Interval, merged, shared

TERM_TIME_ONLY = "pref_term_time_only"
# Whoever works in a school is rung on its phone, unless they said that any time will do.
SCHOOL_ROLES = frozenset({"teacher", "senco", "teaching_assistant", "school_leader"})


@dataclass(frozen=True)
class Note:
    """A sentence for staff: said of a call that has no slot, or one that begins at `since` or later."""

    sentence: str
    since: datetime

    def concerns(self, starts_at: datetime | None) -> bool:
        return starts_at is None or starts_at >= self.since


@dataclass(frozen=True)
class Reachable:
    """When a call with its writing up fits a caller, who is needed for the talk alone; None for any time.

    `not_before` is the moment before which they are not rung, `note` what staff are told.
    """

    times: list[Interval] | None
    not_before: datetime | None = None
    note: Note | None = None


def reachable(
    service: Service, enquiry: Enquiry, hours: Sequence[Interval], due: datetime, period: Interval
) -> Reachable:
    """When the caller can be rung in a period, on a line that rings back in these `hours` of it.

    A school is not rung in the holidays (edge cases E03 and E34). That moves no due time: the note says both days.
    """
    wishes = wished(enquiry.contact_times, service.calendar, period.start, period.end)
    times = _until(enquiry.not_after, _and_writing_up(service, wishes, hours), period)
    not_before = start_of_day(enquiry.not_before) if enquiry.not_before else None
    calendar = school_calendar(service, enquiry)
    if calendar is None:
        return Reachable(times, not_before)
    whole = [period] if times is None else times
    in_term = shared(whole, calendar.open_between(period.start, period.end))
    note = _holiday(calendar, due, _next_hour(hours, period.start))
    if note is not None and shared(hours, whole) and not shared(hours, in_term):
        # The plan does not reach as far as the school's return; what holds the call up is that day, not the caller.
        return Reachable(whole, max(note.since, not_before or note.since), note)
    return Reachable(in_term, not_before, note)


def school_calendar(service: Service, enquiry: Enquiry) -> TermCalendar | None:
    """The term calendar that this caller depends on; None for those who can be rung in the holidays, too."""
    in_school = enquiry.caller_role in SCHOOL_ROLES or TERM_TIME_ONLY in enquiry.contact_times
    if not in_school or ANY_TIME in enquiry.contact_times:
        return None
    return terms.of_area(service.configuration.term_calendars, enquiry.child_postcode)


def _and_writing_up(
    service: Service, wishes: list[Interval] | None, hours: Sequence[Interval]
) -> list[Interval] | None:
    """The caller's times in the line's hours, each with the minutes after it in which the therapist writes it up.

    So a quarter of an hour of a teacher's break is long enough for a talk of that length.
    """
    if wishes is None:
        return None
    writing_up = timedelta(minutes=service.configuration.capacity.wrap_minutes)
    return merged(Interval(one.start, one.end + writing_up) if shared([one], hours) else one for one in wishes)


def _until(last: date | None, times: list[Interval] | None, period: Interval) -> list[Interval] | None:
    """Not after the caller's last day, which is included. One that is over binds nobody: better late than never."""
    if last is None or (end := start_of_day(last + timedelta(days=1))) <= period.start:
        return times
    return shared([period] if times is None else times, [Interval(period.start, end)])


def _next_hour(hours: Sequence[Interval], now: datetime) -> datetime:
    """When the line can next ring: in the evening of the last day of term, that is in the holidays."""
    return next((max(one.start, now) for one in hours if one.end > now), now)


def _holiday(calendar: TermCalendar, due: datetime, earliest: datetime) -> Note | None:
    """What is said when the call falls due in the holidays, or is late in them: it can be made at `earliest`."""
    asked = london_date(max(due, earliest))
    if not calendar.is_holiday(asked):
        return None
    back = calendar.first_day_from(asked)
    sentence = f"The school is on holiday until {_in_words(back)}. The call stays due on {_in_words(london_date(due))}."
    return Note(sentence, start_of_day(back))


def _in_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
