"""The question: what the planner is asked, read from the house for one service.

It looks ten working days ahead, and a week back, so that a fair share of the rota is one over some time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import policy
from advice_line.callbacks import turn as turns
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.plan import Slot, keeps_therapist
from advice_line.clock import london_date, start_of_day
from advice_line.enquiries.days import on_days
from advice_line.enquiries.enquiry import PRIORITIES, Enquiry
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.working_time import Interval, merged, shared
from scheduler import planner
from scheduler.wishes import wished

WORKING_DAYS_AHEAD = 10
LOOK_BACK = timedelta(days=7)
OUR_LANGUAGE = "en"
NO_NUMBER = "There is no number to ring: the caller withheld it or left none. Listen for one in the message."
USED_UP = "All {most} attempts are used. Ring by hand, or close the enquiry as unable to contact."


@dataclass(frozen=True)
class Question:
    """The problem, the callbacks that it is about, and those that cannot be planned at all, with the reason."""

    problem: planner.Problem
    asked: tuple[tuple[Callback, Enquiry], ...]
    impossible: tuple[tuple[Callback, Enquiry, str], ...]


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
    attempts = _attempts(session, service, [enquiry.id for _, enquiry in pairs])
    asked, impossible = [], []
    for callback, enquiry in pairs:
        if callback.state == "live":
            continue
        why_not = _why_not(service, enquiry, attempts[enquiry.id])
        if why_not is None:
            asked.append((callback, enquiry))
        else:
            impossible.append((callback, enquiry, why_not))
    problem = planner.Problem(
        now=now,
        callbacks=tuple(_callback(service, period, c, e, attempts[e.id]) for c, e in asked),
        therapists=_therapists(session, service, period, [c for c, _ in pairs if c.state == "live"]),
        windows=_spans(merged(i for line in service.lines.values() for i in _ringing_back(service, line.key, period))),
    )
    return Question(problem, tuple(asked), tuple(impossible))


def _why_not(service: Service, enquiry: Enquiry, attempts: Sequence[Attempt]) -> str | None:
    allowed = service.configuration.attempts
    if enquiry.caller_number is None:
        return NO_NUMBER
    return USED_UP.format(most=allowed.max_attempts) if policy.used_up(allowed, attempts) else None


def _callback(
    service: Service, period: Period, callback: Callback, enquiry: Enquiry, attempts: Sequence[Attempt]
) -> planner.Callback:
    slot = Slot.of(callback)
    language = enquiry.caller_language
    return planner.Callback(
        id=callback.id,
        received=enquiry.received_at,
        due=callback.due_at,
        priority=PRIORITIES.index(enquiry.priority),
        minutes=callback.minutes,
        windows=_windows(service, period, callback, enquiry),
        language=None if language == OUR_LANGUAGE else language,
        topic=enquiry.topics[0] if enquiry.topics else None,
        named=enquiry.therapist_id if keeps_therapist(enquiry) else None,
        not_before=callback.not_before,
        # A call in which they were reached, and agreed another time or were cut off, keeps no distance to the next.
        tried=tuple(attempt.at for attempt in attempts if attempt.counts and not attempt.made_contact),
        current=planner.Assignment(callback.id, slot.therapist_id, slot.starts_at, slot.ends_at) if slot else None,
        promised=callback.promised,
    )


def _windows(service: Service, period: Period, callback: Callback, enquiry: Enquiry) -> tuple[planner.Span, ...] | None:
    """When this caller can be rung: the time that was agreed while it is to come, else the times they like."""
    if callback.wanted_from and callback.wanted_to and callback.wanted_to > period.now:
        times: list[Interval] | None = [Interval(callback.wanted_from, callback.wanted_to)]
    else:
        times = wished(enquiry.contact_times, service.calendar, period.now, period.end)
        times = on_days(times, enquiry.not_before, enquiry.not_after, period.now, period.end)
    if len(service.lines) > 1:
        line = _ringing_back(service, enquiry.line_key, period)
        times = line if times is None else shared(times, line)
    return None if times is None else _spans(times)


def _ringing_back(service: Service, line_key: str, period: Period) -> list[Interval]:
    return service.line(line_key).callback_hours.intervals(period.now, period.end)


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


def _attempts(session: Session, service: Service, enquiry_ids: Sequence[int]) -> Mapping[int, list[Attempt]]:
    """The attempts since the caller last got in touch: who rings again may be tried again from the start."""
    rows = session.scalars(
        select(Attempt)
        .join(Enquiry, and_(Enquiry.service_id == Attempt.service_id, Enquiry.id == Attempt.enquiry_id))
        .where(Attempt.service_id == service.id, Attempt.enquiry_id.in_(enquiry_ids))
        .where(func.coalesce(Attempt.at >= Enquiry.last_word_at, True))
        .order_by(Attempt.at, Attempt.id)
    )
    since: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in rows:
        since[attempt.enquiry_id].append(attempt)
    return since


def _spans(intervals: Iterable[Interval]) -> tuple[planner.Span, ...]:
    return tuple(planner.Span(interval.start, interval.end) for interval in intervals)
