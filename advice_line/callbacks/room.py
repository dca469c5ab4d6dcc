"""Room: the time that therapists' sessions have for another call, and the first place of a call in a session."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from advice_line.callbacks import turn as turns
from advice_line.callbacks.callback import OPEN, Callback
from advice_line.callbacks.reachable import reachable
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import Fault, Malformed
from advice_line.lines import extra_windows, rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.working_time import Interval, shared, without

GRID = timedelta(minutes=5)  # calls begin on it, as the planner's do
MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """One enquiry's call, and the session of a therapist (aware) into which somebody wants to put it."""

    enquiry: Enquiry
    callback: Callback
    therapist: Therapist
    within: Interval

    @property
    def length(self) -> timedelta:
        """How long the call takes."""
        return timedelta(minutes=self.callback.minutes)


def free(
    session: Session, service: Service, period: Interval, besides: Callback | None = None
) -> dict[int, list[Interval]]:
    """Each therapist's session time in a period that neither listening nor a call takes, be it planned or promised.

    `besides`: a call that is to be moved takes nothing.
    """
    there = rota.there_between(session, period.start, period.end, service.calendar)
    taken: defaultdict[int, list[Interval]] = defaultdict(list)
    for therapist_id, times in turns.between(session, service.id, period.start, period.end).items():
        taken[therapist_id] += times
    for callback in session.scalars(_in(service.id, period)):
        if besides is None or callback.id != besides.id:
            _add(taken, callback.therapist_id, callback.starts_at, callback.ends_at)
            _add(taken, callback.promised_therapist_id, callback.promised_from, callback.promised_to)
    return {therapist_id: without(times, taken[therapist_id]) for therapist_id, times in there.items()}


def first(session: Session, service: Service, wanted: Wanted, now: datetime) -> datetime:
    """The first time in the session at which the call fits and suits the caller. Malformed says why there is none."""
    within, name = wanted.within, wanted.therapist.name
    if within.end <= now:
        raise Malformed([Fault("time", "That session is over: choose a later one")])
    period = Interval(max(within.start, now + timedelta(minutes=1)), within.end)
    if not rota.there_between(session, period.start, period.end, service.calendar).get(wanted.therapist.id):
        raise Malformed([Fault("therapist", f"{name} is not on the rota then: choose another session")])
    hours = extra_windows.ringing_back(session, service, period.start, period.end)[wanted.enquiry.line_key]
    if not hours:
        raise Malformed([Fault("time", "The line does not ring back in that session: extend its hours first")])
    gaps = shared(free(session, service, period, besides=wanted.callback)[wanted.therapist.id], hours)
    if _first(gaps, wanted.length) is None:
        minutes = wanted.callback.minutes
        sentence = f"{name} has no room for a call of {minutes} minutes in that session: move one of its calls first"
        raise Malformed([Fault("time", sentence)])
    found = _first(_suiting(service, wanted, hours, gaps, period), wanted.length)
    if found is None:
        raise Malformed([Fault("time", "The caller asked for other times: agree a time with them first")])
    return found


def _suiting(
    service: Service, wanted: Wanted, hours: list[Interval], gaps: list[Interval], period: Interval
) -> list[Interval]:
    suits = reachable(service, wanted.enquiry, hours, wanted.callback.due_at, period)
    suiting = gaps if suits.times is None else shared(gaps, suits.times)
    if suits.not_before is None or suits.not_before <= period.start:
        return suiting
    return shared(suiting, [Interval(suits.not_before, period.end)]) if suits.not_before < period.end else []


def _first(gaps: list[Interval], length: timedelta) -> datetime | None:
    starts = ((gap, gap.start + (MIDNIGHT - gap.start) % GRID) for gap in gaps)
    return next((start for gap, start in starts if start + length <= gap.end), None)


def _in(service_id: int, period: Interval) -> Select[Callback]:
    slot = (Callback.starts_at < period.end) & (Callback.ends_at > period.start)
    promise = (Callback.promised_from < period.end) & (Callback.promised_to > period.start)
    return select(Callback).where(Callback.service_id == service_id, Callback.state.in_(OPEN), or_(slot, promise))


def _add(
    taken: defaultdict[int, list[Interval]], therapist_id: int | None, start: datetime | None, end: datetime | None
) -> None:
    if therapist_id is not None and start and end:
        taken[therapist_id].append(Interval(start, end))
