"""The plan as a lead sees it: what waits for a decision, what is late, and each day's calls in order."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks.callback import Callback
from advice_line.clock import london_date
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.pages import arranged, shown
from advice_line.pages.arranged import Arranged, Arrangements
from advice_line.pages.shown import Shown

SOON = timedelta(days=28)


@dataclass(frozen=True)
class Call:
    """One call that is owed: its enquiry, who rings, and what is arranged."""

    one: Shown
    therapist: str
    arranged: Arranged
    is_late: bool
    is_live: bool


@dataclass(frozen=True)
class Day:
    """The calls of one London date, in the order of time."""

    day: date
    calls: list[Call]

    @property
    def by_therapist(self) -> list[tuple[str, int]]:
        """How many each therapist has, by name."""
        counts: defaultdict[str, int] = defaultdict(int)
        for call in self.calls:
            counts[call.therapist] += 1
        return sorted(counts.items())


@dataclass(frozen=True)
class PlanShown:
    """`undecided` have no time, most pressing first; `late` are planned after they are due."""

    undecided: list[Call]
    late: list[Call]
    days: list[Day]
    ending_terms: list[str]
    is_complete: bool


def plan(session: Session, service: Service, now: datetime) -> PlanShown:
    """Every call that is owed, as it is planned now."""
    pairs = callbacks.all_open(session, service.id)
    enquiries = [enquiry for _, enquiry in pairs]
    known = arranged.arrangements(session, service, [enquiry.id for enquiry in enquiries], now)
    listed = shown.enquiries(session, service, enquiries, now)
    calls = [_call(one, callback, enquiry, known, now) for one, (callback, enquiry) in zip(listed, pairs, strict=True)]
    without = [call for call in calls if call.one.starts_at is None and not call.is_live]
    return PlanShown(
        undecided=sorted(without, key=lambda call: (not call.arranged.is_broken, call.one.due_at or now)),
        late=[call for call in calls if call.is_late],
        days=_days(calls),
        ending_terms=_ending_terms(service, now),
        is_complete=callbacks.is_plan_complete(session, service.id),
    )


def _call(one: Shown, callback: Callback, enquiry: Enquiry, known: Arrangements, now: datetime) -> Call:
    starts_at = callback.starts_at
    return Call(
        one,
        known.name(callback.therapist_id),
        known.of(enquiry, callback),
        is_late=starts_at is not None and max(starts_at, now) > callback.due_at,
        is_live=callback.state == "live",
    )


def _days(calls: Sequence[Call]) -> list[Day]:
    days: defaultdict[date, list[Call]] = defaultdict(list)
    for call in calls:
        if call.one.starts_at is not None:
            days[london_date(call.one.starts_at)].append(call)
    return [Day(day, days[day]) for day in sorted(days)]


def _ending_terms(service: Service, now: datetime) -> list[str]:
    """The term calendars of which nothing is known soon: schools are then rung in their holidays, too."""
    return [
        calendar.label
        for calendar in service.configuration.term_calendars
        if calendar.known_until < london_date(now + SOON)
    ]
