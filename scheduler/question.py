"""The question: what the planner is asked, read from the house for one service.

It looks ten working days ahead, and a week back, so that a fair share of the rota is one over some time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import turn as turns
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.plan import Slot
from advice_line.clock import london_date, start_of_day
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.working_time import Interval, merged
from scheduler import planner
from scheduler.callers import Caller, Known

WORKING_DAYS_AHEAD = 10
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class Question:
    """The problem, the callers that it is about, and those whose call cannot be planned at all."""

    problem: planner.Problem
    asked: tuple[Caller, ...]
    impossible: tuple[Caller, ...]


@dataclass(frozen=True)
class Period:
    """The time that a plan reaches over: `now` up to `end`, and what it remembers from `start` on."""

    start: datetime
    now: datetime
    end: datetime

    @classmethod
    def around(cls, now: datetime, service: Service) -> "Period":
        """A week back, and to the end of the tenth working day after today."""
        last = service.calendar.working_day_after(london_date(now), WORKING_DAYS_AHEAD)
        return cls(start_of_day(london_date(now - LOOK_BACK)), now, start_of_day(last + timedelta(days=1)))


def ask(session: Session, service: Service, now: datetime) -> Question:
    """Put the question as things are now."""
    period = Period.around(now, service)
    pairs = callbacks.all_open(session, service.id)
    known = Known.of(session, service, Interval(now, period.end), [enquiry.id for _, enquiry in pairs])
    callers = [Caller(callback, enquiry, known) for callback, enquiry in pairs if callback.state != "live"]
    asked = tuple(caller for caller in callers if caller.why_not is None)
    problem = planner.Problem(
        now=now,
        callbacks=tuple(caller.asked() for caller in asked),
        therapists=_therapists(session, service, period, [c for c, _ in pairs if c.state == "live"]),
        windows=_spans(merged(interval for hours in known.hours.values() for interval in hours)),
        policy=_policy(service),
    )
    return Question(problem, asked, tuple(caller for caller in callers if caller.why_not is not None))


def _policy(service: Service) -> planner.AttemptPolicy:
    policy = service.configuration.attempts
    return planner.AttemptPolicy(policy.max_attempts, policy.min_days, policy.min_gap_minutes, policy.vary_time_of_day)


def _therapists(
    session: Session, service: Service, period: Period, live: Iterable[Callback]
) -> tuple[planner.Therapist, ...]:
    sessions = rota.sessions_between(session, period.start, period.end, service.calendar)
    absences = rota.absences_between(session, period.start, period.end)
    busy = _busy(session, service, period.now, live)
    listening = turns.between(session, service.id, period.now, period.end)
    done = _minutes_done(session, service, period)
    return tuple(
        planner.Therapist(
            id=therapist.id,
            sessions=_spans(sessions[therapist.id]),
            absences=_spans(absences.get(therapist.id, [])),
            busy=_spans(merged([*busy[therapist.id], *listening.get(therapist.id, [])])),
            languages=frozenset(therapist.languages),
            skills=frozenset(therapist.skills),
            minutes_done=done.get(therapist.id, 0),
        )
        for therapist in rota.therapists(session)
    )


def _busy(session: Session, service: Service, now: datetime, live: Iterable[Callback]) -> dict[int, list[Interval]]:
    """Who is on the telephone: for as long as such a call takes. A call that is being made also keeps its slot."""
    minutes = {callback.enquiry_id: callback.minutes for callback in live}
    busy: dict[int, list[Interval]] = defaultdict(list)
    for callback in live:
        if slot := Slot.of(callback):
            busy[slot.therapist_id].append(Interval(slot.starts_at, slot.ends_at))
    calling = select(Attempt).where(Attempt.service_id == service.id, Attempt.finished_at.is_(None))
    for attempt in session.scalars(calling):
        until = attempt.at + timedelta(minutes=minutes.get(attempt.enquiry_id, 0))
        if attempt.therapist_id is not None and until > now:
            busy[attempt.therapist_id].append(Interval(attempt.at, until))
    return busy


def _minutes_done(session: Session, service: Service, period: Period) -> Mapping[int, int]:
    """Rota minutes that each therapist spent on callbacks since the period's start: by what their attempts took."""
    capacity = service.configuration.capacity
    finished = (
        select(Attempt)
        .where(Attempt.service_id == service.id, Attempt.finished_at.is_not(None), Attempt.at >= period.start)
        .where(Attempt.therapist_id.is_not(None), Attempt.result.is_not(None))
    )
    done: dict[int, int] = defaultdict(int)
    for attempt in session.scalars(finished):
        minutes = capacity.callback_minutes() if attempt.made_contact else capacity.retry_minutes
        done[attempt.therapist_id or 0] += minutes
    return done


def _spans(intervals: Iterable[Interval]) -> tuple[planner.Span, ...]:
    return tuple(planner.Span(interval.start, interval.end) for interval in intervals)
