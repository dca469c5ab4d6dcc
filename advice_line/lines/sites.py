"""Sites: the places from which therapists work, and where each of them is in their sessions.

A site is told to people: on the rota, in calendars, on the plan. Nothing is planned by it (decision 0020).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.lines import one_off, rota
from advice_line.lines.rota import RotaSession, Therapist
from advice_line.working_time import Calendar, Hours, Interval, Window, merged, shared, without

Sourced = tuple[str | None, Sequence[Interval]]


@dataclass(frozen=True)
class Stay:
    """A time in which a therapist is in session, and the key of the site; None when nobody said where."""

    time: Interval
    site: str | None


def stays_between(session: Session, start: datetime, end: datetime, calendar: Calendar) -> dict[int, list[Stay]]:
    """When each therapist is in session from `start` up to `end` and not away, site by site, in order of time.

    Where a session names no site it is the therapist's only one. The keys are those of `rota.there_between`.
    """
    people = {one.id: one for one in rota.therapists(session)}
    sourced = _newest_first(session, start, end, calendar, people)
    there = rota.there_between(session, start, end, calendar)
    return {therapist_id: _stays(times, sourced[therapist_id]) for therapist_id, times in there.items()}


def _newest_first(
    session: Session, start: datetime, end: datetime, calendar: Calendar, people: Mapping[int, Therapist]
) -> defaultdict[int, list[Sourced]]:
    """What says where somebody is: their one-off sessions, the last one made first, then the weekly ones."""
    found: defaultdict[int, list[Sourced]] = defaultdict(list)
    for one in reversed(one_off.between(session, start, end)):
        if therapist := people.get(one.therapist_id):
            found[therapist.id].append((one.site or _only(therapist), [one.interval()]))
    windows: defaultdict[tuple[int, str | None], list[Window]] = defaultdict(list)
    weekly_ones = select(RotaSession).where(RotaSession.therapist_id.in_(people))
    for weekly in session.scalars(weekly_ones.order_by(RotaSession.weekday, RotaSession.starts, RotaSession.id)):
        windows[weekly.therapist_id, weekly.site or _only(people[weekly.therapist_id])].append(weekly.window())
    for (therapist_id, site), theirs in windows.items():
        found[therapist_id].append((site, Hours(calendar, tuple(theirs)).intervals(start, end)))
    return found


def _stays(there: Sequence[Interval], sourced: Sequence[Sourced]) -> list[Stay]:
    """Each part of the time goes to the first that says where it is spent."""
    at: defaultdict[str | None, list[Interval]] = defaultdict(list)
    rest = list(there)
    for site, times in sourced:
        at[site] += shared(rest, times)
        rest = without(rest, times)
    return sorted(_at_each(at), key=lambda stay: stay.time.start)


def _at_each(at: Mapping[str | None, list[Interval]]) -> Iterator[Stay]:
    for site, times in at.items():
        yield from (Stay(time, site) for time in merged(times))


def _only(therapist: Therapist) -> str | None:
    return therapist.sites[0] if len(therapist.sites) == 1 else None
