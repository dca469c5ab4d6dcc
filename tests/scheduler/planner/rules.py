"""The planner's hard rules once more, from the brief and in plain datetimes, to judge its plans by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from scheduler.planner import Assignment, AttemptPolicy, Callback, Plan, Problem, Span, Therapist


def under_way(problem: Problem, callback: Callback) -> bool:
    """Whether its time has begun and is not over, and its therapist is there."""
    was = callback.current
    if was is None or not was.start < problem.now < was.end:
        return False
    theirs = [away for one in problem.therapists if one.id == was.therapist for away in one.absences]
    return not any(away.start <= problem.now < away.end for away in theirs)


def may_ring(problem: Problem, callback: Callback, therapist: Therapist, start: datetime) -> bool:
    """Whether the rules allow this call there, other calls apart."""
    end = start + timedelta(minutes=callback.minutes)
    if callback.language_required and callback.language not in therapist.languages:
        return False
    if start < problem.now or (callback.not_before is not None and start < callback.not_before):
        return False
    if not _policy_allows(problem.policy, callback, start):
        return False
    if any(start < other.end and other.start < end for other in (*therapist.absences, *therapist.busy)):
        return False
    shared = [therapist.sessions, problem.windows] + ([callback.windows] if callback.windows is not None else [])
    return all(covers(windows, start, end) for windows in shared)


def _policy_allows(policy: AttemptPolicy, callback: Callback, start: datetime) -> bool:
    if callback.promised and callback.current is not None:
        return start == callback.current.start
    if any(start < tried + timedelta(minutes=policy.gap_minutes) for tried in callback.tried):
        return False
    days = {tried.date() for tried in callback.tried}
    left, missing = policy.most - len(callback.tried), policy.days - len(days)
    return callback.priority <= 1 or not days or missing <= 0 or left > missing or start.date() not in days


def covers(windows: Iterable[Span], start: datetime, end: datetime) -> bool:
    """Whether the windows, those that touch joined, hold all of the time."""
    reached = start
    for window in sorted(windows):
        if window.start <= reached < window.end:
            reached = window.end
    return reached >= end


def free_starts(problem: Problem, plan: Plan, callback: Callback) -> Iterator[tuple[int, datetime]]:
    """Every therapist and start on the grid at which this call would still fit into the plan."""
    grid = timedelta(minutes=problem.grid_minutes)
    first, last = (
        problem.now.replace(minute=0, second=0),
        max((one.end for one in problem.windows), default=problem.now),
    )
    for therapist in problem.therapists:
        taken = [one for one in plan.assignments if one.therapist == therapist.id and one.callback != callback.id]
        for step in range(int((last - first) / grid)):
            start = first + step * grid
            if may_ring(problem, callback, therapist, start) and is_free(taken, start, callback.minutes):
                yield therapist.id, start


def is_free(taken: Iterable[Assignment], start: datetime, minutes: int) -> bool:
    """Whether none of the calls takes any of this time."""
    end = start + timedelta(minutes=minutes)
    return not any(start < one.end and one.start < end for one in taken)
