"""The plan as a lead sees it: what waits for a decision, what is late, and each day's sessions with their calls."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import room
from advice_line.callbacks.callback import Callback
from advice_line.clock import london_date, start_of_day, to_london
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import extra_windows, sites
from advice_line.lines.directory import Service
from advice_line.lines.sites import Stay
from advice_line.pages import arranged, rota_shown, shown
from advice_line.pages.arranged import Arranged, Arrangements
from advice_line.pages.shown import Shown
from advice_line.texting import owed
from advice_line.working_time import Interval, shared

DAYS_SHOWN = timedelta(days=8)  # sessions without a call are shown so far ahead; calls wherever they are
SOON = timedelta(days=28)


@dataclass(frozen=True)
class Call:
    """One call that is owed: its enquiry, who rings, and what is arranged; `no_text`: why they cannot be texted."""

    one: Shown
    callback: Callback
    therapist: str
    arranged: Arranged
    no_text: str
    is_late: bool
    is_live: bool


@dataclass(frozen=True)
class PlannedSession:
    """A therapist's session, whole or what is left of it by an absence, with its calls in the order of time.

    `room`: the minutes of the longest call that it could still take.
    """

    therapist_id: int
    therapist: str
    stay: Stay
    words: str
    calls: list[Call]
    room: int

    @property
    def posted(self) -> dict[str, str]:
        """The session as the form for a call's time has it, on London's clocks."""
        start, end = to_london(self.stay.time.start), to_london(self.stay.time.end)
        return {"day": f"{start:%Y-%m-%d}", "time": f"{start:%H:%M}", "until": f"{end:%H:%M}"}


@dataclass(frozen=True)
class Day:
    """The sessions of one London date, and calls that are in none, because their therapist is away just now."""

    day: date
    sessions: list[PlannedSession]
    outside: list[Call]

    @property
    def calls(self) -> int:
        """How many calls are planned on it."""
        return sum(len(one.calls) for one in self.sessions) + len(self.outside)


@dataclass(frozen=True)
class PlanShown:
    """`undecided` have no time, most pressing first; `late` are planned after they are due."""

    undecided: list[Call]
    late: list[Call]
    days: list[Day]
    ending_terms: list[str]
    is_complete: bool

    def time_of(self, reference: str) -> str:
        """What time a call was set or promised, for example: Set to tomorrow at 9am with Sam Sample."""
        planned = (one for day in self.days for each in day.sessions for one in each.calls)
        outside = (one for day in self.days for one in day.outside)
        held = (one.arranged.held for one in chain(self.undecided, planned, outside) if one.one.reference == reference)
        return next(held, "")


def plan(session: Session, service: Service, now: datetime) -> PlanShown:
    """Every call that is owed, as it is planned now."""
    pairs = callbacks.all_open(session, service.id)
    enquiries = [enquiry for _, enquiry in pairs]
    known = arranged.arrangements(session, service, [enquiry.id for enquiry in enquiries], now)
    listed = shown.enquiries(session, service, enquiries, now)
    no_text = owed.why_not_told(session, service.id, enquiries, now)
    calls = [
        _call(one, callback, enquiry, known, no_text.get(enquiry.id, ""), now)
        for one, (callback, enquiry) in zip(listed, pairs, strict=True)
    ]
    without = [call for call in calls if call.one.starts_at is None and not call.is_live]
    return PlanShown(
        undecided=sorted(without, key=lambda call: (not call.arranged.is_broken, call.one.due_at or now)),
        late=[call for call in calls if call.is_late],
        days=_days(session, service, known, calls, now),
        ending_terms=_ending_terms(service, now),
        is_complete=callbacks.is_plan_complete(session, service.id),
    )


def _call(one: Shown, callback: Callback, enquiry: Enquiry, known: Arrangements, no_text: str, now: datetime) -> Call:
    starts_at = callback.starts_at
    return Call(
        one,
        callback,
        known.name(callback.therapist_id),
        known.of(enquiry, callback),
        no_text,
        is_late=starts_at is not None and max(starts_at, now) > callback.due_at,
        is_live=callback.state == "live",
    )


def _days(session: Session, service: Service, known: Arrangements, calls: Sequence[Call], now: datetime) -> list[Day]:
    days: defaultdict[date, list[Call]] = defaultdict(list)
    for call in calls:
        if call.one.starts_at is not None:
            days[london_date(call.one.starts_at)].append(call)
    today = london_date(now)
    last = max([today + DAYS_SHOWN, *days])
    period = Interval(start_of_day(min([today, *days])), start_of_day(last + timedelta(days=1)))
    sessions = _sessions(session, service, known, period, now)
    for one in sessions:
        if one.stay.time.end > now and london_date(one.stay.time.start) <= today + DAYS_SHOWN:
            days[london_date(one.stay.time.start)] += []
    return [_day(day, days[day], sessions) for day in sorted(days)]


def _day(day: date, calls: Sequence[Call], sessions: Sequence[PlannedSession]) -> Day:
    outside = list(calls)
    its_own = [one for one in sessions if london_date(one.stay.time.start) == day]
    for one in its_own:
        one.calls.extend(call for call in outside if _is_in(call, one))
        outside = [call for call in outside if call not in one.calls]
    return Day(day, its_own, outside)


def _is_in(call: Call, one: PlannedSession) -> bool:
    starts_at = call.one.starts_at
    is_theirs = call.callback.therapist_id == one.therapist_id
    return is_theirs and starts_at is not None and one.stay.time.start <= starts_at < one.stay.time.end


def _sessions(
    session: Session, service: Service, known: Arrangements, period: Interval, now: datetime
) -> list[PlannedSession]:
    """Every session of the period, by time and name, no calls in them yet."""
    stays = sites.stays_between(session, period.start, period.end, service.calendar)
    free = _free(session, service, Interval(max(now, period.start), period.end))
    found = [
        PlannedSession(
            therapist_id,
            known.name(therapist_id),
            stay,
            f"{rota_shown.span(stay.time)}{rota_shown.at(service, stay.site)}",
            [],
            _longest(shared(free.get(therapist_id, []), [stay.time])),
        )
        for therapist_id, theirs in stays.items()
        for stay in theirs
    ]
    return sorted(found, key=lambda one: (one.stay.time.start, one.therapist))


def _free(session: Session, service: Service, period: Interval) -> Mapping[int, list[Interval]]:
    hours = extra_windows.of_service(session, service, period.start, period.end)
    return {who: shared(times, hours) for who, times in room.free(session, service, period).items()}


def _longest(gaps: Sequence[Interval]) -> int:
    return max((gap.length // timedelta(minutes=1) for gap in gaps), default=0)


def _ending_terms(service: Service, now: datetime) -> list[str]:
    """The term calendars of which nothing is known soon: schools are then rung in their holidays, too."""
    return [
        calendar.label
        for calendar in service.configuration.term_calendars
        if calendar.known_until < london_date(now + SOON)
    ]
